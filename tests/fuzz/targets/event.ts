/** The event envelopes and the parser, and what readers get of an event that was accepted. */
import { deepStrictEqual } from 'node:assert';
import { parseJobEvent } from '../../../lib/events/job-event.ts';
import { jobToJson } from '../../../lib/job/json.ts';
import { merge } from '../../../lib/job/merge.ts';
import { splitFields } from '../../../lib/job/wire.ts';
import { Status } from '../../../lib/status.ts';

/** An event is refused with INVALID_ARGUMENT, or can be merged, again too, and read. */
export function fuzz(data: Uint8Array): void {
  let event;
  try {
    event = parseJobEvent(Buffer.from(data).toString(), { redactEnvValues: true });
  } catch (error) {
    if (error instanceof Status && error.code === 'INVALID_ARGUMENT') return;
    throw error;
  }
  const { news } = event;
  if (news === 'changed') return;
  deepStrictEqual(merge(news, news), news);
  if (news.deleted) return;
  splitFields(news.job);
  JSON.parse(jobToJson(news.job));
}
