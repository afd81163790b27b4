import type { Deadline } from '../../lib/runtime/deadline.ts';
import { deadlineExceeded } from '../../lib/runtime/deadline.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { JobSource, UpstreamJob } from '../../lib/upstream/job-source.ts';

/** What upstream does when it is asked for a job: answers with its bytes, has none, fails, or does not answer. */
export type Answer = Uint8Array | undefined | Status | 'hang';

/** An upstream that answers as it is told to, and says what it was asked. */
export class ScriptedUpstream implements JobSource {
  /** By job id: the answers to give, one after another; the last one stays. */
  readonly answers = new Map<string, Answer[]>();
  /** The ids that were asked for, in order. */
  readonly asked: string[] = [];
  /** When the next read begins, in microseconds; a microsecond passes with each. */
  now = 1_795_435_200_000_000n;
  /** Happens while a read is under way. */
  during: () => Promise<unknown> = () => Promise.resolve();

  async get(jobId: string, deadline: Deadline): Promise<UpstreamJob> {
    this.asked.push(jobId);
    const readAt = this.now++;
    const answers = this.answers.get(jobId) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    await this.during();
    if (answer === 'hang') return waitInVain(deadline);
    if (answer instanceof Status) throw answer;
    return { job: answer, readAt };
  }

  list(): Promise<never> {
    return Promise.reject(new Error('nobody should list'));
  }

  close(): void {
    // Holds nothing.
  }
}

function waitInVain({ signal }: Deadline): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => {
      reject(deadlineExceeded());
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
