/** How often upstream is called by the number of readers, with the cache and without it. Counted, in simulated minutes. */
import { callsWithCache, callsWithoutCache } from '../world/polling-readers.ts';
import type { Figure } from './figure.ts';

const readersInAll = [1, 100, 10_000];

const minutesWithCache = 3;
/** Each poll is a call, so that all minutes are alike. */
const minutesWithoutCache = 1;

export async function upstreamGroup(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const readers of readersInAll) {
    const figure = (unit: string, rounds: readonly number[]): Figure => ({
      group: 'upstream',
      subject: 'calls a minute, every reader polling each 5 s',
      contestant: `${readers.toLocaleString('en')} ${readers === 1 ? 'reader' : 'readers'}`,
      unit,
      rounds,
    });
    figures.push(
      figure('without the cache', await callsWithoutCache({ readers, minutes: minutesWithoutCache })),
      figure('with the cache', await callsWithCache({ readers, minutes: minutesWithCache })),
    );
  }
  return figures;
}
