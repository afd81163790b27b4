/** A seeded source of random numbers, so that every run has the same jobs. */
export interface Random {
  /** From 0 up to, and not including, `limit`. */
  below(limit: number): number;
  /** A number of the standard normal distribution. */
  normal(): number;
}

/** @see https://en.wikipedia.org/wiki/Xorshift (xorshift32) */
export function createRandom(seed: number): Random {
  // Seeds beside each other must not begin alike.
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    // Box and Muller's transform; next() is never 0.
    normal: () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  };
}
