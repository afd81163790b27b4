import type { World } from './world.ts';

/** What goes wrong, and how likely it is each time that it could. */
const chances = {
  duplicate: 0.15,
  reorder: 0.5,
  'delay past visibility': 0.02,
  throttle: 0.02,
  'error before the write': 0.02,
  'error after the write': 0.03,
  hang: 0.003,
  'crash before a call': 0.004,
  'crash after a call': 0.004,
  'stale read': 0.3,
  'clock skew': 0.3,
  poison: 0.04,
  'oversized document': 0.03,
} as const;

export type Drawn = keyof typeof chances;

/** Faults that follow from others and are counted where they show. */
export type Observed =
  | 'crash'
  | 'crash between parts and head'
  | 'lost condition'
  | 'two workers on one batch'
  | 'partial batch'
  | 'deadline passed'
  | 'redrive';

/** What a simulation can run on. */
export const engineNames = ['table', 'memory'] as const;

export type EngineName = (typeof engineNames)[number];

const commonFaults: readonly (Drawn | Observed)[] = [
  ...(Object.keys(chances) as Drawn[]).filter((fault) => fault !== 'clock skew'),
  'crash',
  'lost condition',
  'two workers on one batch',
  'partial batch',
  'deadline passed',
  'redrive',
];

/** Every fault that must have fired in a full run. The memory engine writes in one step, by one clock. */
export const allFaults: Readonly<Record<EngineName, readonly (Drawn | Observed)[]>> = {
  table: [...commonFaults, 'clock skew', 'crash between parts and head'],
  memory: commonFaults,
};

/** The calls of the write path and the read path, each of which must meet each fault. */
const callKinds = {
  table: {
    reads: ['GetItem head', 'GetItem part', 'Query'],
    writes: ['PutItem head', 'PutItem part', 'DeleteItem'],
  },
  memory: { reads: ['get'], writes: ['put', 'removeLeftovers'] },
} as const;

export type CallKind = (typeof callKinds)[EngineName]['reads' | 'writes'][number];

const callFaults = [
  'throttle',
  'error before the write',
  'hang',
  'crash before a call',
  'crash after a call',
] as const;

type CallFault = (typeof callFaults)[number] | 'error after the write';

/** Every error path on an engine: a kind of call and what becomes of it. */
export function allCallFaults(engine: EngineName): readonly string[] {
  const { reads, writes } = callKinds[engine];
  return [
    ...[...reads, ...writes].flatMap((call) => callFaults.map((fault) => `${call}: ${fault}`)),
    ...writes.map((call) => `${call}: error after the write`),
  ];
}

/** Draws faults from the world's seed, and counts them. */
export class Faults {
  readonly counts = new Map<Drawn | Observed, number>();
  /** How often each kind of call met each fault. */
  readonly calls = new Map<string, number>();
  /** Off for the last act, where all that is left must heal. */
  enabled = true;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Whether this one happens now. */
  fires(fault: Drawn): boolean {
    if (!this.enabled || !this.world.chance(chances[fault])) return false;
    this.fired(fault);
    return true;
  }

  /** Whether this one happens now, to a call of this kind. */
  firesAt(call: CallKind, fault: CallFault): boolean {
    if (!this.fires(fault)) return false;
    const path = `${call}: ${fault}`;
    this.calls.set(path, (this.calls.get(path) ?? 0) + 1);
    return true;
  }

  fired(fault: Drawn | Observed): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }
}
