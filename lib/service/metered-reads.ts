import type { JobReader, ReadMeter } from '../store/job-store.ts';

/** A reader that adds up what is read through it. */
export interface MeteredReads {
  readonly store: JobReader;
  /** So far; undefined where nothing was read. */
  readonly spent: () => ReadMeter | undefined;
}

/** Meters the reads of one request. */
export function meterReads(reader: JobReader): MeteredReads {
  const meter = { latencyMs: 0, readUnits: 0 };
  let reads = 0;
  return {
    store: {
      async get(jobId, options) {
        reads++;
        const startMs = performance.now();
        try {
          return await reader.get(jobId, { ...options, meter });
        } finally {
          meter.latencyMs += performance.now() - startMs;
        }
      },
    },
    spent: () => (reads === 0 ? undefined : meter),
  };
}
