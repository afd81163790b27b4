import { readText } from '../protobuf/read-fields.ts';
import { WireReader, WireType } from '../protobuf/wire.ts';
import { invalidArgument } from '../runtime/status.ts';

/** Full name of the service, as its paths begin. */
export const serviceName = 'yandex.cloud.datasphere.v2.jobs.ProjectJobService';

const jobIdTag = (1 << 3) | WireType.lengthDelimited;

/**
 * The job id in an encoded GetProjectJobRequest, of which it is the one field. Given twice, the last one counts.
 *
 * @throws {Status} INVALID_ARGUMENT where the bytes are not one
 */
export function decodeJobId(message: Uint8Array): string {
  try {
    let jobId = '';
    const reader = new WireReader(message);
    while (!reader.atEnd) {
      const tag = reader.readTag();
      if (tag === jobIdTag) jobId = readText(reader.readBytes());
      else reader.skip(tag);
    }
    return jobId;
  } catch {
    throw invalidArgument('body', 'is not an encoded yandex.cloud.datasphere.v2.jobs.GetProjectJobRequest');
  }
}

/**
 * The job id in a GetProjectJobRequest in proto3 JSON.
 *
 * @throws {Status} INVALID_ARGUMENT where the text is not one
 */
export function parseJobId(text: string): string {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw invalidArgument('body', 'is not JSON');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw invalidArgument('body', 'must be a JSON object such as {"jobId":"…"}');
  }
  const unknown = Object.keys(request).find((name) => name !== 'jobId' && name !== 'job_id');
  if (unknown !== undefined) throw invalidArgument('body', 'has a field other than jobId');
  const { jobId, job_id } = request as { jobId?: unknown; job_id?: unknown };
  const id = jobId ?? job_id ?? '';
  if (typeof id !== 'string') throw invalidArgument('job_id', 'must be a string');
  return id;
}
