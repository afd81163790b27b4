import { fromJson, toBinary } from '@bufbuild/protobuf';
import { jobDesc } from './job-descriptors.ts';

/** A job with a password (`hunter2hunter2`) and a variable (`a-secret-value`), each repeated in its config. */
export function secretiveJob(id: string): Uint8Array {
  const env = {
    vars: { TOKEN: 'a-secret-value' },
    dockerImageSpec: { username: 'u', passwordPlainText: 'hunter2hunter2' },
  };
  const config = 'password: hunter2hunter2\nTOKEN: a-secret-value';
  return toBinary(jobDesc, fromJson(jobDesc, { id, projectId: 'p1', config, jobParameters: { env } }));
}
