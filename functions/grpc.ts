/** Native gRPC server, for containers and local runs. */
import { createAuthenticator } from '../lib/auth/create-authenticator.ts';
import { ConfigError, readGrpcConfig } from '../lib/config.ts';
import { serverCredentials } from '../lib/protocol/grpc/credentials.ts';
import { createGrpcServer } from '../lib/protocol/grpc/server.ts';
import { createDynamoDbClient } from '../lib/store/dynamodb-client.ts';
import { createDynamoDbJobReader } from '../lib/store/dynamodb-job-reader.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { createEmbedMetrics } from '../lib/telemetry/metrics.ts';

/** What a container has between SIGTERM and SIGKILL is 30 s on Fargate; this leaves some of it. */
const graceMs = 25_000;

async function main(): Promise<void> {
  const { auth, host, jobTable, logLevel, port, stage, tls } = readGrpcConfig(process.env);
  if (auth.mode === 'iam') {
    throw new ConfigError(
      'AUTH_MODE is "iam", which API Gateway checks; native gRPC does not come through it: use "jwt"',
    );
  }
  const client = createDynamoDbClient();
  const server = createGrpcServer({
    store: createDynamoDbJobReader({ client, table: jobTable }),
    authenticator: createAuthenticator(auth),
    log: createLog(logLevel, console.log, createEmbedMetrics(stage, 'grpc')),
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
