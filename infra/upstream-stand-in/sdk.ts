/** Messages and services of the official SDK: so the stand-in does not speak a protocol that this project wrote. */
import sdk from '@yandex-cloud/nodejs-sdk/datasphere-v2';

export const { ProjectJobServiceService } = sdk.projectJobService;
export const { FileCompressionType, FileUploadError_ErrorType, Job, JobStatus } = sdk.jobs;

export type Job = ReturnType<typeof Job.fromPartial>;
export type File = Job['outputFiles'][number];
export type StatusName =
  | 'CREATING'
  | 'PREPARING'
  | 'EXECUTING'
  | 'UPLOADING_OUTPUT'
  | 'SUCCESS'
  | 'ERROR'
  | 'CANCELLING'
  | 'CANCELLED';
