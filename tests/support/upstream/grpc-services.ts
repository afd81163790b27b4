/** Get, List and the token exchange over gRPC, on the official SDK's own service definitions. */
import type { handleUnaryCall, Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import iamSdk from '@yandex-cloud/nodejs-sdk/iam-v1';
import { createRandom } from '../../bench/random.ts';
import { Status } from '../../../lib/status.ts';
import type { Call, CallLog } from './call-log.ts';
import { ExactShare } from './exact-share.ts';
import type { Faults } from './faults.ts';
import { serviceError } from './grpc-error.ts';
import type { Iam, IamToken } from './iam.ts';
import { listJobs, type ListRequest } from './list-jobs.ts';
import { QuotaWindow } from './quota.ts';
import { ProjectJobServiceService } from './sdk.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

export interface ServiceParts {
  readonly world: World;
  readonly iam: Iam;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly timeline: Timeline;
  /** Holds answers back, in real time. */
  readonly latency: Timeline;
  readonly seed: number;
}

type Answer<Request, Response> = (request: Request) => Response | Promise<Response>;

export function addServices(server: Server, parts: ServiceParts): void {
  const { world, iam, faults, calls, timeline, latency, seed } = parts;
  const failures = new ExactShare(createRandom(seed * 5 + 1));
  const quota = new QuotaWindow();
  let requests = 0;

  /** Whatever is wrong upstream, in the order in which a call meets it. */
  function admit(call: ServerUnaryCall<unknown, unknown>): void {
    if (failures.picks(faults.failRate))
      throw new Status(faults.failCode, 'upstream failed, as it was told to');
    iam.authenticate(call.metadata.get('authorization')[0]);
    const retryDelayMs = quota.take(faults.quota, timeline.now());
    if (retryDelayMs === 0) return;
    calls.quotaExceeded++;
    throw new Status('RESOURCE_EXHAUSTED', 'the quota of calls is used up', {
      details: [{ type: 'RetryInfo', retryDelayMs }],
    });
  }

  function unary<Request, Response>(
    note: (request: Request) => Omit<Call, 'code' | 'at'>,
    isStalled: () => boolean,
    answer: Answer<
      { readonly message: Request; readonly call: ServerUnaryCall<Request, Response> },
      Response
    >,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const noted = calls.begin({ ...note(call.request), at: timeline.now() });
      const requestId = `stand-in-${++requests}`;
      call.on('cancelled', () => {
        noted.code ??= 'CANCELLED';
      });
      if (isStalled()) return;
      const reply = (code: string, send: () => void): void => {
        const sendNow = (): void => {
          noted.code ??= code;
          send();
        };
        if (faults.latencyMs > 0) latency.after(faults.latencyMs, sendNow);
        else sendNow();
      };
      new Promise<Response>((resolve) => {
        resolve(answer({ message: call.request, call }));
      }).then(
        (response) => {
          reply('OK', () => {
            callback(null, response);
          });
        },
        (error: unknown) => {
          const status = error instanceof Status ? error : new Status('INTERNAL', String(error));
          reply(status.code, () => {
            callback(serviceError(status, requestId));
          });
        },
      );
    };
  }

  server.addService(withRawResponses(ProjectJobServiceService), {
    get: unary<{ readonly jobId: string }, Uint8Array>(
      ({ jobId }) => ({ method: 'Get', jobId }),
      () => faults.stall,
      ({ message: { jobId }, call }) => {
        admit(call);
        const bytes = world.jobs().get(jobId);
        if (bytes === undefined) throw new Status('NOT_FOUND', `job ${jobId} was not found`);
        return bytes;
      },
    ),
    list: unary<ListRequest, Uint8Array>(
      ({ projectId }) => ({ method: 'List', projectId }),
      () => faults.stall,
      ({ message, call }) => {
        admit(call);
        return listJobs(world, message);
      },
    ),
  });
  server.addService(iamSdk.iamTokenService.IamTokenServiceService, {
    create: unary<{ readonly jwt?: string }, IamToken>(
      () => ({ method: 'IamToken' }),
      () => faults.iam.stall,
      ({ message: { jwt } }) => {
        if (faults.iam.down) throw new Status('UNAVAILABLE', 'the token service is down');
        if (!jwt) throw new Status('INVALID_ARGUMENT', 'jwt is missing: no other identity is known here');
        return iam.exchange(jwt);
      },
    ),
  });
}

/** The services' own definitions, but for answers, which are bytes already: a field unknown to the SDK is kept. */
function withRawResponses(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        responseSerialize: (bytes: Uint8Array) =>
          Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      },
    ]),
  );
}
