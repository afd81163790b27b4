/** The event envelopes and the parser, and what readers get of an event that was accepted. */
import { deepStrictEqual } from 'node:assert';
import type { JobEvent } from '../../../lib/events/job-event.ts';
import { parseMessage } from '../../../lib/events/message.ts';
import { describeJobIdProblem } from '../../../lib/job/job-id.ts';
import { jobToJson } from '../../../lib/job/job-type.ts';
import { merge } from '../../../lib/job/merge.ts';
import { splitFields } from '../../../lib/protobuf/wire.ts';
import { Status } from '../../../lib/runtime/status.ts';

/** A message is refused with INVALID_ARGUMENT; or so are some of its events, and the others can be merged, again too, and read. */
export function fuzz(data: Uint8Array): void {
  let content;
  try {
    content = parseMessage(Buffer.from(data).toString(), { redactEnvValues: true });
  } catch (error) {
    if (error instanceof Status && error.code === 'INVALID_ARGUMENT') return;
    throw error;
  }
  for (const refusal of content.refused) deepStrictEqual(refusal.code, 'INVALID_ARGUMENT');
  content.events.forEach(checkEvent);
}

function checkEvent({ jobId, news }: JobEvent): void {
  deepStrictEqual(describeJobIdProblem(jobId), undefined);
  if (news === 'changed') return;
  deepStrictEqual(merge(news, news), news);
  if (news.deleted) return;
  splitFields(news.job);
  JSON.parse(jobToJson(news.job));
}
