declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes an HTTP server that speaks DynamoDB's protocol. A table is CREATING and DELETING for the given times. */
  export default function dynalite(options?: {
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
  }): Server;
}
