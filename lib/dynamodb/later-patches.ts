import type { LaterPatch } from '../job/document.ts';
import { encodeVarint, WireReader } from '../protobuf/wire.ts';

/**
 * The attribute `later`: the patches by ascending revision, each as varints: by how much its revision is above the one
 * before (or above 0), how many fields it owns, and their numbers.
 */
export function encodeLaterPatches(patches: readonly LaterPatch[]): Uint8Array {
  let previous = 0n;
  const chunks = patches.flatMap(({ revision, fields }) => {
    const step = revision - previous;
    previous = revision;
    return [step, fields.length, ...fields].map(encodeVarint);
  });
  return Buffer.concat(chunks);
}

/** @throws {MalformedMessageError} if the bytes are not such a list */
export function decodeLaterPatches(bytes: Uint8Array): readonly LaterPatch[] {
  const patches: LaterPatch[] = [];
  const reader = new WireReader(bytes);
  let revision = 0n;
  while (!reader.atEnd) {
    revision += reader.readInt64();
    const count = reader.readVarint32();
    patches.push({ revision, fields: Array.from({ length: count }, () => reader.readVarint32()) });
  }
  return patches;
}
