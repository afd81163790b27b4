/** The native gRPC server, for containers and local runs. */
import { createAuthenticator } from '../lib/auth/create-authenticator.ts';
import { readGrpcConfig } from '../lib/config/config.ts';
import { lazily } from '../lib/runtime/lazily.ts';
import { serverCredentials } from '../lib/protocol/grpc/credentials.ts';
import { createGrpcServer } from '../lib/protocol/grpc/server.ts';
import { createFreshness } from '../lib/reading/freshness.ts';
import { createReadThrough } from '../lib/reading/read-through.ts';
import { createDynamoDbClient } from '../lib/dynamodb/client/client.ts';
import { createDynamoDbJobReader } from '../lib/dynamodb/job-reader.ts';
import { createDynamoDbRefreshStateReader } from '../lib/dynamodb/refresh-state.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../lib/telemetry/metrics.ts';

/** Fargate leaves 30 s between SIGTERM and SIGKILL. This is less, in milliseconds. */
const graceMs = 25_000;

async function main(): Promise<void> {
  const config = readGrpcConfig(process.env);
  const { auth, host, logLevel, maxCalls, maxConnections, port, sharedReadMs, stage, tls } = config;
  const { jobTable: table, readThrough, refreshSeconds } = config;
  const client = createDynamoDbClient();
  const log = createLog(logLevel, console.log, createEmbedMetrics(stage, 'grpc'));
  const connect = lazily(async () => {
    const { connectReadThrough } = await import('./upstream.ts');
    return connectReadThrough(config, { client, log });
  });
  // The first Get that misses a job has little time to wait for this.
  if (readThrough !== undefined) connect().catch(() => undefined);
  const server = createGrpcServer({
    store: createDynamoDbJobReader({ client, table }),
    authenticator: createAuthenticator(auth),
    log,
    limits: { calls: maxCalls, connections: maxConnections },
    sharedReadMs,
    freshness:
      refreshSeconds === undefined
        ? undefined
        : createFreshness(createDynamoDbRefreshStateReader({ client, table }), { refreshSeconds }),
    readThrough: readThrough && createReadThrough(connect),
  });
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
