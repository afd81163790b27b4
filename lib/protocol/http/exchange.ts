import type { Deadline } from '../../runtime/deadline.ts';
import type { GetJobRequest, JobAnswer } from '../../reading/get-job.ts';
import type { Status } from '../../runtime/status.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';

/** Answers a Get; what `service/getJob` is once its parts are given. */
export type GetJob = (request: GetJobRequest, http: HttpRequest, deadline: Deadline) => Promise<JobAnswer>;

/** One of the protocols that are spoken over HTTP. */
export interface HttpProtocol {
  /**
   * @returns the answer to a good request
   * @throws {Status} for a bad one, or one that cannot be answered
   */
  answer(request: HttpRequest, getJob: GetJob): Promise<HttpResponse>;
  /** The answer to a request that failed, in the protocol's own form. */
  fail(request: HttpRequest, status: Status, requestId: string): HttpResponse;
}

/** The longest that one request may take, in milliseconds, whatever its caller allows. */
export const longestRequestMs = 10_000;
