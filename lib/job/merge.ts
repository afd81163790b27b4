import { tombstone, type Document, type LaterPatch, type LiveDocument } from './document.ts';
import { joinFields, splitFields, type Fields } from '../protobuf/wire.ts';

const noBytes = new Uint8Array();

/** The document of a job about which this snapshot is all that is known. */
export function snapshotDocument(job: Uint8Array, revision: bigint): LiveDocument {
  return { deleted: false, job: joinFields(splitFields(job)), snapshotRevision: revision, later: [] };
}

/**
 * The document of a job about which this patch is all that is known.
 *
 * @param job holds the new values; fields that the mask does not name are left out
 * @param fieldNumbers the top-level fields that the patch speaks for; one that `job` lacks is cleared
 */
export function patchDocument(
  job: Uint8Array,
  fieldNumbers: Iterable<number>,
  revision: bigint,
): LiveDocument {
  const fields = [...new Set(fieldNumbers)].sort((a, b) => a - b);
  const values = splitFields(job);
  const masked = new Map(fields.map((number) => [number, values.get(number) ?? noBytes]));
  return {
    deleted: false,
    job: joinFields(masked),
    snapshotRevision: undefined,
    later: [{ revision, fields }],
  };
}

/**
 * Joins what two documents know of one job: for each top-level field number, known or not, the bytes of the higher
 * revision; of equal revisions the lexicographically greater bytes, so that even a publisher that gives one revision
 * to two different events ends in one state. A deletion absorbs everything.
 *
 * Pure, total, commutative, associative and idempotent.
 *
 * @returns `a` itself where `b` adds nothing to it
 */
export function merge(a: Document, b: Document): Document {
  if (a.deleted) return a;
  if (b.deleted) return tombstone;
  const left = new Registers(a);
  const right = new Registers(b);
  const snapshotRevision = maxRevision(a.snapshotRevision, b.snapshotRevision);

  const fields = new Map<number, Uint8Array>();
  const owned = new Map<bigint, number[]>();
  for (const patch of [...a.later, ...b.later]) {
    if (snapshotRevision === undefined || patch.revision > snapshotRevision) owned.set(patch.revision, []);
  }
  for (const number of mergedNumbers(left, right)) {
    const { bytes, revision } = newer(left.read(number), right.read(number));
    if (bytes.length > 0) fields.set(number, bytes);
    owned.get(revision)?.push(number);
  }
  const later = [...owned]
    .map(([revision, numbers]): LaterPatch => ({ revision, fields: numbers }))
    .sort((x, y) => (x.revision < y.revision ? -1 : 1));
  const merged: LiveDocument = { deleted: false, job: joinFields(fields), snapshotRevision, later };
  return sameDocument(a, merged) ? a : merged;
}

/** Whether two documents are the same, byte for byte. */
export function sameDocument(a: Document, b: Document): boolean {
  if (a.deleted || b.deleted) return a.deleted === b.deleted;
  return (
    a.snapshotRevision === b.snapshotRevision &&
    a.later.length === b.later.length &&
    a.later.every((patch, index) => samePatch(patch, b.later[index]!)) &&
    Buffer.compare(a.job, b.job) === 0
  );
}

function samePatch(a: LaterPatch, b: LaterPatch): boolean {
  return (
    a.revision === b.revision &&
    a.fields.length === b.fields.length &&
    a.fields.every((number, index) => number === b.fields[index])
  );
}

interface Register {
  readonly bytes: Uint8Array;
  readonly revision: bigint;
}

/** Lower than every revision: what nobody has spoken of. */
const unspoken: Register = { bytes: noBytes, revision: -1n };

/** A document as one register a field number. */
class Registers {
  readonly fields: Fields;
  readonly owners: ReadonlyMap<number, bigint>;
  private readonly snapshotRevision: bigint | undefined;

  constructor(document: LiveDocument) {
    this.fields = splitFields(document.job);
    this.owners = new Map(
      document.later.flatMap((patch) => patch.fields.map((number) => [number, patch.revision])),
    );
    this.snapshotRevision = document.snapshotRevision;
  }

  read(number: number): Register {
    const revision = this.owners.get(number) ?? this.snapshotRevision;
    return revision === undefined ? unspoken : { bytes: this.fields.get(number) ?? noBytes, revision };
  }
}

function mergedNumbers(a: Registers, b: Registers): number[] {
  const numbers = new Set([...a.fields.keys(), ...a.owners.keys(), ...b.fields.keys(), ...b.owners.keys()]);
  return [...numbers].sort((x, y) => x - y);
}

function newer(a: Register, b: Register): Register {
  if (a.revision !== b.revision) return a.revision > b.revision ? a : b;
  return Buffer.compare(a.bytes, b.bytes) >= 0 ? a : b;
}

function maxRevision(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
