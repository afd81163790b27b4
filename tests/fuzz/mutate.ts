/** Small changes of an input, as coverage-guided fuzzers make them. */
import type { Random } from './random.ts';

export const inputSizeLimit = 4096;

const interesting = [0, 1, 2, 0x0a, 0x12, 0x22, 0x2c, 0x5b, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0x81, 0xc0, 0xff];

type Mutation = (input: Buffer, random: Random, other: Buffer) => Buffer;

const place = (input: Buffer, random: Random): number => random(input.length + 1);

/** Cuts `count` bytes out at a place and puts others there. */
function splice(input: Buffer, at: number, count: number, bytes: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at + count)]);
}

/** A piece of some bytes, short more often than long. */
function piece(of: Buffer, random: Random): Buffer {
  const at = place(of, random);
  return of.subarray(at, at + 1 + random(random(4) === 0 ? 64 : 6));
}

const mutations: readonly Mutation[] = [
  (input, random) => splice(input, place(input, random), 1, Buffer.of(random(256))),
  (input, random) =>
    splice(input, place(input, random), 1, Buffer.of(interesting[random(interesting.length)]!)),
  (input, random) =>
    splice(input, place(input, random), 0, Buffer.of(interesting[random(interesting.length)]!)),
  (input, random) => splice(input, place(input, random), 1 + random(8), Buffer.alloc(0)),
  (input, random) => splice(input, place(input, random), 0, piece(input, random)),
  (input, random, other) => splice(input, place(input, random), 0, piece(other, random)),
  (input, random, other) => splice(input, place(input, random), 1 + random(8), piece(other, random)),
  (input, random, other) =>
    Buffer.concat([input.subarray(0, place(input, random)), other.subarray(place(other, random))]),
  (input, random) => {
    const at = place(input, random);
    return splice(input, at, 1, Buffer.of((input[at] ?? 0) ^ (1 << random(8))));
  },
  (input, random) => {
    const at = place(input, random);
    return splice(input, at, 1, Buffer.of(((input[at] ?? 0) + random(17) - 8) & 0xff));
  },
];

/** @param other another input, to take pieces from */
export function mutate(input: Buffer, other: Buffer, random: Random): Buffer {
  let result = input;
  for (let count = 1 + random(4); count > 0; count--)
    result = mutations[random(mutations.length)]!(result, random, other);
  return result.subarray(0, inputSizeLimit);
}
