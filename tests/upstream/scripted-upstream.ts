/** A ProjectJobService by the official client's definition that answers what a test tells it to. */
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';
import { encodeStatus } from '../../lib/protocol/error-details.ts';
import { Status, type Code } from '../../lib/runtime/status.ts';

const { ProjectJobServiceService: official } = sdk.projectJobService;

export interface SeenCall {
  readonly method: 'Get' | 'List';
  /** As the official client's definition decodes it. */
  readonly request: unknown;
  readonly metadata: Metadata;
  /** Aborts when the client cancels. */
  readonly cancelled: AbortSignal;
}

export interface Failure {
  readonly code: Code;
  readonly message?: string;
  readonly trailers?: Readonly<Record<string, string | Buffer>>;
}

/** Bytes, a failure, or undefined for no answer at all. */
export type Answer = Uint8Array | Failure | undefined;

export interface ScriptedUpstream {
  readonly address: string;
  readonly port: number;
  /** What came, in order. */
  readonly calls: readonly SeenCall[];
  /** What the next calls get, in order; after them `otherwise`. */
  readonly next: Answer[];
  otherwise: (call: SeenCall) => Answer;
  readonly stop: () => void;
}

const asItIs = (bytes: Buffer): Buffer => bytes;

export async function startScriptedUpstream(
  credentials = ServerCredentials.createInsecure(),
  wantedPort = 0,
): Promise<ScriptedUpstream> {
  const calls: SeenCall[] = [];
  const next: Answer[] = [];
  const handle =
    (method: SeenCall['method']) =>
    (call: ServerUnaryCall<unknown, Buffer>, respond: sendUnaryData<Buffer>): void => {
      const controller = new AbortController();
      call.on('cancelled', () => {
        controller.abort();
      });
      const seen = { method, request: call.request, metadata: call.metadata, cancelled: controller.signal };
      calls.push(seen);
      const answer = next.length > 0 ? next.shift() : upstream.otherwise(seen);
      if (answer === undefined) return;
      if (answer instanceof Uint8Array) respond(null, Buffer.from(answer));
      else
        respond({ code: status[answer.code], details: answer.message ?? '', metadata: trailersOf(answer) });
    };

  const server = new Server({ 'grpc.max_send_message_length': -1 });
  const raw = (method: 'get' | 'list') => ({ ...official[method], responseSerialize: asItIs });
  const definition = { get: raw('get'), list: raw('list') } as unknown as ServiceDefinition;
  server.addService(definition, { get: handle('Get'), list: handle('List') });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${wantedPort}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const upstream: ScriptedUpstream = {
    address: `127.0.0.1:${port}`,
    port,
    calls,
    next,
    otherwise: () => ({ code: 'UNIMPLEMENTED' }),
    stop: () => {
      server.forceShutdown();
    },
  };
  return upstream;
}

function trailersOf({ trailers = {} }: Failure): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return metadata;
}

/** `grpc-status-details-bin` with a RetryInfo, as upstream's servers write it. */
export function retryInfo(retryDelayMs: number): Failure['trailers'] {
  const statusDetails = encodeStatus(
    new Status('UPSTREAM_THROTTLED', '', { details: [{ type: 'RetryInfo', retryDelayMs }] }),
    'r',
  );
  return { 'grpc-status-details-bin': Buffer.from(statusDetails) };
}
