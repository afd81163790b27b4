import {
  Metadata,
  type handleUnaryCall,
  type ServerErrorResponse,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import { Deadline } from '../../runtime/deadline.ts';
import { getJob, type GetJobParts, type JobAnswer } from '../../reading/get-job.ts';
import { toStatus, type Status } from '../../runtime/status.ts';
import type { Log } from '../../telemetry/log.ts';
import { encodeStatus } from '../error-details.ts';
import { decodeJobId } from '../../rpc/get-job-request.ts';
import { readRequestId, readRequestMetadata, type HeaderReader } from '../../rpc/request-metadata.ts';
import { responseMetadata } from '../../rpc/response-metadata.ts';
import { logServedGet } from '../../rpc/served-get.ts';
import type { AnsweredCalls } from './answered-calls.ts';

/** The longest that one call may take, in milliseconds, whatever its caller allows. */
export const longestCallMs = 10_000;

type GetCall = ServerUnaryCall<Buffer, Buffer>;

/** Answers `ProjectJobService/Get`. Failures are Trailers-Only: the official client keeps the code of no others. */
export function createGetHandler({
  log,
  answered,
  ...parts
}: GetJobParts & { readonly log: Log; readonly answered: AnsweredCalls }): handleUnaryCall<Buffer, Buffer> {
  return (call, respond) => {
    const startMs = performance.now();
    const header = headerReader(call.metadata);
    const requestId = readRequestId(header);
    let jobId: string | undefined;
    const meter = { reads: 0, latencyMs: 0, readUnits: 0 };
    const logCall = (failure?: Status, answer?: JobAnswer): void => {
      const more = { protocol: 'grpc' };
      const collected = answer !== undefined;
      if (collected) answered.add(answer, meter, performance.now() - startMs);
      const call = { failure, notModified: false, meter, startMs, coldStart: false, collected, more };
      logServedGet(log, { requestId, header, jobId, answer, ...call });
    };
    const answer = (): Promise<JobAnswer> => {
      jobId = decodeJobId(call.request);
      const request = { jobId, ...readRequestMetadata(header) };
      return getJob(parts, request, { authorization: header('authorization') }, deadlineOf(call), meter);
    };
    settled(answer).then(
      (job) => {
        call.sendMetadata(metadataOf(job, requestId));
        respond(null, asBuffer(job.job));
        logCall(undefined, job);
      },
      (error: unknown) => {
        const failure = toStatus(error);
        respond(toServerError(failure, requestId));
        logCall(failure);
      },
    );
  };
}

/** A promise for what is thrown, too. */
function settled<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(toStatus(error));
  }
}

/** The caller's own deadline, if it is the earlier one; ends at once where the caller goes away. */
function deadlineOf(call: GetCall): Deadline {
  const atMs = Number(call.getDeadline());
  const leftMs = Number.isFinite(atMs) ? atMs - Date.now() : Infinity;
  return new Deadline(Math.min(leftMs, longestCallMs), { cancelled: () => whenCancelled(call) });
}

function whenCancelled(call: GetCall): AbortSignal {
  if (call.cancelled) return AbortSignal.abort();
  const cancelled = new AbortController();
  call.once('cancelled', () => {
    cancelled.abort();
  });
  return cancelled.signal;
}

function headerReader(metadata: Metadata): HeaderReader {
  return (name) => {
    const values = metadata.get(name);
    return values.length === 0 ? undefined : values.map(String).join(',');
  };
}

/** Headers of answers that are still at hand, as those are which several calls share. */
const made = new WeakMap<JobAnswer, Readonly<Record<string, string>>>();

/** Response metadata that is known to be well-formed, and so needs none of the checks and copies of grpc-js's own. */
class ReadyMetadata extends Metadata {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>>) {
    super();
    this.headers = headers;
  }

  override toHttp2Headers(): Record<string, string> {
    return this.headers;
  }
}

function metadataOf(job: JobAnswer, requestId: string): Metadata {
  let headers = made.get(job);
  if (headers === undefined) made.set(job, (headers = responseMetadata(job)));
  return new ReadyMetadata({ ...headers, 'x-request-id': requestId });
}

function toMetadata(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

function toServerError(failure: Status, requestId: string): Partial<ServerErrorResponse> {
  const code = status[failure.code];
  const metadata = toMetadata({ 'x-request-id': requestId });
  metadata.set('grpc-status-details-bin', asBuffer(encodeStatus(failure, requestId)));
  return { code, details: failure.message, metadata };
}

/** The same memory, as grpc-js wants it. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
