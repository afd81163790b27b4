/** Get, List and the token exchange over gRPC, with the service definitions of the official SDK. */
import type { Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import iamSdk from '@yandex-cloud/nodejs-sdk/iam-v1';
import { createRandom } from './random.ts';
import { Refusal } from './refusal.ts';
import { ExactShare } from './exact-share.ts';
import { unaryHandler, type CallDeps } from './grpc-call.ts';
import type { Iam, IamToken } from './iam.ts';
import { listJobs, type ListRequest } from './list-jobs.ts';
import { QuotaWindow } from './quota.ts';
import { ProjectJobServiceService } from './sdk.ts';
import type { World } from './world.ts';

export interface ServiceDeps extends CallDeps {
  readonly world: World;
  readonly iam: Iam;
  readonly seed: number;
}

/** Adds both services. Other methods are UNIMPLEMENTED. */
export function addServices(server: Server, deps: ServiceDeps): void {
  const { world, iam, faults, calls, timeline, seed } = deps;
  const failures = new ExactShare(createRandom(seed * 5 + 1));
  const quota = new QuotaWindow();

  /** @throws {Refusal} for the first fault that a call meets */
  function admit({ metadata }: Pick<ServerUnaryCall<unknown, unknown>, 'metadata'>): void {
    if (failures.picks(faults.failRate))
      throw new Refusal(faults.failCode, 'upstream failed, as its faults say');
    iam.authenticate(metadata.get('authorization')[0]);
    const retryDelayMs = quota.take(faults.quota, timeline.now());
    if (retryDelayMs === 0) return;
    calls.quotaExceeded++;
    throw new Refusal('RESOURCE_EXHAUSTED', 'the quota of calls is used up', retryDelayMs);
  }

  server.addService(withRawResponses(ProjectJobServiceService), {
    get: unaryHandler<{ readonly jobId: string }, Uint8Array>(deps, {
      note: ({ jobId }) => ({ method: 'Get', jobId }),
      isStalled: () => faults.stall,
      answer: (call) => {
        admit(call);
        const { jobId } = call.request;
        const bytes = world.jobs().get(jobId);
        if (bytes === undefined) throw new Refusal('NOT_FOUND', `job ${jobId} was not found`);
        return bytes;
      },
    }),
    list: unaryHandler<ListRequest, Uint8Array>(deps, {
      note: ({ projectId }) => ({ method: 'List', projectId }),
      isStalled: () => faults.stall,
      answer: (call) => {
        admit(call);
        return listJobs(world, call.request);
      },
    }),
  });
  server.addService(iamSdk.iamTokenService.IamTokenServiceService, {
    create: unaryHandler<{ readonly jwt?: string }, IamToken>(deps, {
      note: () => ({ method: 'IamToken' }),
      isStalled: () => faults.iam.stall,
      answer: ({ request: { jwt } }) => {
        if (faults.iam.down) throw new Refusal('UNAVAILABLE', 'the token service is down');
        if (!jwt) throw new Refusal('INVALID_ARGUMENT', 'jwt is missing: other identities are not supported');
        return iam.exchange(jwt);
      },
    }),
  });
}

/** The definitions without encoding of answers, which are bytes already and keep fields that the SDK does not know. */
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
