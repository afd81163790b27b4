import type { CallKind, Faults } from './faults.ts';
import type { World } from './world.ts';

/** A process that calls the store, and may die at any moment. */
export interface Process {
  alive: boolean;
  /** Whether the last call that it saw through wrote a part of a large document, whose head is still to come. */
  wrotePart: boolean;
  /** Called when it dies. */
  died: () => void;
}

/** One call over the network. */
export interface NetworkCall {
  readonly kind: CallKind;
  readonly writes: boolean;
  /** How often it is tried, the first time included. */
  readonly attempts: number;
  readonly signal: AbortSignal;
  /** What the other side does. It happens at once, whoever still waits for the answer. */
  readonly perform: () => unknown;
  /** The failure that the caller sees. */
  readonly failure: (what: NetworkFailure) => Error;
  /** Called when the caller has the answer. */
  readonly answered?: () => void;
}

export type NetworkFailure = 'throttled' | 'server error' | 'lost answer' | 'aborted';

/** Makes a call of a process over a network that loses, delays and refuses, and kills the process now and then. */
export function callOver(
  { world, faults }: { readonly world: World; readonly faults: Faults },
  process: Process,
  { kind, writes, attempts, signal, perform, failure, answered }: NetworkCall,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // A dead process hears nothing: its promises stay open.
    const whileAlive = (run: () => void): void => {
      if (process.alive) run();
    };
    signal.addEventListener(
      'abort',
      () => {
        whileAlive(() => {
          reject(failure('aborted'));
        });
      },
      { once: true },
    );
    const crash = (): void => {
      if (!process.alive) return;
      faults.fired('crash');
      if (process.wrotePart) faults.fired('crash between parts and head');
      process.alive = false;
      process.died();
    };
    const attempt = (number: number): void => {
      const retryOr = (what: NetworkFailure): void => {
        whileAlive(() => {
          if (number < attempts)
            world.after(world.integer(1, 50), () => {
              attempt(number + 1);
            });
          else reject(failure(what));
        });
      };
      world.after(latency(world), () => {
        if (!process.alive && world.chance(0.5)) return;
        if (signal.aborted) return;
        if (faults.firesAt(kind, 'crash before a call')) {
          crash();
          return;
        }
        if (faults.firesAt(kind, 'throttle')) {
          retryOr('throttled');
          return;
        }
        if (faults.firesAt(kind, 'error before the write')) {
          retryOr('server error');
          return;
        }
        if (faults.firesAt(kind, 'hang')) return;
        const answer = new Promise((settle) => {
          settle(perform());
        });
        // It may be a failure that nobody waits for any more.
        answer.catch(() => undefined);
        world.after(latency(world), () => {
          if (faults.firesAt(kind, 'crash after a call')) crash();
          whileAlive(() => {
            if (writes && faults.firesAt(kind, 'error after the write')) {
              retryOr('lost answer');
              return;
            }
            answered?.();
            resolve(answer);
          });
        });
      });
    };
    attempt(1);
  });
}

function latency(world: World): number {
  return world.chance(0.02) ? world.integer(500, 5000) : world.integer(1, 20);
}
