/** The sample jobs of a new local stack. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JobEvent in proto3 JSON. */
export type JobEventJson = Readonly<Record<string, unknown>>;

const folder = join(import.meta.dirname, 'samples');

/** Gives the events in `samples/`, and one of a job with thousands of files. */
export function sampleEvents(): readonly JobEventJson[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const events = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as JobEventJson);
  return [...events, manyFilesEvent(4000)];
}

function manyFilesEvent(count: number): JobEventJson {
  const jobId = 'bt1tiles0manyfiles00';
  const outputFiles = Array.from({ length: count }, (_, index) => {
    const path = `tiles/${String(index % 16)}/${String(index).padStart(6, '0')}.png`;
    const sha256 = createHash('sha256').update(path).digest('hex');
    return {
      desc: { path },
      sha256,
      sizeBytes: String(20_000 + ((index * 7919) % 90_000)),
      compressionType: 'NONE',
    };
  });
  const snapshot = {
    id: jobId,
    name: 'render-tiles',
    desc: `Renders ${count} map tiles`,
    createdAt: '2026-11-17T06:00:00Z',
    startedAt: '2026-11-17T06:02:30Z',
    finishedAt: '2026-11-17T07:41:09.040Z',
    status: 'SUCCESS',
    projectId: 'bt1pr0j3ctanalytics2',
    createdById: 'ajesa0nightlyrunner1',
    jobParameters: { cmd: 'python tiles.py --zoom 12', cloudInstanceTypes: [{ name: 'c1.32' }] },
    outputFiles,
    dataSizeBytes: '259812000',
    actualCloudInstanceType: { name: 'c1.32' },
  };
  return { eventId: 'sample-many-files', jobId, revision: '9', occurredAt: '2026-11-17T07:41:10Z', snapshot };
}
