import { createMemoryEngine } from '../../../lib/memory/engine.ts';
import { Deadline, deadlineExceeded } from '../../../lib/runtime/deadline.ts';
import { Status } from '../../../lib/runtime/status.ts';
import type { JobStore, StoredJob } from '../../../lib/store/job-store.ts';
import { simulatedLimits } from './events.ts';
import { callOver, type NetworkFailure, type Process } from './network.ts';
import {
  epochMs,
  tombstoneDays,
  type SimulatedEngine,
  type SimulatedEngineOptions,
} from './simulated-engine.ts';

/**
 * The memory engine, as if it were far away: the network is between the use cases and the port. So the use cases meet all
 * that a port may do to them, and not only what the DynamoDB engine lets through.
 */
export function createSimulatedMemoryEngine({
  world,
  faults,
  written,
}: SimulatedEngineOptions): SimulatedEngine {
  const now = (): Date => new Date(epochMs + world.now);
  const { documentBytes } = simulatedLimits;
  const { jobs } = createMemoryEngine({ tombstoneDays, documentBytes, now });
  /** What the store held of each job, newest last. */
  const versions = new Map<string, StoredJob[]>();
  const versionsOf = (jobId: string): readonly StoredJob[] => versions.get(jobId) ?? [];

  const putAndWatch: JobStore['put'] = async (jobId, document, options) => {
    const result = await jobs.put(jobId, document, options);
    if (!result.written) {
      faults.fired('lost condition');
      return result;
    }
    const stored = await jobs.get(jobId, { consistent: true, deadline: ample });
    const before = versionsOf(jobId);
    versions.set(jobId, [...before, stored!]);
    written(jobId, stored!.document, before.length > 0);
    return result;
  };

  const connect = (process: Process): JobStore => {
    const call = async <T>(
      kind: 'get' | 'put' | 'removeLeftovers',
      deadline: Deadline,
      perform: () => Promise<T>,
    ): Promise<T> => {
      deadline.check();
      const { signal } = deadline;
      const writes = kind !== 'get';
      const how = { kind, writes, attempts: 1, signal, perform, failure: failureOf };
      return callOver({ world, faults }, process, how) as Promise<T>;
    };
    return {
      get: (jobId, options) =>
        call('get', options.deadline, () => {
          if (options.consistent || !faults.fires('stale read')) return jobs.get(jobId, options);
          return Promise.resolve(versionsOf(jobId).at(-1 - world.integer(1, 2)));
        }),
      put: (jobId, document, options) =>
        call('put', options.deadline, () => putAndWatch(jobId, document, options)),
      removeLeftovers: (jobId, deadline) =>
        call('removeLeftovers', deadline, () => jobs.removeLeftovers(jobId, deadline)),
    };
  };

  return {
    writer: connect,
    reader: connect,
    current: (jobId) => versionsOf(jobId).at(-1)?.document,
    leftovers: () => [],
  };
}

/** Time for what the simulation does by itself. */
const ample = new Deadline(Infinity, {
  clock: { now: () => 0, timeout: () => new AbortController().signal },
});

/** Failures by the port's own words. */
function failureOf(what: NetworkFailure): Status {
  return what === 'aborted' ? deadlineExceeded() : new Status('STORE_UNAVAILABLE', what);
}
