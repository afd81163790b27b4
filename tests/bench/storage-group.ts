/** Item bytes and read units of one eventually consistent Get. */
import { zstdCompressSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { jobToJson } from '../../lib/job/job-type.ts';
import { readUnitBytes } from '../../lib/dynamodb/encoding.ts';
import { headPart, itemSize } from '../../lib/dynamodb/head-item.ts';
import type { Figure } from './figure.ts';
import { benchJobs, jobWithFiles } from './jobs.ts';
import { population } from './population.ts';
import { storedItems } from './stored-items.ts';

const populationSize = 2000;

export async function storageGroup(): Promise<readonly Figure[]> {
  const all: Figure[] = [];
  for (const { name, bytes } of benchJobs)
    all.push(...(await figures(`${name} job, ${bytes.length} bytes of protobuf`, [bytes])));
  const jobs = population(populationSize);
  return [...all, ...(await figures(`population of ${populationSize} jobs, means`, jobs))];
}

async function figures(subject: string, jobs: readonly Uint8Array[]): Promise<readonly Figure[]> {
  const perJob = await Promise.all(jobs.map(itemSizes));
  return Object.keys(perJob[0]!).flatMap((contestant) => {
    const sizes = perJob.map((job) => job[contestant]!);
    const figure = (unit: string, values: readonly number[]): Figure => ({
      group: 'storage',
      subject,
      contestant,
      unit,
      rounds: [sum(values) / values.length],
    });
    return [
      figure(
        'read units',
        sizes.map((items) => sum(items.map(readUnits))),
      ),
      figure('item bytes', sizes.map(sum)),
    ];
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const readUnits = (size: number): number => Math.ceil(size / readUnitBytes) / 2;

/**
 * Sizes of a job's items, by contestant. The others have one item each, with the keys and the attributes beside the job
 * that ours has; where that is over 400 KB, no item can hold it, and parts would cost a little more.
 */
async function itemSizes(bytes: Uint8Array): Promise<Readonly<Record<string, readonly number[]>>> {
  const items = await storedItems('bt1train0resnet50abc', bytes);
  const head = items.find((item) => item['part']?.S === headPart)!;
  const overhead = itemSize({ ...head, job: { B: new Uint8Array() } });
  const json = jobToJson(bytes);
  return {
    ours: items.map(itemSize),
    'map attributes': [overhead + attributeSize(JSON.parse(json))],
    'a JSON string': [overhead + json.length],
    'protobuf, uncompressed': [overhead + bytes.length],
    'protobuf, zstd with a dictionary': [overhead + zstdCompressSync(bytes, { dictionary }).length],
  };
}

/** Bytes of other jobs, as they are: what a table-wide dictionary would save at most, not what is built here. */
const dictionary = Buffer.concat([12, 40].map((files) => jobWithFiles(files, files)));

/**
 * What a value takes as DynamoDB attributes: maps and lists three bytes, and one for each element.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function attributeSize(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + 1 + attributeSize(one), 3);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return entries.reduce((sum, [name, one]) => sum + 1 + Buffer.byteLength(name) + attributeSize(one), 3);
  }
  const scalar: AttributeValue = typeof value === 'string' ? { S: value } : { N: String(value) };
  return typeof value === 'boolean' ? 1 : itemSize({ '': scalar });
}
