/** The ports of the local stack. */
import { createServer, type AddressInfo } from 'node:net';
import { withDefault, type Environment } from '../../lib/config/environment.ts';
import { grpcPort } from '../../lib/config/settings/grpc-server.ts';
import { dynamoDbPort, httpPort, sqsPort } from './settings.ts';

/** Everything on this machine listens on this address only. */
export const loopback = '127.0.0.1';

/** An error whose message says all: the terminal shows it without its stack. */
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
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

/** Gives a port that nothing listens on. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Listens for a moment, and gives the port. Rejects if something else listens there. */
function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, loopback, () => {
      const { port: bound } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(bound);
      });
    });
  });
}
