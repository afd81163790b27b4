/** Whether what is sent to a host stays on this machine, so that it needs no TLS. An IPv6 address is in brackets. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(host);
}
