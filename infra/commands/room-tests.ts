/** Which tests belong to a room of lib/: tests are sorted by kind, so the imports tell. */

import type { Module } from './import-walls.ts';

export interface RoomTests {
  readonly tests: readonly string[];
  /** No farther than those, but too slow for what time there is. */
  readonly leftOut: readonly string[];
}

/** What all tests of a room may take together, in seconds of one core: on two cores, half of a check's 30 seconds at most. */
const budget = 24;
/** What one of them may take: it keeps to one core. */
const longest = 10;
/** What a suite counts that is not known to be slow. */
const usualSeconds = 2;

/**
 * The tests nearest to a room: those that import a file of it before those that reach one through others. Among equally
 * near ones, those with the larger share of the room in what they import of lib/ come first.
 *
 * @param room for example `lib/job`
 * @param slowSuites seconds that the slow ones take
 */
export function testsOfRoom(
  modules: readonly Module[],
  room: string,
  slowSuites: ReadonlyMap<string, number>,
): RoomTests {
  const imports = new Map(
    modules.map(({ source, dependencies }) => [source, dependencies.map(({ resolved }) => resolved)]),
  );
  const isOfRoom = (file: string): boolean => file.startsWith(`${room}/`);
  const near = [...imports.keys()]
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => {
      const ofLib = imports.get(file)!.filter((one) => one.startsWith('lib/'));
      const share = ofLib.filter(isOfRoom).length / (ofLib.length || 1);
      return { file, share, distance: distanceTo(isOfRoom, file, imports) };
    })
    .filter(({ distance }) => distance < Infinity)
    .sort((a, b) => a.distance - b.distance || b.share - a.share || a.file.localeCompare(b.file));
  let left = budget;
  const tests = near.filter(({ file }) => {
    const seconds = slowSuites.get(file) ?? usualSeconds;
    if (seconds > Math.min(left, longest)) return false;
    left -= seconds;
    return true;
  });
  const farthest = tests.at(-1)?.distance ?? Infinity;
  const leftOut = near.filter((one) => !tests.includes(one) && one.distance <= farthest);
  return { tests: tests.map(({ file }) => file), leftOut: leftOut.map(({ file }) => file) };
}

/** How many imports lead from a file to one that is wanted: 1 if it imports one itself, Infinity if none lead there. */
function distanceTo(
  isWanted: (file: string) => boolean,
  from: string,
  imports: ReadonlyMap<string, readonly string[]>,
): number {
  const seen = new Set([from]);
  let layer = [from];
  for (let distance = 0; layer.length > 0; distance++) {
    if (layer.some(isWanted)) return distance;
    layer = layer.flatMap((file) => imports.get(file) ?? []).filter((file) => !seen.has(file));
    layer = [...new Set(layer)];
    for (const file of layer) seen.add(file);
  }
  return Infinity;
}
