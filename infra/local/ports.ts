/** The ports of the local stack. */
import { createServer, type AddressInfo } from 'node:net';

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

const variables: Readonly<Record<keyof Ports, { readonly name: string; readonly fallback: number }>> = {
  http: { name: 'HTTP_PORT', fallback: 3000 },
  grpc: { name: 'GRPC_PORT', fallback: 50051 },
  sqs: { name: 'SQS_PORT', fallback: 9324 },
  dynamodb: { name: 'DYNAMODB_PORT', fallback: 8000 },
};

/** @throws {StartError} naming the variable that is wrong */
export function readPorts(env: NodeJS.ProcessEnv): Ports {
  const ports = { http: readPort(env, 'http'), grpc: readPort(env, 'grpc'), ...readEnginePorts(env) };
  const taken = new Map<number, string>();
  for (const [key, port] of Object.entries(ports)) {
    const { name } = variables[key as keyof Ports];
    const other = taken.get(port);
    if (other !== undefined)
      throw new StartError(`${other} and ${name} are both ${port}: give each a port of its own`);
    taken.set(port, name);
  }
  return ports;
}

/** The ports of the queue and the table, for commands that talk to a running stack. */
export function readEnginePorts(env: NodeJS.ProcessEnv): Pick<Ports, 'sqs' | 'dynamodb'> {
  return { sqs: readPort(env, 'sqs'), dynamodb: readPort(env, 'dynamodb') };
}

function readPort(env: NodeJS.ProcessEnv, key: keyof Ports): number {
  const { name, fallback } = variables[key];
  const text = env[name];
  if (!text) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535)
    throw new StartError(`${name} is ${JSON.stringify(text)}: it must be a port, 1 to 65535`);
  return port;
}

/** @throws {StartError} naming the first port that something else listens on, and the variable that changes it */
export async function assertPortsFree(ports: Ports): Promise<void> {
  for (const [key, port] of Object.entries(ports)) {
    if (await isFree(port as number)) continue;
    const { name } = variables[key as keyof Ports];
    throw new StartError(
      `port ${String(port)} is in use: stop what listens there, or set ${name} to a free port`,
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
