import { parseJobEvent } from '../../../lib/events/job-event.ts';
import type { Document } from '../../../lib/job/document.ts';
import type { Claim, Change } from './model.ts';
import type { World } from './world.ts';

/** One published message, and what is true of it. */
export interface SimulatedEvent {
  readonly body: string;
  readonly jobId: string;
  readonly revision: bigint;
  /** The change by the model's terms; undefined where the event can never be applied. */
  readonly change: Change | undefined;
  /** `poison` must end among the dead letters; `oversized` may, unless something newer makes it moot. */
  readonly fate: 'applied' | 'poison' | 'oversized';
  /** What the event says, as the product reads it; undefined for poison. */
  readonly news: Document | undefined;
}

/**
 * Sizes of the simulated table, far below DynamoDB's, so that parts are common and cheap; and low enough that nothing
 * is ever worth compressing, which would make room for what must not fit.
 */
export const simulatedLimits = { headBytes: 900, partBytes: 300, documentBytes: 2000 };

const texts = { 2: 'name', 3: 'desc', 18: 'statusDetails' } as const;

export interface HistoryOptions {
  readonly count: number;
  readonly jobIds: readonly string[];
  /** Whether the next event is one that cannot be applied. */
  readonly fires: (fault: 'poison' | 'oversized document') => boolean;
}

/** A history of several jobs: revisions that grow, now and then twice the same, and a deletion here and there. */
export function makeEvents(
  world: World,
  { count, jobIds, fires }: HistoryOptions,
): readonly SimulatedEvent[] {
  const revisions = new Map(jobIds.map((jobId) => [jobId, 0]));
  return Array.from({ length: count }, (_, index) => {
    const jobId = world.pick(jobIds);
    const former = revisions.get(jobId)!;
    const revision = former > 0 && world.chance(0.1) ? former : former + world.integer(1, 3);
    revisions.set(jobId, revision);
    return makeEvent(world, fires, `e${index}`, jobId, revision);
  });
}

function makeEvent(
  world: World,
  fires: HistoryOptions['fires'],
  eventId: string,
  jobId: string,
  revision: number,
): SimulatedEvent {
  const base = { eventId, jobId, revision: String(revision) };
  const finish = (
    change: object,
    changed: Change | undefined,
    fate: SimulatedEvent['fate'],
  ): SimulatedEvent => {
    const body = JSON.stringify({ ...base, ...change });
    const news =
      fate === 'poison' ? undefined : (parseJobEvent(body, { redactEnvValues: false }).news as Document);
    return { body, jobId, revision: BigInt(revision), change: changed, fate, news };
  };
  if (fires('poison')) {
    const wrong = [
      { changed: {} },
      {},
      { snapshot: { id: 'another' } },
      { snapshot: 1 },
      { patch: { updateMask: 'nope' } },
    ];
    return finish(world.pick(wrong), undefined, 'poison');
  }
  if (fires('oversized document')) {
    // In a field that no patch replaces, so that only a newer snapshot can make it moot.
    const createdById = 'x'.repeat(simulatedLimits.documentBytes + 100);
    return finish({ snapshot: { id: jobId, projectId: 'p1', createdById } }, undefined, 'oversized');
  }
  if (world.chance(0.01)) return finish({ deleted: {} }, { kind: 'deleted' }, 'applied');
  const { job, claims } = makeFields(world);
  if (world.chance(0.4)) {
    const whole = { id: jobId, projectId: 'p1', ...job };
    claims.set(1, text(1, jobId)).set(9, text(9, 'p1'));
    return finish({ snapshot: whole }, { kind: 'snapshot', revision, claims }, 'applied');
  }
  const cleared = world.chance(0.3) ? [world.pick([2, 3, 7, 18])] : [];
  const mask = [...new Set([...claims.keys(), ...cleared])];
  const updateMask = mask
    .map((number) => (number === 7 ? 'config' : number === 6 ? 'status' : textName(number)))
    .join(',');
  const patch = cleared.length > 0 || world.chance(0.5) ? { job, updateMask } : { job };
  return finish({ patch }, { kind: 'patch', revision, claims, mask }, 'applied');
}

function makeFields(world: World): { job: Record<string, unknown>; claims: Map<number, Claim> } {
  const job: Record<string, unknown> = {};
  const claims = new Map<number, Claim>();
  for (const number of [2, 3, 18]) {
    if (!world.chance(0.4)) continue;
    const value = `v${world.integer(0, 9)}`;
    job[textName(number)] = value;
    claims.set(number, text(number, value));
  }
  if (world.chance(0.3)) {
    const status = world.integer(1, 7);
    job['status'] = status;
    claims.set(6, Buffer.from([6 << 3, status]));
  }
  if (world.chance(0.25)) {
    // From one head to several parts.
    const config = 'abcdefghij'.charAt(world.integer(0, 9)).repeat(world.pick([10, 400, 900, 1500]));
    job['config'] = config;
    claims.set(7, text(7, config));
  }
  return { job, claims };
}

function textName(number: number): string {
  return texts[number as keyof typeof texts];
}

/** A text field as it is on the wire, written down a second time so that the model owes nothing to the product. */
function text(number: number, value: string): Claim {
  const length = value.length < 128 ? [value.length] : [(value.length & 127) | 128, value.length >> 7];
  const tag = number < 16 ? [(number << 3) | 2] : [(((number << 3) | 2) & 127) | 128, number >> 4];
  return Buffer.concat([Buffer.from([...tag, ...length]), Buffer.from(value)]);
}
