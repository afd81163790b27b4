/**
 * The requests and answers of upstream's ProjectJobService, as far as they have to be looked into. They are not among
 * our own .proto files, which say what this service answers; it answers no List.
 *
 * @see https://github.com/yandex-cloud/cloudapi/blob/master/yandex/cloud/datasphere/v2/jobs/project_job_service.proto
 */
import { WireReader, WireType, WireWriter } from '../protobuf/wire.ts';
import type { ListRequest } from './job-source.ts';

/** GetProjectJobRequest. */
export function encodeGetRequest(jobId: string): Uint8Array {
  return new WireWriter().text(1, jobId).finish();
}

/** ListProjectJobRequest. */
export function encodeListRequest({ projectId, pageSize, pageToken, filter }: ListRequest): Uint8Array {
  return new WireWriter()
    .text(1, projectId)
    .integer(2, pageSize)
    .text(3, pageToken ?? '')
    .text(4, filter ?? '')
    .finish();
}

/**
 * Takes a ListProjectJobResponse apart. The Jobs are views of its bytes.
 *
 * @throws {MalformedMessageError}
 */
export function readListResponse(bytes: Uint8Array): {
  readonly jobs: readonly Uint8Array[];
  readonly nextPageToken: string;
} {
  const reader = new WireReader(bytes);
  const jobs: Uint8Array[] = [];
  let nextPageToken = '';
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === jobsTag) jobs.push(reader.readBytes());
    else if (tag === nextPageTokenTag) nextPageToken = Buffer.from(reader.readBytes()).toString();
    else reader.skip(tag);
  }
  return { jobs, nextPageToken };
}

const jobsTag = 1 * 8 + WireType.lengthDelimited;
const nextPageTokenTag = 2 * 8 + WireType.lengthDelimited;
