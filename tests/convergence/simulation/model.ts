/** What a set of events amounts to, by the rules as the design writes them, one field at a time. */

/** A field's record on the wire. */
export type Claim = Buffer;

export type Change =
  | { readonly kind: 'snapshot'; readonly revision: number; readonly claims: ReadonlyMap<number, Claim> }
  | {
      readonly kind: 'patch';
      readonly revision: number;
      readonly claims: ReadonlyMap<number, Claim>;
      readonly mask: readonly number[];
    }
  | { readonly kind: 'deleted' };

export interface Outcome {
  /** The Job's bytes as readers must get them; undefined where they must get nothing. */
  readonly job: Buffer | undefined;
  readonly revision: number;
}

export function outcomeOf(changes: readonly Change[]): Outcome {
  const live = changes.filter((change) => change.kind !== 'deleted');
  const revision = Math.max(0, ...live.map((change) => change.revision));
  const hidden = live.length < changes.length || !live.some(({ kind }) => kind === 'snapshot');
  if (hidden) return { job: undefined, revision };
  const numbers = new Set(live.flatMap(({ claims }) => [...claims.keys()]));
  const records = [...numbers].sort((a, b) => a - b).map((number) => newest(live, number));
  return { job: Buffer.concat(records), revision };
}

function newest(changes: readonly Exclude<Change, { kind: 'deleted' }>[], number: number): Claim {
  let best: { revision: number; bytes: Claim } = { revision: -1, bytes: Buffer.alloc(0) };
  for (const change of changes) {
    if (change.kind === 'patch' && !change.mask.includes(number)) continue;
    const bytes = change.claims.get(number) ?? Buffer.alloc(0);
    const wins = change.revision > best.revision || Buffer.compare(bytes, best.bytes) > 0;
    if (change.revision >= best.revision && wins) best = { revision: change.revision, bytes };
  }
  return best.bytes;
}
