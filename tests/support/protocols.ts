/** The protocols in front of a use case's dependencies, put together as the functions do. */
import { boundReads, createAdmission, type Admission } from '../../lib/reading/admission.ts';
import type { GetJobDeps } from '../../lib/reading/get-job.ts';
import { shareReads } from '../../lib/reading/shared-reads.ts';
import {
  createHttpHandler,
  type HttpHandler,
  type HttpHandlerDeps,
} from '../../lib/protocol/http/http-handler.ts';
import { createGrpcServer, type GrpcServer, type GrpcServerDeps } from '../../lib/protocol/grpc/server.ts';
import { longestCallMs } from '../../lib/protocol/limits.ts';
import type { Method } from '../../lib/rpc/method.ts';
import { createMethods } from '../../lib/rpc/methods.ts';

interface ReadingOptions extends GetJobDeps {
  /** How many calls may be under way; the usual number unless set. */
  readonly callLimit?: number;
  /** For how long one read is shared, in milliseconds; 0 unless set. */
  readonly sharedReadMs?: number;
}

type Composed = 'methods' | 'admission' | 'challenge';
export type HttpOptions = ReadingOptions & Omit<HttpHandlerDeps, Composed>;
export type GrpcOptions = ReadingOptions & Omit<GrpcServerDeps, Composed>;

export function httpHandler({ log, responseSizeLimit, ...options }: HttpOptions): HttpHandler {
  return createHttpHandler({
    ...compose(options),
    log,
    challenge: options.authenticator.scheme,
    ...(responseSizeLimit !== undefined && { responseSizeLimit }),
  });
}

export function grpcServer({ log, limits, channel, ...options }: GrpcOptions): GrpcServer {
  return createGrpcServer({
    ...compose(options),
    log,
    ...(limits !== undefined && { limits }),
    ...(channel !== undefined && { channel }),
  });
}

function compose({ callLimit, sharedReadMs = 0, store, ...deps }: ReadingOptions): {
  readonly methods: readonly Method[];
  readonly admission: Admission;
} {
  const admission = createAdmission(callLimit);
  const bounded = boundReads(store, admission);
  const shared = shareReads(bounded, { maxAgeMs: sharedReadMs, timeoutMs: longestCallMs });
  return { methods: createMethods({ ...deps, store: shared }), admission };
}
