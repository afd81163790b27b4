import { JobSchema } from '../protobuf/generated/schema.ts';
import { fieldReader } from '../protobuf/read-fields.ts';

/**
 * Reads what the service itself needs to know of a Job, without decoding the rest: its id, its project and its status, a
 * JobStatus number.
 *
 * @throws {MalformedMessageError} if the bytes are not a message
 */
export const readJobHeading = fieldReader(JobSchema, ['id', 'projectId', 'status']);
