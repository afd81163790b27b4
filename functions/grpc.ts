/** The native gRPC server, for containers and local runs. */
import { readGrpcConfig } from '../lib/config/config.ts';
import { serverCredentials } from '../lib/protocol/grpc/credentials.ts';
import { createGrpcServer } from '../lib/protocol/grpc/server.ts';
import { longestCallMs } from '../lib/protocol/limits.ts';
import { shareReads } from '../lib/reading/shared-reads.ts';
import type { JobReader } from '../lib/store/job-store.ts';
import { createDynamoDbClient } from '../lib/dynamodb/client/client.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../lib/telemetry/metrics.ts';
import { composeReading } from './compose-reading.ts';

/** Fargate leaves 30 s between SIGTERM and SIGKILL. This is less, in milliseconds. */
const graceMs = 25_000;

async function main(): Promise<void> {
  const config = readGrpcConfig(process.env);
  const { host, logLevel, maxCalls, maxConnections, port, sharedReadMs, stage, tls } = config;
  const client = createDynamoDbClient();
  const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'grpc'));
  const share = (reader: JobReader): JobReader =>
    shareReads(reader, { maxAgeMs: sharedReadMs, timeoutMs: longestCallMs });
  const { methods, admission } = composeReading(config, { client, log, callLimit: maxCalls, share });
  const server = createGrpcServer({ methods, admission, log, limits: { connections: maxConnections } });
  const boundPort = await server.start(host, port, serverCredentials(tls));
  console.log(`gRPC is served on ${host}:${boundPort}, ${tls === undefined ? 'plaintext' : 'TLS'}`);

  const stop = (): void => {
    void server.stop(graceMs).then(() => {
      client.destroy();
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(`The gRPC server cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
