/** For `UPSTREAM=demo`: an upstream on this machine, with jobs that change while you watch. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Envelope } from '../upstream-stand-in/audit-events.ts';
import { startUpstream, type Upstream } from '../upstream-stand-in/upstream.ts';
import type { LocalSettings } from './deployment.ts';

const projects = ['bt1pr0j3ctanalytics2', 'bt1pr0j3ctvision0001'];

/** How many times faster than real jobs: five minutes take fifteen seconds, and data expire within hours. */
const speed = 20;
const jobsAtOnce = 6;
const newJobEveryMs = 5000;
/** When there are more jobs than this, each new one replaces the oldest. */
const mostJobs = 100;

export interface DemoUpstream {
  /** The settings of a deployment that uses it. */
  readonly settings: LocalSettings;
  /** Variables of the functions that AWS would read from a secret. */
  readonly env: Readonly<Record<string, string>>;
  /** The id of the newest job. */
  readonly newestJob: () => string;
  /**
   * Creates jobs from now on, and sends each Audit Trails notice of them. A notice that cannot be sent is lost, as it
   * may be upstream.
   */
  readonly begin: (send: (notice: Envelope) => Promise<unknown>) => void;
  readonly stop: () => Promise<void>;
}

export async function startDemoUpstream(seed = 1): Promise<DemoUpstream> {
  const upstream = await startUpstream({ seed, projects, clock: 'real', speed });
  const stopping = new AbortController();
  return {
    settings: {
      upstream: upstream.address,
      upstreamProjects: projects.join(','),
      upstreamIamEndpoint: upstream.iamUrl,
      refreshSeconds: '2',
      readThrough: 'true',
    },
    env: { UPSTREAM_SERVICE_ACCOUNT_KEY: JSON.stringify(upstream.serviceAccountKey) },
    newestJob: () => [...upstream.world.jobs().keys()].at(-1)!,
    begin: (send) => {
      upstream.onNotice((notice) => {
        send(notice).catch(() => undefined);
      });
      keepCreatingJobs(upstream, stopping.signal).catch(() => undefined);
    },
    stop: () => {
      stopping.abort();
      return upstream.stop();
    },
  };
}

async function keepCreatingJobs({ world }: Upstream, signal: AbortSignal): Promise<void> {
  for (let created = 0; ; created++) {
    world.createJob(projects[created % projects.length]!);
    if (world.jobs().size > mostJobs) world.deleteJob([...world.jobs().keys()][0]!);
    if (created >= jobsAtOnce) await sleep(newJobEveryMs, undefined, { signal, ref: false });
  }
}
