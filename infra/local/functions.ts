/** The deployed functions on one machine: Lambda's in serverless-offline, and native gRPC in a child process. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { startChild, waitUntilReady, type RunningChild } from './child-process.ts';
import { localStage } from '../aws/settings/read-settings.ts';
import {
  paramFlags,
  projectRoot,
  serverlessScript,
  type Deployment,
  type LocalSettings,
} from './deployment.ts';
import { freePort, loopback } from './ports.ts';

/** How long a process may take to start, in milliseconds. */
const startTimeoutMs = 60_000;

/** The longest call of a function, in milliseconds. A run of `refresh` takes a minute. */
const invokeTimeoutMs = 90_000;

type ChildEnvironment = Readonly<Record<string, string | undefined>>;
type Output = (line: string) => void;

export interface RunningFunctions extends RunningChild {
  /** Calls a function as Lambda's Invoke does. */
  invoke(functionName: string, event: object): Promise<unknown>;
}

/** Starts the functions of `serverless.yml`, with their HTTP routes on `port`. */
export async function startFunctions(
  deployment: Deployment,
  port: number,
  env: ChildEnvironment,
  output: Output,
  settings: LocalSettings = {},
): Promise<RunningFunctions> {
  const [lambdaPort, websocketPort] = [await freePort(), await freePort()];
  const ports = { httpPort: port, lambdaPort, websocketPort, albPort: await freePort() };
  const flags = Object.entries(ports).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [serverlessScript, 'offline', 'start', '--stage', localStage, '--host', loopback, ...flags];
  // Of the lines of serverless-offline, only the log lines of the functions are shown.
  const showLog: Output = (line) => {
    if (line.startsWith('{')) output(line);
  };
  const child = startChild(
    'serverless offline',
    [...command, '--localEnvironment', ...paramFlags(settings)],
    env,
    showLog,
  );
  const probe = async (): Promise<boolean> => (await accepts(port)) && (await accepts(lambdaPort));
  await stopOnFailure(child, waitUntilReady('serverless offline', child, probe, startTimeoutMs));
  const base = `http://${loopback}:${lambdaPort}/2015-03-31/functions/${deployment.service}-${localStage}`;
  return {
    ...child,
    async invoke(functionName, event) {
      const response = await fetch(`${base}-${functionName}/invocations`, {
        method: 'POST',
        body: JSON.stringify(event),
        signal: AbortSignal.timeout(invokeTimeoutMs),
      });
      const body = await response.text();
      if (!response.ok || response.headers.has('x-amz-function-error')) throw new Error(body.slice(0, 500));
      // A function that returns nothing has an empty body.
      return body === '' ? undefined : (JSON.parse(body) as unknown);
    },
  };
}

/** Starts the native gRPC server. */
export async function startGrpc(port: number, env: ChildEnvironment, output: Output): Promise<RunningChild> {
  const script = join(projectRoot, 'functions/grpc.ts');
  const child = startChild('the gRPC server', [script], { ...env, GRPC_PORT: String(port) }, output);
  await stopOnFailure(
    child,
    waitUntilReady('the gRPC server', child, () => accepts(port), startTimeoutMs),
  );
  return child;
}

async function stopOnFailure(child: RunningChild, ready: Promise<void>): Promise<void> {
  try {
    await ready;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Whether something listens on a port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: loopback });
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
  });
}
