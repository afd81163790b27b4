import { readJobHeading } from './job-heading.ts';
import { jobToJson, jobType } from './job-type.ts';
import { normalForm } from '../protobuf/normal-form.ts';
import { removeSecrets, type RedactionOptions } from './redaction.ts';

export interface AdmissionOptions extends RedactionOptions {
  /**
   * `normal` for what an encoder here made of JSON; `as-is` for what upstream wrote, whose unknown fields live on, and
   * whose bytes are what a reader of upstream would get.
   */
  readonly form: 'normal' | 'as-is';
}

/**
 * A Job as it may get into the table: without secrets, and such that every reader can be answered.
 *
 * @returns its bytes, and the id that they say
 * @throws {MalformedMessageError} where the bytes are not a Job, hold too many secrets, or cannot be written in JSON
 */
export function admitJob(
  bytes: Uint8Array,
  { form, ...redaction }: AdmissionOptions,
): { readonly job: Uint8Array; readonly id: string } {
  // What the normal form leaves out may hold a secret that what it keeps repeats.
  const redacted = removeSecrets(bytes, redaction);
  const job = form === 'normal' ? normalForm(jobType, redacted) : redacted;
  const { id } = readJobHeading(job);
  // What cannot be written in JSON must not get into the table, where every REST read would fail on it.
  jobToJson(job);
  return { job, id };
}
