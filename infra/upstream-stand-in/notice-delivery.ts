/** How notices reach their listeners. */
import { createRandom, type Random } from './random.ts';
import { envelope, type AuditEvent, type Envelope } from './audit-events.ts';
import { ExactShare } from './exact-share.ts';
import type { Faults } from './faults.ts';
import type { Timeline } from './timeline.ts';

export type NoticeListener = (envelope: Envelope) => void;

/** Delivers events to listeners: once, or later, twice or never if the faults say so. */
export class NoticeDelivery {
  /** How many events happened, and how they were delivered. */
  readonly counts = { published: 0, lost: 0, doubled: 0, delivered: 0 };
  private readonly timeline: Timeline;
  private readonly faults: Faults;
  private readonly random: Random;
  private readonly losses: ExactShare;
  private readonly copies: ExactShare;
  private readonly listeners = new Set<NoticeListener>();
  /** When the last notice is due. Without `shuffle` no notice overtakes it. */
  private lastDue = 0;

  constructor(timeline: Timeline, faults: Faults, seed: number) {
    this.timeline = timeline;
    this.faults = faults;
    this.random = createRandom(seed * 3 + 1);
    this.losses = new ExactShare(createRandom(seed * 3 + 2));
    this.copies = new ExactShare(createRandom(seed * 3 + 3));
  }

  /** @returns a function that ends the listening */
  onNotice(listener: NoticeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  publish(event: AuditEvent): void {
    const notice = envelope(event, this.timeline.now(), this.random);
    this.counts.published++;
    if (this.losses.picks(this.faults.loseNotices)) {
      this.counts.lost++;
      return;
    }
    this.send(notice);
    if (this.copies.picks(this.faults.duplicateNotices)) {
      this.counts.doubled++;
      this.send(notice);
    }
  }

  stop(): void {
    this.listeners.clear();
  }

  private send(notice: Envelope): void {
    const { delayNotices, shuffle } = this.faults;
    const now = this.timeline.now();
    const lateness = (this.random.below(1001) / 1000) ** 2;
    const drawn = now + Math.floor(delayNotices * lateness);
    const due = shuffle ? drawn : Math.max(drawn, this.lastDue);
    this.lastDue = Math.max(this.lastDue, due);
    this.timeline.after(due - now, () => {
      this.counts.delivered++;
      for (const listener of this.listeners) listener(notice);
    });
  }
}
