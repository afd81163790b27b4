import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { splitFields, WireReader } from '../../lib/protobuf/wire.ts';
import { jobDesc } from './job-descriptors.ts';

/** A small deterministic generator of numbers from 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The records of a message, tags included. */
export function records(message: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const start = reader.position;
    reader.skip(reader.readTag());
    all.push(message.subarray(start, reader.position));
  }
  return all;
}

/** Field numbers of the Job whose values are messages and not repeated. */
const singularMessages = jobDesc.fields
  .filter(({ fieldKind }) => fieldKind === 'message')
  .map(({ number }) => number);

/**
 * Writes a job as no sane publisher would: records shuffled and repeated at the top, and at the end once more the
 * singular messages, which readers must merge with what came before.
 */
export function shuffledEncoding(job: Uint8Array, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const all = records(job);
  const repeated = all.filter(() => random() < 0.2);
  const shuffled = [...all, ...repeated]
    .map((record) => ({ record, rank: random() }))
    .sort((a, b) => a.rank - b.rank);
  const fields = splitFields(job);
  const again = singularMessages.map((number) => fields.get(number) ?? new Uint8Array());
  const bytes = Buffer.concat([...shuffled.map(({ record }) => record), ...again]);
  // What another implementation cannot read proves nothing.
  toBinary(jobDesc, fromBinary(jobDesc, bytes));
  return bytes;
}
