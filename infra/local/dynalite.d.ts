declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** An HTTP server that speaks DynamoDB's protocol. `createTableMs`: how long a table is CREATING. */
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
