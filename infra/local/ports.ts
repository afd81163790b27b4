import { createServer } from 'node:net';
import { withDefault, type Environment } from '../../lib/config/environment.ts';
import { grpcPort } from '../../lib/config/settings/grpc-server.ts';
import { dynamoDbPort, httpPort, sqsPort } from './settings.ts';

/** Everything that is started on this machine listens here and nowhere else. */
export const loopback = '127.0.0.1';

/** A message for the person at the terminal; its stack is of no use to them. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The ports of the local stack. */
export interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly sqs: number;
  readonly dynamodb: number;
}

const settings = {
  http: httpPort,
  grpc: { ...grpcPort, type: httpPort.type },
  sqs: sqsPort,
  dynamodb: dynamoDbPort,
} satisfies Record<keyof Ports, object>;

/**
 * @throws {ConfigError} naming the variable that is wrong
 * @throws {StartError} if two are the same
 */
export function readPorts(env: Environment): Ports {
  const ports = {
    http: withDefault(env, settings.http),
    grpc: withDefault(env, settings.grpc),
    ...readEnginePorts(env),
  };
  const taken = new Map<number, string>();
  for (const [key, port] of Object.entries(ports)) {
    const { variable } = settings[key as keyof Ports];
    const other = taken.get(port);
    if (other !== undefined)
      throw new StartError(`${other} and ${variable} are both ${port}: give each a port of its own`);
    taken.set(port, variable);
  }
  return ports;
}

/**
 * The ports of the queue and the table, for commands that talk to a running stack.
 *
 * @throws {ConfigError} naming the variable that is wrong
 */
export function readEnginePorts(env: Environment): Pick<Ports, 'sqs' | 'dynamodb'> {
  return { sqs: withDefault(env, settings.sqs), dynamodb: withDefault(env, settings.dynamodb) };
}

/** @throws {StartError} naming the first port that something else listens on, and the variable that changes it */
export async function assertPortsFree(ports: Ports): Promise<void> {
  for (const [key, port] of Object.entries(ports)) {
    if (await isFree(port as number)) continue;
    const { variable } = settings[key as keyof Ports];
    throw new StartError(
      `port ${String(port)} is in use: stop what listens there, or set ${variable} to a free port`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, loopback, () =>
      probe.close(() => {
        resolve(true);
      }),
    );
  });
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, loopback, () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
