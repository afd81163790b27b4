/** The most entries that SQS and EventBridge take in one call. */
const entryLimit = 10;

/** The most bytes that they take in one call. */
const byteLimit = 1 << 20;

/** Groups bodies into batches that one call can take. */
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
