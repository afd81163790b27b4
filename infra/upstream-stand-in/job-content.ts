/** What jobs of the stand-in consist of. */
import type { Random } from './random.ts';
import { FileCompressionType, Job, type File } from './sdk.ts';

/** The part of a job that never changes, as a request of Create would have it. */
export interface Content {
  readonly job: Job;
  /** The output of a run that succeeds. */
  readonly outputFiles: readonly File[];
  readonly logFiles: readonly File[];
}

export interface ContentOptions {
  readonly id: string;
  readonly projectId: string;
  readonly parentJobId: string;
  readonly createdAt: Date;
}

const idLetters = 'abcdefghijklmnopqrstuv0123456789';

/** An id as upstream makes it: a prefix for the kind, then letters and digits, 20 characters in all. */
export function drawId(random: Random, prefix: string): string {
  let id = prefix;
  while (id.length < 20) id += idLetters[random.below(idLetters.length)]!;
  return id;
}

/** Most jobs have few files, and some have hundreds. */
function drawFileCount(random: Random): number {
  const kind = random.below(10);
  if (kind < 6) return 3 + random.below(10);
  return kind < 9 ? 12 + random.below(40) : 60 + random.below(230);
}

function drawFile(random: Random, path: string): File {
  const sha256 = Array.from({ length: 8 }, () =>
    random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const desc = { path, var: path.toUpperCase().replace(/[^A-Z0-9]/g, '_') };
  return {
    desc,
    sha256,
    sizeBytes: random.below(50_000_000),
    compressionType: random.below(2) === 0 ? FileCompressionType.NONE : FileCompressionType.ZIP,
  };
}

const words = [
  'train',
  'resnet',
  'report',
  'daily',
  'embed',
  'tokens',
  'sweep',
  'evaluate',
  'export',
  'fold',
];

/** A job of 1 to 60 KB, the same for the same random numbers. Some have a Docker password, also in `config`. */
export function drawContent(
  random: Random,
  { id, projectId, parentJobId, createdAt }: ContentOptions,
): Content {
  const word = (): string => words[random.below(words.length)]!;
  const files = (folder: string, count: number, extension: string): File[] =>
    Array.from({ length: count }, (_, index) =>
      drawFile(random, `${folder}/${word()}-${String(index).padStart(4, '0')}.${extension}`),
    );
  const name = `${word()}-${word()}-${random.below(1000)}`;
  const inputFiles = files('data', drawFileCount(random), 'parquet');
  const outputFiles = files('out', 1 + (drawFileCount(random) >> 2), 'bin');
  const password = random.below(5) === 0 ? `pw-${drawId(random, '')}` : undefined;
  const vars = Object.fromEntries(
    Array.from({ length: 2 + random.below(6) }, (_, index) => [`${word().toUpperCase()}_${index}`, word()]),
  );
  const instance = `g1.${1 + random.below(4)}`;
  const cmd = `python main.py --model ${word()} --epochs ${1 + random.below(50)}`;
  const job = Job.fromPartial({
    id,
    name,
    desc: `${name} of ${projectId}, started by the nightly pipeline`,
    createdAt,
    createdById: 'ajestandin0user00001',
    projectId,
    parentJobId,
    jobParameters: {
      inputFiles,
      outputFiles: outputFiles.map(({ desc }) => desc!),
      cmd,
      env: {
        vars,
        ...(password !== undefined && {
          dockerImageSpec: {
            imageUrl: `cr.yandex/crp0000000000000000/${word()}:latest`,
            username: 'puller',
            passwordPlainText: password,
          },
        }),
        pythonEnv: { pythonVersion: '3.12', requirements: ['numpy==2.2.0', 'torch==2.6.0', 'pandas==2.2.3'] },
      },
      cloudInstanceTypes: [{ name: instance }],
      arguments: [{ name: 'seed', value: String(random.below(1000)) }],
    },
    config: [
      `name: ${name}`,
      `cmd: ${cmd}`,
      ...(password === undefined ? [] : ['docker:', '  username: puller', `  password: ${password}`]),
      'env:',
      '  vars:',
      ...Object.entries(vars).map(([key, value]) => `    - ${key}: ${value}`),
      'inputs:',
      ...inputFiles.map(({ desc }) => `  - ${desc!.path}: ${desc!.var}`),
      'outputs:',
      ...outputFiles.map(({ desc }) => `  - ${desc!.path}: ${desc!.var}`),
      '',
    ].join('\n'),
    actualCloudInstanceType: { name: instance },
  });
  return { job, outputFiles, logFiles: files('logs', 2, 'txt') };
}
