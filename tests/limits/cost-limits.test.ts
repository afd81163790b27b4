import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { readUnitBytes } from '../../lib/dynamodb/encoding.ts';
import { itemSize } from '../../lib/dynamodb/head-item.ts';
import { benchJobs } from '../bench/jobs.ts';
import { population } from '../bench/population.ts';
import { storedItems } from '../bench/stored-items.ts';
import { incompressible } from '../support/documents.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { jobIds, p1Reader, startService, type TestService } from '../support/service.ts';

/** Read units of one eventually consistent Get. */
async function readUnits(job: Uint8Array): Promise<number> {
  const items = await storedItems('bt1train0resnet50abc', job);
  return items.reduce((units, item) => units + Math.ceil(itemSize(item) / readUnitBytes) / 2, 0);
}

describe('what a Get costs in the table', () => {
  it.each([
    ['small', 0.5],
    ['typical', 0.5],
    ['large', 3.5],
    ['huge', 60.5],
  ])('is for a %s job at most %d read units', async (size, limit) => {
    const { bytes } = benchJobs.find(({ name }) => name === size)!;
    expect(await readUnits(bytes)).toBeLessThanOrEqual(limit);
  });

  it('is at most 0.57 read units in the mean of jobs like those of a real service', async () => {
    const jobs = population(2000);
    let sum = 0;
    for (const job of jobs) sum += await readUnits(job);
    expect(sum / jobs.length).toBeLessThanOrEqual(0.57);
  });
});

describe('a Get', () => {
  let service: TestService;
  let gateway: Gateway;

  beforeAll(async () => {
    service = await startService(p1Reader);
    gateway = await startGateway(service.parts);
    await service.write('parts-job', incompressible(900_000, 3, 'parts-job'));
    await service.write('late-job', snapshotDocument(Buffer.from('0a086c6174652d6a6f624a027031', 'hex'), 3n));
  });
  afterAll(async () => {
    await gateway.stop();
    await service.stop();
  });
  beforeEach(() => {
    service.proxy.calls.length = 0;
  });

  it.each([
    ['of a job in one item', jobIds.plain, {}, ''],
    ['of a large job that compresses into one item', jobIds.large, {}, ''],
    ['of some fields', jobIds.plain, {}, '?fields=status'],
    ['that must be consistent', jobIds.plain, { 'x-consistent-read': 'true' }, ''],
    ['of a job that is not there', 'no-such-job', {}, ''],
    ['of a job in a project that the caller may not read', jobIds.otherProject, {}, ''],
    ['at a revision that the first read shows', jobIds.plain, { 'x-min-revision': '1' }, ''],
    ['that the caller has already', jobIds.plain, { 'if-none-match': '*' }, ''],
  ])('%s is one read', async (_, id, headers, query) => {
    await fetch(`${gateway.url}/datasphere/v2/jobs/${id}${query}`, {
      headers: { authorization: 'Bearer good', ...headers },
    });
    expect(service.proxy.calls.map(({ operation }) => operation)).toEqual(['GetItem']);
  });

  it('of a job in parts is one read more than there are parts', async () => {
    await fetch(`${gateway.url}/datasphere/v2/jobs/parts-job?fields=id`, {
      headers: { authorization: 'Bearer good' },
    });
    expect(service.proxy.calls.map(({ operation }) => operation)).toEqual(Array(1 + 3).fill('GetItem'));
  });

  it('at a revision that is not there yet is two reads', async () => {
    await fetch(`${gateway.url}/datasphere/v2/jobs/late-job`, {
      headers: { authorization: 'Bearer good', 'x-min-revision': '99' },
    });
    expect(service.proxy.calls.map(({ body }) => body['ConsistentRead'])).toEqual([false, true]);
  });

  it('that is refused before its id is known to be good is no read', async () => {
    for (const [path, headers] of [
      ['bad%20id', { authorization: 'Bearer good' }],
      [jobIds.plain, {}],
    ] as const)
      await fetch(`${gateway.url}/datasphere/v2/jobs/${path}`, { headers });
    expect(service.proxy.calls).toEqual([]);
  });
});
