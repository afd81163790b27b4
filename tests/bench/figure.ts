/** One thing that was measured of one contestant. */
export interface Figure {
  readonly group: string;
  /** What it was measured on. */
  readonly subject: string;
  readonly contestant: string;
  /** Such as `µs CPU`. */
  readonly unit: string;
  /** One value a round; one in all where nothing varies. */
  readonly rounds: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * One figure divided by another: the median of the rounds' ratios. What else the machine does slows a round's contestants
 * alike, so that the ratio varies less than either of them.
 */
export function ratio(figure: Figure, against: Figure): number {
  if (figure.rounds.length !== against.rounds.length) return median(figure.rounds) / median(against.rounds);
  return median(figure.rounds.map((value, round) => value / against.rounds[round]!));
}
