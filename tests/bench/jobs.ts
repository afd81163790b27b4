/** Seeded jobs in four sizes, like those of a real service. */
import { createHash } from 'node:crypto';
import { create, toBinary, type Message } from '@bufbuild/protobuf';
import { descMessage, jobDesc } from '../support/job-descriptors.ts';

export interface BenchJob {
  readonly name: 'small' | 'typical' | 'large' | 'huge';
  readonly bytes: Uint8Array;
}

const message = (type: string, init: Record<string, unknown>): Message => create(descMessage(type), init);
const time = (seconds: number) => ({ seconds: BigInt(1_795_000_000 + seconds), nanos: 123_456_000 });

function file(index: number, folder: string): Message {
  const path = `${folder}/part-${String(index).padStart(5, '0')}.parquet`;
  const sha256 = createHash('sha256').update(path).digest('hex');
  return message('File', {
    desc: message('FileDesc', { path }),
    sha256,
    sizeBytes: BigInt(1_000_000 + index * 7919),
    compressionType: 1,
  });
}

const files = (count: number, folder: string): Message[] =>
  Array.from({ length: count }, (_, index) => file(index, folder));

function job(inputs: number, outputs: number, configLines: number): Uint8Array {
  const requirements = Array.from(
    { length: Math.min(inputs, 12) },
    (_, index) => `package-${index}==${index}.4.1`,
  );
  const env = message('Environment', {
    vars: { WANDB_MODE: 'offline', PYTHONHASHSEED: '0' },
    pythonEnv: message('PythonEnv', { pythonVersion: '3.10', requirements }),
  });
  const config = Array.from(
    { length: configLines },
    (_, index) => `  - inputs/part-${index}.parquet: PART_${index}\n`,
  ).join('');
  return toBinary(
    jobDesc,
    create(jobDesc, {
      id: 'bt1train0resnet50abc',
      name: 'resnet50-finetune',
      desc: 'Fine-tunes ResNet-50 on the defects data set',
      createdAt: time(0),
      startedAt: time(90),
      status: 2,
      config: `name: resnet50-finetune\ncmd: python train.py\ninputs:\n${config}`,
      createdById: 'ajeuser0marina000001',
      projectId: 'bt1pr0j3ctvision0001',
      jobParameters: message('JobParameters', {
        inputFiles: files(inputs, 'inputs'),
        cmd: 'python train.py --epochs 12',
        env,
        cloudInstanceTypes: [message('CloudInstanceType', { name: 'g1.1' })],
      }),
      outputFiles: files(outputs, 'outputs'),
      dataSizeBytes: 836_651_358n,
      actualCloudInstanceType: message('CloudInstanceType', { name: 'g1.1' }),
    }),
  );
}

export const benchJobs: readonly BenchJob[] = [
  { name: 'small', bytes: job(4, 0, 6) },
  { name: 'typical', bytes: job(12, 0, 26) },
  { name: 'large', bytes: job(12, 488, 26) },
  { name: 'huge', bytes: job(12, 9988, 26) },
];
