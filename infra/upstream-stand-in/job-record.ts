/** One job of the stand-in, with its history. */
import protobuf from 'protobufjs/minimal.js';
import type { Content } from './job-content.ts';
import type { Life } from './job-life.ts';
import { FileUploadError_ErrorType, Job, JobStatus, type File, type StatusName } from './sdk.ts';

/** What Get answered from a moment on: the bytes of a job, or undefined for NOT_FOUND. */
export interface Version {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly bytes: Uint8Array | undefined;
}

/** The number of a field that the SDK does not know: upstream adds fields before clients know them. */
const unknownFieldNumber = 1000;

const running: ReadonlySet<number> = new Set([
  JobStatus.CREATING,
  JobStatus.PREPARING,
  JobStatus.EXECUTING,
  JobStatus.UPLOADING_OUTPUT,
  JobStatus.CANCELLING,
]);

/** A job, with all its versions. */
export class JobRecord {
  readonly id: string;
  /** Its place in the order of creation of all jobs. */
  readonly ordinal: number;
  readonly job: Job;
  readonly content: Content;
  readonly life: Life;
  readonly versions: Version[] = [];
  /** Grows when what was planned for the job becomes invalid. */
  plan = 0;
  /** How long its data are kept after its end, in milliseconds. */
  dataTtlMs: number;
  private readonly hasUnknownField: boolean;

  constructor(ordinal: number, content: Content, life: Life, hasUnknownField: boolean) {
    this.id = content.job.id;
    this.ordinal = ordinal;
    this.job = content.job;
    this.content = content;
    this.life = life;
    this.dataTtlMs = life.dataTtlMs;
    this.hasUnknownField = hasUnknownField;
  }

  /** Whether it has not ended yet. */
  get isRunning(): boolean {
    return running.has(this.job.status);
  }

  get isCancelling(): boolean {
    return this.job.status === JobStatus.CANCELLING;
  }

  set status(name: StatusName) {
    this.job.status = JobStatus[name];
  }

  /** Makes a version of the job as it is now, and gives its bytes. */
  record(at: number): Uint8Array {
    const known = Job.encode(this.job).finish();
    const bytes = new Uint8Array(
      this.hasUnknownField ? Buffer.concat([known, unknownField(this.versions.length)]) : known,
    );
    this.versions.push({ at, bytes });
    return bytes;
  }

  /** Ends the job: with output if it succeeded, and with logs if it started. */
  end(outcome: 'SUCCESS' | 'ERROR' | 'CANCELLED', finishedAt: Date): void {
    const { job, content } = this;
    const failedUpload = outcome === 'ERROR' && job.status === JobStatus.UPLOADING_OUTPUT;
    const outputFiles = outcome === 'SUCCESS' ? [...content.outputFiles] : [];
    const logFiles = job.startedAt === undefined ? [] : [...content.logFiles];
    const dataSizeBytes = [...outputFiles, ...logFiles].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    Object.assign(job, { finishedAt, outputFiles, logFiles, dataSizeBytes, statusDetails: '' });
    if (failedUpload) job.fileErrors = content.outputFiles.slice(0, 1).map(uploadError);
    this.status = outcome;
  }

  /** Removes the files and sizes of data that are deleted. */
  clearData(): void {
    Object.assign(this.job, {
      dataCleared: true,
      outputFiles: [],
      logFiles: [],
      diagnosticFiles: [],
      dataSizeBytes: 0,
    });
  }
}

function uploadError({ desc }: File): Job['fileErrors'][number] {
  return {
    outputFileDesc: desc,
    logFileName: undefined,
    description: 'the file was not written',
    type: FileUploadError_ErrorType.NOT_FOUND,
  };
}

function unknownField(change: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32((unknownFieldNumber << 3) | 2)
    .string(`change ${change}`)
    .finish();
}
