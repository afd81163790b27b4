/** `doors-process.ts OPTIONS`: serves HTTP and gRPC from a store in memory, and answers questions about itself. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerCredentials } from '@grpc/grpc-js';
import { openDoor } from '../../lib/auth/none.ts';
import { parseMessage } from '../../lib/events/message.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { Status } from '../../lib/runtime/status.ts';
import type { JobReader } from '../../lib/store/job-store.ts';
import { jobBytes } from './documents.ts';
import type { DoorsOptions, Question, Usage } from './doors.ts';
import { startGateway } from './lambda-gateway.ts';
import { grpcServer } from './protocols.ts';

const {
  storeMs = 0,
  jobBytes: size = 3000,
  grpcLimits: limits = {},
  grpcCallLimit,
  httpCallLimit,
} = JSON.parse(process.argv[2]!) as DoorsOptions;

const job = jobBytes({ id: 'load-job', status: 2, config: 'x'.repeat(size) });
const stored = { document: snapshotDocument(job, 7n), syncedAt: new Date(0), generation: '1' };
const store: JobReader = {
  async get(jobId) {
    if (storeMs > 0) await sleep(storeMs);
    return jobId === 'load-job' ? stored : undefined;
  },
};
const parts = { store, authenticator: openDoor, log: () => undefined };
const gateway = await startGateway({
  ...parts,
  ...(httpCallLimit !== undefined && { callLimit: httpCallLimit }),
});
const grpc = grpcServer({
  ...parts,
  limits,
  ...(grpcCallLimit !== undefined && { callLimit: grpcCallLimit }),
});
const grpcPort = await grpc.start('127.0.0.1', 0, ServerCredentials.createInsecure());

process.on('message', (question: Question) => {
  process.send!(question.ask === 'usage' ? usage() : readEvent(question.body));
});
process.once('disconnect', () => process.exit());
process.send!({ httpUrl: gateway.url, grpcPort });

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    peakBytes: peakBytes(),
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
  };
}

/** The most memory that this process has had. Linux's own maximum begins with that of whoever started it. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kibibytes) * 1024;
}

function readEvent(body: string): string {
  try {
    const { refused } = parseMessage(body, { redactEnvValues: true });
    return refused[0]?.code ?? 'OK';
  } catch (error) {
    if (error instanceof Status) return error.code;
    throw error;
  }
}
