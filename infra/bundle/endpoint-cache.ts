/**
 * In the functions' bundles, instead of what the SDK remembers discovered endpoints with: 8 KB for a mode of DynamoDB's
 * client that is off, and that nothing here turns on.
 */
export function EndpointCache(): void {
  // Is made with `new`, and never asked for anything.
}
