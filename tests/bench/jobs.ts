/** Seeded jobs in four sizes, like those of a real service. */
import { createHash } from 'node:crypto';
import { create, toBinary, type Message } from '@bufbuild/protobuf';
import { descMessage, jobDesc } from '../support/job-descriptors.ts';
import { createRandom, type Random } from '../../infra/upstream-stand-in/random.ts';

export interface BenchJob {
  readonly name: string;
  /** The Job in protobuf. */
  readonly bytes: Uint8Array;
}

/** What makes a job large or small. */
export interface JobShape {
  readonly seed: number;
  readonly inputFiles: number;
  readonly outputFiles: number;
  /** Lines of `requirements`. */
  readonly requirements: number;
  /** Lines of the configuration file beside those for input files. */
  readonly configLines: number;
}

const message = (type: string, init: Record<string, unknown>): Message => create(descMessage(type), init);

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const id = (random: Random): string =>
  `bt1${Array.from({ length: 17 }, () => letters[random.below(letters.length)]).join('')}`;

const folders = ['data/train', 'data/valid', 'checkpoints', 'reports/figures', 'logs', 'model/weights'];
const stems = ['part', 'shard', 'epoch', 'fold', 'metrics', 'confusion', 'events', 'predictions'];
const endings = ['parquet', 'pt', 'json', 'csv', 'png', 'tfrecord', 'npz'];
const packages = ['torch', 'numpy', 'pandas', 'scikit-learn', 'transformers', 'pyarrow', 'lightgbm', 'tqdm'];
const pick = (random: Random, from: readonly string[]): string => from[random.below(from.length)]!;

/** Programs write files in runs, such as the parts of a data set: so many in a row differ in little but a number. */
const runLength = 25;

/** A path, and the variable that stands for it in the command line; about 120 bytes with the hash. */
function file(index: number, random: Random): Message {
  const run = createRandom(1 + Math.floor(index / runLength));
  const folder = `${pick(run, folders)}/run-${run.below(1000)}`;
  const path = `${folder}/${pick(run, stems)}-${String(index).padStart(5, '0')}.${pick(run, endings)}`;
  return message('File', {
    desc: message('FileDesc', { path, var: `F${index}` }),
    sha256: createHash('sha256')
      .update(`${path} ${random.below(1e9)}`)
      .digest('hex'),
    sizeBytes: BigInt(1 + Math.floor(Math.exp(13 + 2 * random.normal()))),
    compressionType: pick(run, endings) === 'parquet' ? 1 : 2,
  });
}

const files = (count: number, random: Random): Message[] =>
  Array.from({ length: count }, (_, index) => file(index, random));

const time = (seconds: number, random: Random) => ({
  seconds: BigInt(1_795_000_000 + seconds),
  nanos: random.below(1e6) * 1000,
});

const version = (random: Random): string => `${random.below(4)}.${random.below(30)}.${random.below(10)}`;

/** A Job's bytes. */
export function makeJob(shape: JobShape): Uint8Array {
  const random = createRandom(shape.seed * 7919 + 1);
  const startedAt = 90 + random.below(600);
  const inputs = Array.from(
    { length: shape.inputFiles },
    (_, index) => `  - inputs/part-${index}: F${index}\n`,
  );
  const args = Array.from(
    { length: shape.configLines },
    (_, index) => `  arg_${index}: ${version(random)}\n`,
  );
  const requirements = Array.from(
    { length: shape.requirements },
    (_, index) => `${pick(random, packages)}${index > 7 ? `-${index}` : ''}==${version(random)}`,
  );
  const cmd = 'python train.py --data ${F0} --epochs 12 --learning-rate 3e-4 --out ${F1}';
  const init = {
    id: id(random),
    name: `resnet50-finetune-${random.below(1000)}`,
    desc: 'Fine-tunes ResNet-50 on the defects data set',
    createdAt: time(0, random),
    startedAt: time(startedAt, random),
    finishedAt: time(startedAt + 60 + random.below(20_000), random),
    status: 4,
    config: `name: resnet50-finetune\ncmd: ${cmd}\nargs:\n${args.join('')}inputs:\n${inputs.join('')}`,
    createdById: id(random),
    projectId: id(random),
    jobParameters: message('JobParameters', {
      inputFiles: files(shape.inputFiles, random),
      cmd,
      datasetIds: [id(random)],
      env: message('Environment', {
        vars: { WANDB_MODE: 'offline', PYTHONHASHSEED: '0' },
        pythonEnv: message('PythonEnv', { pythonVersion: '3.10', requirements }),
      }),
      cloudInstanceTypes: [
        message('CloudInstanceType', { name: 'g2.1' }),
        message('CloudInstanceType', { name: 'g1.1' }),
      ],
    }),
    outputFiles: files(shape.outputFiles, random),
    dataSizeBytes: BigInt(1_000_000 + random.below(1e9)),
    actualCloudInstanceType: message('CloudInstanceType', { name: 'g1.1' }),
  };
  return toBinary(jobDesc, create(jobDesc, init));
}

const ordinary = { requirements: 22, configLines: 20 };

/** A job of an ordinary configuration with so many files. */
export const jobWithFiles = (count: number, seed: number): Uint8Array =>
  makeJob({ ...ordinary, seed, inputFiles: Math.min(count, 12), outputFiles: Math.max(0, count - 12) });

export const small: BenchJob = {
  name: 'small',
  bytes: makeJob({ seed: 1, inputFiles: 3, outputFiles: 0, requirements: 8, configLines: 14 }),
};
export const typical: BenchJob = { name: 'typical', bytes: jobWithFiles(12, 2) };
export const large: BenchJob = { name: 'large', bytes: jobWithFiles(500, 3) };
export const huge: BenchJob = { name: 'huge', bytes: jobWithFiles(10_000, 4) };

export const benchJobs: readonly BenchJob[] = [small, typical, large, huge];
