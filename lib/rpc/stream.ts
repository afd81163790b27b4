import type { Deadline } from '../runtime/deadline.ts';
import type { StreamMessage } from './method.ts';

/** As long as a timer of Node's can wait, in milliseconds: the deadline of streams whose callers name none. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * The messages of a stream until its deadline passes or its caller goes away. Then, and when no more are taken, the use case
 * is told that it is over; it is not waited for.
 *
 * @throws {Status} DEADLINE_EXCEEDED, CANCELLED, and whatever the use case throws
 */
export async function* messagesWithin(
  deadline: Deadline,
  messages: AsyncIterable<StreamMessage>,
): AsyncGenerator<StreamMessage, void> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await deadline.wait(iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    iterator.return?.().catch(() => undefined);
  }
}
