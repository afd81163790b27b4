import type { RefreshLeases, RefreshState, RefreshStateReader } from '../store/refresh-leases.ts';
import { step } from './step.ts';

interface Lease {
  readonly holder: string;
  readonly until: Date;
  readonly state: RefreshState;
}

const noRounds: RefreshState = {
  roundAt: undefined,
  recordedAt: undefined,
  previousRoundAt: undefined,
  sweepAt: undefined,
  sweepPages: 0,
};

export function createMemoryRefreshLeases({
  now = () => new Date(),
}: {
  /** The clock. */
  readonly now?: () => Date;
}): RefreshLeases & RefreshStateReader {
  const leases = new Map<string, Lease>();
  return {
    acquire: (projectId, holder, until, deadline) =>
      step(deadline, () => {
        const lease = leases.get(projectId);
        if (lease !== undefined && lease.holder !== holder && lease.until > now()) return 'held elsewhere';
        const state = lease?.state ?? noRounds;
        leases.set(projectId, { holder, until, state });
        return state;
      }),

    update: (projectId, holder, state, { until, deadline }) =>
      step(deadline, () => {
        if (leases.get(projectId)?.holder !== holder) return false;
        leases.set(projectId, { holder, until, state });
        return true;
      }),

    read: (projectId, deadline) => step(deadline, () => leases.get(projectId)?.state),
  };
}
