import type { SimulatedEvent } from './events.ts';
import type { World } from './world.ts';

export interface SimulatedMessage {
  readonly messageId: string;
  readonly event: SimulatedEvent;
  visibleAt: number;
  receives: number;
  /** Workers that hold it at the moment. */
  holders: number;
}

/** An at-least-once queue without order, with a dead-letter queue behind it. */
export class SimulatedQueue {
  readonly visibilityMs = 180_000;
  /** Deliveries before a message is parked. */
  readonly maxReceives = 5;
  private messages: SimulatedMessage[] = [];
  private parked: SimulatedMessage[] = [];
  private sent = 0;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  send(event: SimulatedEvent): SimulatedMessage {
    const message = {
      messageId: `m${this.sent++}`,
      event,
      visibleAt: this.world.now,
      receives: 0,
      holders: 0,
    };
    this.messages.push(message);
    return message;
  }

  /** Some visible messages, in any order; those delivered too often are parked instead. */
  receive(most: number): readonly SimulatedMessage[] {
    const visible = this.messages.filter(({ visibleAt }) => visibleAt <= this.world.now);
    const batch: SimulatedMessage[] = [];
    while (visible.length > 0 && batch.length < most) {
      const [message] = visible.splice(this.world.integer(0, visible.length - 1), 1);
      if (message!.receives >= this.maxReceives) {
        this.acknowledge(message!);
        this.parked.push(message!);
        continue;
      }
      message!.receives++;
      message!.visibleAt = this.world.now + this.visibilityMs;
      batch.push(message!);
    }
    return batch;
  }

  acknowledge(message: SimulatedMessage): void {
    this.messages = this.messages.filter((one) => one !== message);
  }

  /** When there will be something to receive; undefined for an empty queue. */
  nextVisibleAt(): number | undefined {
    if (this.messages.length === 0) return undefined;
    return Math.min(...this.messages.map(({ visibleAt }) => visibleAt));
  }

  deadLetters(): readonly SimulatedMessage[] {
    return this.parked;
  }

  /** Sends what is parked back, as a person does once the trouble is over. */
  redrive(): number {
    const again = this.parked;
    this.parked = [];
    for (const { event } of again) this.send(event);
    return again.length;
  }
}
