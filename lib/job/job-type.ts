import { messageToJson } from '../protobuf/json.ts';
import { JobSchema } from '../protobuf/generated/schema.ts';
import { messageType } from '../protobuf/schema.ts';

/** `yandex.cloud.datasphere.v2.jobs.Job`. */
export const jobType = messageType(JobSchema);

/**
 * A Job in canonical proto3 JSON.
 *
 * @param job the protobuf bytes
 * @throws {MalformedMessageError} as messageToJson does
 */
export function jobToJson(job: Uint8Array): string {
  return messageToJson(jobType, job);
}
