import type { Envelope } from './audit-events.ts';

/**
 * The bodies in which so many events arrive: arrays, as a trail writes them to a bucket, or the `messages` of a trigger
 * for Data Streams.
 *
 * @see https://github.com/yandex-cloud/docs/blob/master/en/functions/concepts/trigger/data-streams-trigger.md
 */
export function noticeBatches(
  envelopes: readonly Envelope[],
  shape: 'array' | 'messages',
  size = 10,
): readonly unknown[] {
  const batches: unknown[] = [];
  for (let start = 0; start < envelopes.length; start += size) {
    const batch = envelopes.slice(start, start + size);
    batches.push(shape === 'array' ? batch : { messages: batch });
  }
  return batches;
}
