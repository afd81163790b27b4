/** Get, List and the token exchange over gRPC, on the official SDK's own service definitions. */
import type { Server, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import iamSdk from '@yandex-cloud/nodejs-sdk/iam-v1';
import { createRandom } from './random.ts';
import { Refusal } from './refusal.ts';
import { ExactShare } from './exact-share.ts';
import { unaryHandler, type CallParts } from './grpc-call.ts';
import type { Iam, IamToken } from './iam.ts';
import { listJobs, type ListRequest } from './list-jobs.ts';
import { QuotaWindow } from './quota.ts';
import { ProjectJobServiceService } from './sdk.ts';
import type { World } from './world.ts';

export interface ServiceParts extends CallParts {
  readonly world: World;
  readonly iam: Iam;
  readonly seed: number;
}

/** Adds both services; methods without a handler here are UNIMPLEMENTED. */
export function addServices(server: Server, parts: ServiceParts): void {
  const { world, iam, faults, calls, timeline, seed } = parts;
  const failures = new ExactShare(createRandom(seed * 5 + 1));
  const quota = new QuotaWindow();

  /** Whatever is wrong upstream, in the order in which a call meets it. */
  function admit({ metadata }: Pick<ServerUnaryCall<unknown, unknown>, 'metadata'>): void {
    if (failures.picks(faults.failRate))
      throw new Refusal(faults.failCode, 'upstream failed, as it was told to');
    iam.authenticate(metadata.get('authorization')[0]);
    const retryDelayMs = quota.take(faults.quota, timeline.now());
    if (retryDelayMs === 0) return;
    calls.quotaExceeded++;
    throw new Refusal('RESOURCE_EXHAUSTED', 'the quota of calls is used up', retryDelayMs);
  }

  server.addService(withRawResponses(ProjectJobServiceService), {
    get: unaryHandler<{ readonly jobId: string }, Uint8Array>(parts, {
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
    list: unaryHandler<ListRequest, Uint8Array>(parts, {
      note: ({ projectId }) => ({ method: 'List', projectId }),
      isStalled: () => faults.stall,
      answer: (call) => {
        admit(call);
        return listJobs(world, call.request);
      },
    }),
  });
  server.addService(iamSdk.iamTokenService.IamTokenServiceService, {
    create: unaryHandler<{ readonly jwt?: string }, IamToken>(parts, {
      note: () => ({ method: 'IamToken' }),
      isStalled: () => faults.iam.stall,
      answer: ({ request: { jwt } }) => {
        if (faults.iam.down) throw new Refusal('UNAVAILABLE', 'the token service is down');
        if (!jwt) throw new Refusal('INVALID_ARGUMENT', 'jwt is missing: no other identity is known here');
        return iam.exchange(jwt);
      },
    }),
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
