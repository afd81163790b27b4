import type { Random } from './random.ts';

/** How many draws a share is exact in. */
const deckSize = 100;

/**
 * Picks a share of what passes: exactly so many of every hundred, and which ones only the seed knows. A test can then
 * state a number, where chance by chance would give it about that number.
 */
export class ExactShare {
  private readonly random: Random;
  private share = 0;
  private deck: boolean[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  /** @param share 0 to 1, in hundredths; another one than before begins a new hundred */
  picks(share: number): boolean {
    if (share !== this.share) {
      this.share = share;
      this.deck = [];
    }
    if (share === 0) return false;
    if (this.deck.length === 0) this.deck = this.shuffled(Math.round(share * deckSize));
    return this.deck.pop()!;
  }

  private shuffled(picked: number): boolean[] {
    const deck = Array.from({ length: deckSize }, (_, index) => index < picked);
    for (let last = deckSize - 1; last > 0; last--) {
      const other = this.random.below(last + 1);
      [deck[last], deck[other]] = [deck[other]!, deck[last]!];
    }
    return deck;
  }
}
