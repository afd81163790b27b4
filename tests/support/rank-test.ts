/**
 * The Mann-Whitney test: how probable ranks as different as these are, if chance alone dealt the values out to two
 * samples. It looks at ranks only, so that a pause of the machine counts as one late value and not as a long one.
 *
 * The normal approximation, two-sided, good for hundreds of values each.
 *
 * @returns the probability, 0 to 1
 * @see https://en.wikipedia.org/wiki/Mann%E2%80%93Whitney_U_test#Normal_approximation_and_tie_correction
 */
export function rankTest(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((x, y) => x.value - y.value);
  const count = all.length;
  let rankSum = 0;
  let ties = 0;
  for (let from = 0, to = 0; from < count; from = to) {
    while (to < count && all[to]!.value === all[from]!.value) to++;
    const size = to - from;
    ties += size ** 3 - size;
    rankSum += all.slice(from, to).filter(({ isA }) => isA).length * ((from + 1 + to) / 2);
  }
  const u = rankSum - (a.length * (a.length + 1)) / 2;
  const mean = (a.length * b.length) / 2;
  const variance = ((a.length * b.length) / 12) * (count + 1 - ties / (count * (count - 1)));
  return variance === 0 ? 1 : tails(Math.abs(u - mean) / Math.sqrt(variance));
}

/**
 * Probability beyond `z` on both sides of the normal distribution; its relative error is below 1.2e-7.
 *
 * @see Press et al., Numerical Recipes in C, 2nd edition, section 6.2, `erfcc`
 */
function tails(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
    1.00002368, -1.26551223,
  ];
  const polynomial = coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + polynomial);
}

/** Two samples. */
export interface Samples {
  readonly hidden: readonly number[];
  readonly absent: readonly number[];
}

/**
 * Takes values until the two samples are told apart, at most `most` of them. Each look is one more chance to err, so the
 * probability is that of the rank test times the number of looks that there may be (Bonferroni): if chance alone made the
 * difference, the result is below `level` in at most that share of runs, whenever the taking ends.
 *
 * @param take gives so many more values
 * @param options `most` values, with a look after `every` so many of them
 * @returns the probability at the last look; below `level` if the samples were told apart
 */
export async function untilToldApart(
  take: (count: number) => Promise<Samples>,
  { most, every = 200, level }: { readonly most: number; readonly every?: number; readonly level: number },
): Promise<number> {
  const hidden: number[] = [];
  const absent: number[] = [];
  const looks = Math.ceil(most / every);
  for (let look = 1; ; look++) {
    const more = await take(every);
    hidden.push(...more.hidden);
    absent.push(...more.absent);
    const probability = Math.min(1, rankTest(hidden, absent) * looks);
    if (probability < level || look === looks) return probability;
  }
}
