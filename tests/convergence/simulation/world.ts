import type { Clock } from '../../../lib/runtime/deadline.ts';

/** Virtual time: everything that waits is an entry here, and the order of entries is the whole schedule. */
export class World {
  /** Milliseconds since the simulation began. */
  now = 0;
  /** 0 to 1, from the seed. */
  readonly random: () => number;
  private readonly heap: Entry[] = [];
  private entries = 0;

  constructor(seed: number) {
    this.random = mulberry32(seed);
  }

  /** Runs something later. Entries of the same moment run in the order in which they were made. */
  after(delayMs: number, run: () => void): void {
    push(this.heap, { at: this.now + delayMs, order: this.entries++, run });
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }

  /** Runs entry after entry until `done`, each one's promises settled before the next. */
  async run(done: () => boolean): Promise<void> {
    while (!done()) {
      const entry = pop(this.heap);
      if (entry === undefined) throw new Error('nothing is left to happen, and the end is not reached');
      this.now = entry.at;
      entry.run();
      await settled();
    }
  }

  /** Whole numbers from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!;
  }

  /** The clock of deadlines. */
  readonly clock: Clock = {
    now: () => this.now,
    timeout: (afterMs) => {
      const controller = new AbortController();
      this.after(afterMs, () => {
        controller.abort();
      });
      return controller.signal;
    },
  };
}

/** Promise callbacks all run before the next immediate. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A small generator of numbers whose low and high bits are both good, unlike a linear congruence's. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (before(heap[parent]!, entry)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (before(last, heap[child]!)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return top;
}
