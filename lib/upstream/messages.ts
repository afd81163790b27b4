/**
 * The requests and answers of upstream's ProjectJobService, as far as they have to be looked into.
 *
 * @see https://github.com/yandex-cloud/cloudapi/blob/master/yandex/cloud/datasphere/v2/jobs/project_job_service.proto
 */
import {
  GetProjectJobRequestSchema,
  ListProjectJobRequestSchema,
  ListProjectJobResponseSchema,
} from '../protobuf/generated/schema.ts';
import { fieldReader } from '../protobuf/read-fields.ts';
import { fieldWriter } from '../protobuf/write-fields.ts';

export const encodeGetRequest = fieldWriter(GetProjectJobRequestSchema);

export const encodeListRequest = fieldWriter(ListProjectJobRequestSchema);

/**
 * Takes a ListProjectJobResponse apart. The Jobs are views of its bytes.
 *
 * @throws {MalformedMessageError}
 */
export const readListResponse = fieldReader(ListProjectJobResponseSchema, ['jobs', 'nextPageToken']);
