/** Makes round after round through the configured projects, for as long as a function may run. */
import type { Deadline } from '../runtime/deadline.ts';
import type { RefreshLeases, RefreshState } from '../store/refresh-leases.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import { refreshProject, type RoundKind } from './refresh-project.ts';
import type { RefreshParts, RoundReport } from './round.ts';

export interface RefreshRoundsParts extends RefreshParts {
  readonly leases: RefreshLeases;
  /** Names this run of the function, and no other. */
  readonly owner: string;
}

export interface RefreshPlan {
  readonly projects: readonly string[];
  /** From the start of one round through a project to the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** What upstream allows all of us together. */
  readonly callsPerSecond: number;
}

/** The part of the calls that rounds may use up; the rest is for notices and for jobs that readers miss. */
const shareOfCalls = 0.5;

/** After failed rounds the interval is doubled, up to this, in milliseconds. */
const longestIntervalMs = 60_000;

/** All jobs are listed at least so often, in milliseconds, however many they are. */
const longestSweepIntervalMs = 3_600_000;

/** A run that starts before the last one has given its projects back asks again, so often and so long. */
const askAgainMs = 1000;
const askingMs = 15_000;

/** What of the run is kept for giving the projects back, in milliseconds. */
const givingBackMs = 1000;

/** No round begins with less time left than this, in milliseconds. */
const leastRoundMs = 1000;

/**
 * Refreshes each project whenever its interval is over. A project that another run has is left to it.
 *
 * Never throws for what a project's round meets: that is logged, counted, and tried again.
 */
export async function refreshRounds(
  parts: RefreshRoundsParts,
  plan: RefreshPlan,
  deadline: Deadline,
): Promise<void> {
  await Promise.all(plan.projects.map((projectId) => new Project(parts, plan, projectId, deadline).run()));
}

class Project {
  private readonly parts: RefreshRoundsParts;
  private readonly plan: RefreshPlan;
  private readonly projectId: string;
  private readonly deadline: Deadline;
  /** Failed rounds since the last good one. */
  private failures = 0;

  constructor(parts: RefreshRoundsParts, plan: RefreshPlan, projectId: string, deadline: Deadline) {
    this.parts = parts;
    this.plan = plan;
    this.projectId = projectId;
    this.deadline = deadline;
  }

  async run(): Promise<void> {
    const { leases, owner, now, log } = this.parts;
    const { projectId, deadline } = this;
    const until = new Date(now().getTime() + deadline.remainingMs());
    try {
      let state = await this.acquire(until);
      if (state === 'held elsewhere') {
        log('debug', 'project is refreshed elsewhere', { projectId });
        return;
      }
      let nextAtMs = state.roundAt === undefined ? 0 : state.roundAt.getTime() + this.plan.intervalMs;
      while (await this.waitUntil(nextAtMs)) {
        const startedAt = now();
        const { state: after, calls } = await this.makeRound(state, startedAt);
        state = after;
        nextAtMs = startedAt.getTime() + this.intervalMs(calls);
        if (!(await leases.update(projectId, owner, state, { until, deadline }))) return;
      }
      await leases.update(projectId, owner, state, { until: now(), deadline });
    } catch (error) {
      log('error', 'project not refreshed', { projectId, ...failureFields(error) });
    }
  }

  private async acquire(until: Date): Promise<RefreshState | 'held elsewhere'> {
    const { leases, owner, now, sleep } = this.parts;
    const giveUpAtMs = now().getTime() + askingMs;
    for (;;) {
      const state = await leases.acquire(this.projectId, owner, until, this.deadline);
      if (state !== 'held elsewhere' || now().getTime() >= giveUpAtMs) return state;
      await sleep(askAgainMs);
    }
  }

  /** Waits, and tells whether there is time for a round then. */
  private async waitUntil(atMs: number): Promise<boolean> {
    const waitMs = Math.max(0, atMs - this.parts.now().getTime());
    if (this.deadline.remainingMs() - waitMs < leastRoundMs + givingBackMs) return false;
    if (waitMs > 0) await this.parts.sleep(waitMs);
    return true;
  }

  /** From the start of a round to the start of the next: longer where upstream's limit, or its state, asks for it. */
  private intervalMs(calls: number): number {
    const { intervalMs, callsPerSecond, projects } = this.plan;
    const forCallsMs = (calls * projects.length * 1000) / (callsPerSecond * shareOfCalls);
    const backedOffMs = Math.min(longestIntervalMs, intervalMs * 2 ** Math.min(this.failures, 10));
    return Math.max(intervalMs, forCallsMs, this.failures === 0 ? 0 : backedOffMs);
  }

  private async makeRound(
    state: RefreshState,
    startedAt: Date,
  ): Promise<{ state: RefreshState; calls: number }> {
    const kind = this.sweepIsDue(state, startedAt) ? 'all' : 'running';
    const report = await this.refresh(kind, state, startedAt);
    this.failures = report === undefined ? this.failures + 1 : 0;
    const calls = report?.calls ?? 0;
    // A list that is too long for one run must not keep the running jobs from being looked at.
    const sweepPages = report?.pages ?? Math.max(2, 2 * state.sweepPages);
    const sweep = kind === 'all' ? { sweepAt: startedAt, sweepPages } : {};
    const round =
      report?.failed === 0
        ? { roundAt: startedAt, recordedAt: this.parts.now(), previousRoundAt: state.roundAt }
        : {};
    return { state: { ...state, ...sweep, ...round }, calls };
  }

  /**
   * A job that was deleted after its end is in no list of running jobs: the list of all jobs tells. It is asked for
   * instead of the other one where it is a single page, and else so rarely that it makes no more than twice the calls.
   */
  private sweepIsDue({ roundAt, sweepAt, sweepPages }: RefreshState, now: Date): boolean {
    if (sweepAt === undefined) return roundAt !== undefined;
    const everyMs = Math.min(sweepPages * this.plan.intervalMs, longestSweepIntervalMs);
    return sweepPages <= 1 || now.getTime() - sweepAt.getTime() >= everyMs;
  }

  /** Undefined where the round as a whole failed. */
  private async refresh(
    kind: RoundKind,
    { roundAt }: RefreshState,
    startedAt: Date,
  ): Promise<RoundReport | undefined> {
    const { log, now } = this.parts;
    const { projectId, deadline } = this;
    try {
      const report = await refreshProject(this.parts, projectId, kind, deadline);
      const tookMs = now().getTime() - startedAt.getTime();
      log(
        'info',
        'round made',
        { projectId, kind, ...report, durationMs: tookMs },
        {
          values: {
            ...(report.failed === 0 ? { RoundsMade: 1 } : { RoundsFailed: 1 }),
            DocumentsConfirmed: report.confirmed,
            DocumentsCorrected: report.corrected + report.added + report.removed,
            UpstreamCalls: report.calls,
            ...(roundAt && { RoundAge: (startedAt.getTime() - roundAt.getTime()) / 1000 }),
          },
        },
      );
      return report;
    } catch (error) {
      const fields = { projectId, kind, ...failureFields(error) };
      log('error', 'round failed', fields, { values: { RoundsFailed: 1 } });
      return undefined;
    }
  }
}
