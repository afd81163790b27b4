import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';

/**
 * TLS from two PEM files, plaintext without them.
 *
 * @throws {Error} naming the file that cannot be read, or that TLS does not take
 */
export function serverCredentials(
  tls: { readonly certFile: string; readonly keyFile: string } | undefined,
): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const cert_chain = readFileSync(tls.certFile);
  const private_key = readFileSync(tls.keyFile);
  return ServerCredentials.createSsl(null, [{ cert_chain, private_key }]);
}
