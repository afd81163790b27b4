/** Batches that fit into one call of SQS or EventBridge. */

/** The most entries of one call. */
const entryLimit = 10;

/** The most bytes of one call. */
const byteLimit = 1 << 20;

/** Groups events into batches, each for one call. */
export async function* inBatches<T extends { readonly body: string }>(
  events: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  let size = 0;
  for await (const event of events) {
    const bytes = Buffer.byteLength(event.body);
    if (batch.length === entryLimit || (batch.length > 0 && size + bytes > byteLimit)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(event);
    size += bytes;
  }
  if (batch.length > 0) yield batch;
}
