/** Item bytes and read units of one eventually consistent Get. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { jobToJson } from '../../lib/job/json.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { encodeJob, readUnitBytes } from '../../lib/store/encoding.ts';
import { newGeneration } from '../../lib/store/generation.ts';
import { headItemWithoutJob, itemSize } from '../../lib/store/head-item.ts';
import { benchJobs } from './jobs.ts';
import type { Figure } from './report.ts';

export function storageGroup(): readonly Figure[] {
  return benchJobs.flatMap(({ name, bytes }) => {
    const now = new Date(1_795_000_000_000);
    const head = headItemWithoutJob(
      'bt1train0resnet50abc',
      snapshotDocument(bytes, 7n),
      newGeneration(now),
      now,
    );
    const overhead = itemSize(head);
    const json = jobToJson(bytes);
    const sizes = [
      ['ours', overhead + 3 + encodeJob(bytes, overhead).bytes.length],
      ['one protobuf attribute', overhead + 3 + bytes.length],
      ['a JSON string', overhead + 3 + json.length],
      ['map attributes', overhead + 3 + attributeSize(JSON.parse(json))],
    ] as const;
    const units = (size: number): number => Math.ceil(size / readUnitBytes) / 2;
    return sizes.map(([contestant, size]) => ({
      group: 'storage',
      subject: `${name}, ${bytes.length} bytes`,
      contestant: `${contestant}, ${size} bytes`,
      value: units(size),
      unit: 'read units',
      ours: units(sizes[0][1]) / units(size),
    }));
  });
}

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
