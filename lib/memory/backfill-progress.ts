import type { BackfillProgress, BackfillState } from '../store/backfill-progress.ts';
import { step } from './step.ts';

export function createMemoryBackfillProgress(): BackfillProgress {
  const states = new Map<string, BackfillState>();
  return {
    read: (projectId, deadline) => step(deadline, () => states.get(projectId)),
    write: (projectId, state, deadline) => step(deadline, () => void states.set(projectId, state)),
    clear: (projectId, deadline) => step(deadline, () => void states.delete(projectId)),
  };
}
