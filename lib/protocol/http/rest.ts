/** `GET|HEAD /datasphere/v2/jobs/{job_id}`, in canonical proto3 JSON. */
import { Deadline } from '../../runtime/deadline.ts';
import { jobToJson } from '../../job/job-type.ts';
import { invalidArgument, Status } from '../../runtime/status.ts';
import { retryAfterSeconds, statusToJson } from '../error-details.ts';
import { readFieldMask, readRequestMetadata } from '../../rpc/request-metadata.ts';
import { responseMetadata } from '../../rpc/response-metadata.ts';
import { longestRequestMs, type HttpProtocol } from './exchange.ts';
import type { HttpRequest } from './http-message.ts';
import { httpStatus } from './http-status.ts';

/** What the paths of jobs begin with. */
export const jobsPath = '/datasphere/v2/jobs/';

/** Both answers of one URL depend on who asks, and for which fields. */
const vary = 'accept-encoding, authorization, x-field-mask';

export const rest: HttpProtocol = {
  async answer(request, getJob) {
    const { method, headers } = request;
    if (!request.path.startsWith(jobsPath)) {
      throw new Status('PATH_NOT_FOUND', `there is nothing at this path; jobs are at ${jobsPath}{job_id}`);
    }
    const jobId = decodePath(request.path.slice(jobsPath.length));
    const answer = await getJob({ jobId, ...readOptions(request) }, request, new Deadline(longestRequestMs));
    const { etag } = answer;
    const answerHeaders = {
      ...responseMetadata(answer),
      etag,
      'cache-control': 'private, no-cache',
      vary,
    };
    if (matches(headers['if-none-match'], etag)) return { status: 304, headers: answerHeaders, body: '' };
    return {
      status: 200,
      headers: { ...answerHeaders, 'content-type': 'application/json' },
      body: method === 'HEAD' ? '' : jobToJson(answer.job),
    };
  },

  fail(request, status, requestId) {
    const retryAfter = retryAfterSeconds(status);
    return {
      status: httpStatus[status.code],
      headers: {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      },
      body: request.method === 'HEAD' ? '' : statusToJson(status, requestId),
    };
  },
};

function readOptions(request: HttpRequest): ReturnType<typeof readRequestMetadata> {
  const metadata = readRequestMetadata((name) => request.headers[name]);
  const fields = request.query.getAll('fields');
  if (fields.length === 0) return metadata;
  if (request.headers['x-field-mask'] !== undefined) {
    throw invalidArgument('fields', 'must not come together with x-field-mask');
  }
  return { ...metadata, fieldMask: readFieldMask('fields', fields.join(',')) };
}

/** The id in a path. One that is wrongly encoded is left as it is, and so refused for its `%`. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#field.if-none-match */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const candidate = tag.trim();
    return candidate === '*' || candidate === etag || candidate === `W/${etag}`;
  });
}
