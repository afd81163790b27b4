import { lazily } from '../runtime/lazily.ts';
import type { JobSource } from './job-source.ts';

/** A source that is connected when it is first asked: whoever asks waits no longer than their deadline allows. */
export function lazySource(connect: () => Promise<JobSource>): JobSource {
  let connected: JobSource | undefined;
  const source = lazily(async () => (connected = await connect()));
  return {
    get: async (jobId, deadline) => (await deadline.wait(source())).get(jobId, deadline),
    list: async (request, deadline) => (await deadline.wait(source())).list(request, deadline),
    close() {
      connected?.close();
    },
  };
}
