import type { Random } from './random.ts';

/** A share is exact in this many draws. */
const deckSize = 100;

/**
 * Picks an exact share of every hundred draws; the seed decides which ones. So a test can state an exact number, which
 * independent draws would only approach.
 */
export class ExactShare {
  private readonly random: Random;
  private share = 0;
  private deck: boolean[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  /** @param share 0 to 1, in hundredths; a changed share begins a new hundred */
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
