/**
 * The least time that something takes, whatever work is done meanwhile. It runs from the start of the work, so that its
 * end tells nothing of how long the work took; as long as that was shorter.
 */
export class Floor {
  /** Settles when the time is over; never once it was cancelled. */
  readonly over: Promise<void>;
  private timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.over = new Promise((resolve) => {
      if (ms > 0) this.timer = setTimeout(resolve, ms);
      else resolve();
    });
  }

  cancel(): void {
    clearTimeout(this.timer);
  }
}
