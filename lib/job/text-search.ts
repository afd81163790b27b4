/**
 * A search for many texts at once, in one pass over the bytes (Aho and Corasick's automaton). Its time and memory grow
 * with the bytes alone, however many texts there are and however often they match.
 *
 * Written here because the libraries for it search JavaScript strings and keep an object for each node, which takes a
 * hundred times the memory.
 *
 * @see https://doi.org/10.1145/360825.360855
 */

/** Where one or more texts stand; `end` is not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of a longer text, only this many bytes at its beginning are compared; what begins like it counts as it. */
export const comparedBytes = 256;

/** Raised for texts that are longer together than may be searched for. */
export class TooMuchTextError extends Error {
  override readonly name = 'TooMuchTextError';
}

export class TextSearch {
  /** The children of the root, by byte; 0 for none. */
  private readonly root = new Int32Array(256);
  /** All other children, in a hash table with open addressing: `node * 256 + byte`, and the child beside it. */
  private readonly keys: Int32Array;
  private readonly children: Int32Array;
  /** For each node the one that stands for the longest end of its text that another text begins with. */
  private readonly fail: Int32Array;
  /** How many bytes before a node's end the longest text began that ends there; 0 if none ends there. */
  private readonly before: Int32Array;
  /** How many bytes after a node's end a text goes on that was not compared whole. */
  private readonly after: Int32Array;
  private nodes = 1;

  /**
   * @param texts what to search for; an empty one is never found
   * @param limit how many of their bytes may be compared, all together; at most 4 Mi
   * @throws {TooMuchTextError} if there are more
   */
  constructor(texts: readonly Uint8Array[], limit: number) {
    const bytes = texts.reduce((sum, { length }) => sum + Math.min(length, comparedBytes), 0);
    if (bytes > limit)
      throw new TooMuchTextError(`${bytes} bytes to search for; at most ${limit} are allowed`);
    const slots = 2 ** Math.ceil(Math.log2(bytes + 1) + 1);
    this.keys = new Int32Array(slots);
    this.children = new Int32Array(slots);
    this.fail = new Int32Array(bytes + 1);
    this.before = new Int32Array(bytes + 1);
    this.after = new Int32Array(bytes + 1);
    this.build(texts);
  }

  /** Whether any of the texts stands in these bytes. */
  isIn(bytes: Uint8Array): boolean {
    let node = 0;
    return bytes.some((byte) => this.before[(node = this.next(node, byte))]! > 0);
  }

  /** Where the texts stand, in order. Those that overlap are one span, so that no end of one is left beside another. */
  find(bytes: Uint8Array): readonly Span[] {
    const spans: Span[] = [];
    let node = 0;
    for (let index = 0; index < bytes.length; index++) {
      node = this.next(node, bytes[index]!);
      const length = this.before[node]!;
      if (length === 0) continue;
      let start = index + 1 - length;
      let end = index + 1 + this.after[node]!;
      for (let last = spans.at(-1); last !== undefined && last.end > start; last = spans.at(-1)) {
        if (last.start < start) start = last.start;
        if (last.end > end) end = last.end;
        spans.pop();
      }
      spans.push({ start, end });
    }
    const last = spans.at(-1);
    if (last !== undefined && last.end > bytes.length)
      spans[spans.length - 1] = { ...last, end: bytes.length };
    return spans;
  }

  /** Adds the texts byte by byte, all first bytes before all second ones: a node's `fail` is nearer to the root. */
  private build(texts: readonly Uint8Array[]): void {
    let under = texts.map((text) => ({ text, node: 0 }));
    for (let depth = 0; under.length > 0; depth++) {
      under = under.filter(({ text }) => depth < Math.min(text.length, comparedBytes));
      for (const one of under) {
        one.node = this.child(one.node, one.text[depth]!) || this.add(one.node, one.text[depth]!);
        if (depth + 1 < Math.min(one.text.length, comparedBytes)) continue;
        this.before[one.node] = depth + 1;
        this.after[one.node] = Math.max(this.after[one.node]!, one.text.length - (depth + 1));
      }
    }
  }

  private add(parent: number, byte: number): number {
    const node = this.nodes++;
    const fail = parent === 0 ? 0 : this.next(this.fail[parent]!, byte);
    this.fail[node] = fail;
    this.before[node] = this.before[fail]!;
    this.after[node] = this.after[fail]!;
    if (parent === 0) {
      this.root[byte] = node;
      return node;
    }
    const slot = this.slotOf(parent * 256 + byte);
    this.keys[slot] = parent * 256 + byte;
    this.children[slot] = node;
    return node;
  }

  /** The node after one more byte. Every step down to a `fail` undoes a step up, so a search takes linear time. */
  private next(from: number, byte: number): number {
    let node = from;
    let child = this.child(node, byte);
    while (child === 0 && node !== 0) {
      node = this.fail[node]!;
      child = this.child(node, byte);
    }
    return child;
  }

  private child(node: number, byte: number): number {
    return node === 0 ? this.root[byte]! : this.children[this.slotOf(node * 256 + byte)]!;
  }

  /** Where a key stands, or would. Half of the slots stay free, so a search for a key is short. */
  private slotOf(key: number): number {
    const { keys } = this;
    const mask = keys.length - 1;
    let slot = ((key ^ (key >>> 7)) * 31) & mask;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }
}
