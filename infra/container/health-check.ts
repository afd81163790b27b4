/**
 * Asks the gRPC server of this container whether it serves. The exit code is the answer.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { Client, credentials } from '@grpc/grpc-js';
import { optional, withDefault } from '../../lib/config/environment.ts';
import { grpcPort, grpcTlsCert } from '../../lib/config/settings/grpc-server.ts';

/** In milliseconds, less than the timeout of the container's health check. */
const timeoutMs = 2000;

/** HealthCheckResponse { status: SERVING } */
const serving = Buffer.from([0x08, 0x01]);

// The certificate has the name that clients use, not the address of this machine.
const door = optional(process.env, grpcTlsCert)
  ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
  : credentials.createInsecure();
const client = new Client(`127.0.0.1:${withDefault(process.env, grpcPort)}`, door);
const asIs = (bytes: Buffer): Buffer => bytes;

client.makeUnaryRequest(
  '/grpc.health.v1.Health/Check',
  asIs,
  asIs,
  Buffer.alloc(0),
  { deadline: Date.now() + timeoutMs },
  (error, answer) => {
    if (error !== null) console.error(error.message);
    process.exit(answer?.equals(serving) === true ? 0 : 1);
  },
);
