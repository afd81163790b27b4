/** The jobs of the stand-in, and what happens to them. */
import { createRandom, type Random } from './random.ts';
import { jobEvent, unrelatedEvent, type AuditEvent } from './audit-events.ts';
import { drawContent, drawId } from './job-content.ts';
import { drawLife, type Life } from './job-life.ts';
import { JobRecord, type Version } from './job-record.ts';
import { SimulatedClock, type Timeline } from './timeline.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly projects: readonly string[];
  readonly timeline: Timeline;
  /** How many times faster than real jobs. Divides times that are drawn, but not those of `JobOptions.life`. */
  readonly speed: number;
  /** Gets every event when it happens. */
  readonly publish: (event: AuditEvent) => void;
}

export interface JobOptions {
  /** Replaces some of the life that the seed draws. */
  readonly life?: Partial<Life>;
  /** Whether its bytes end with a field that the SDK does not know. One job in four has one unless set. */
  readonly unknownField?: boolean;
  /** The job that it is a clone of. */
  readonly cloneOf?: string;
}

/** The jobs of some projects: the truth that a cache is compared with. The same seed gives the same world. */
export class World {
  private readonly options: WorldOptions;
  private readonly records = new Map<string, JobRecord>();
  private readonly versions = new Map<string, readonly Version[]>();
  private readonly current = new Map<string, Uint8Array>();
  /** Jobs in the order of creation. */
  private readonly byProject: ReadonlyMap<string, JobRecord[]>;
  private readonly random: Random;
  private held: (() => void)[] | undefined;
  private stopped = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.byProject = new Map(options.projects.map((id) => [id, []]));
    this.random = createRandom(options.seed);
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.options.timeline.now();
  }

  /** Creates a job with the status CREATING. The rest of its life follows by itself. */
  createJob(projectId: string, { life, unknownField, cloneOf }: JobOptions = {}): string {
    const { seed, speed } = this.options;
    const ordinal = this.versions.size;
    const random = createRandom(seed * 1_000_003 + ordinal + 1);
    const [id, createdAt] = [drawId(random, 'bt1'), new Date(this.now)];
    const content = drawContent(random, { id, projectId, parentJobId: cloneOf ?? '', createdAt });
    const drawn = drawLife(random, speed);
    const drawnUnknown = random.below(4) === 0;
    const record = new JobRecord(ordinal, content, { ...drawn, ...life }, unknownField ?? drawnUnknown);
    this.jobsOf(projectId).push(record);
    this.records.set(id, record);
    this.versions.set(id, record.versions);
    record.status = 'CREATING';
    this.changed(record);
    const { name } = record.job;
    const details = { job_id: id, instance_spec: instanceSpec(record), name };
    if (cloneOf === undefined) this.publish(jobEvent('CreateJob', 'DONE', projectId, details));
    else this.publish(jobEvent('CloneJob', 'DONE', projectId, { source_job_id: cloneOf, ...details }));
    this.later(record, record.life.creatingMs, () => {
      this.execute(record);
    });
    return id;
  }

  /** The bytes that Get answers, for every job that exists. */
  jobs(): ReadonlyMap<string, Uint8Array> {
    return this.current;
  }

  /** The ids of all jobs, also of deleted ones. */
  everKnown(): readonly string[] {
    return [...this.versions.keys()];
  }

  /** All that Get answered for a job, oldest first. Of several changes in one millisecond the last one counts. */
  history(jobId: string): readonly Version[] {
    return this.versions.get(jobId) ?? [];
  }

  hasProject(projectId: string): boolean {
    return this.byProject.has(projectId);
  }

  /** The jobs of a project in the order of their creation. */
  jobsIn(projectId: string): readonly JobRecord[] {
    return this.jobsOf(projectId);
  }

  /** Deletes a job. There is no event for that. */
  deleteJob(jobId: string): void {
    const record = this.recordOf(jobId);
    record.plan++;
    this.records.delete(jobId);
    this.current.delete(jobId);
    const siblings = this.jobsOf(record.job.projectId);
    siblings.splice(siblings.indexOf(record), 1);
    record.versions.push({ at: this.now, bytes: undefined });
  }

  /** Deletes the data of a job. The request fails, and changes nothing, if the job has not ended. */
  deleteData(jobId: string): void {
    const record = this.recordOf(jobId);
    const allowed = !record.isRunning;
    if (allowed) this.clearData(record);
    this.publish(this.eventOf(record, 'DeleteJobData', allowed));
  }

  /** Deletes the data of all ended jobs of a project. */
  deleteAllData(projectId: string): void {
    const ended = this.jobsOf(projectId).filter(({ isRunning }) => !isRunning);
    for (const record of ended) this.clearData(record);
    this.publish(jobEvent('DeleteAllJobData', 'DONE', projectId, { job_ids: ended.map(({ id }) => id) }));
  }

  /** Sets how long the data of a job are kept after its end, in milliseconds. The request fails if they are deleted. */
  setDataTtl(jobId: string, ttlMs: number): void {
    const record = this.recordOf(jobId);
    const allowed = !record.job.dataCleared;
    if (allowed) {
      record.dataTtlMs = ttlMs;
      if (!record.isRunning) {
        this.expireData(record, Math.max(this.now, record.job.finishedAt!.getTime() + ttlMs));
        this.changed(record);
      }
    }
    this.publish(this.eventOf(record, 'UpdateJobDataTtl', allowed, { ttl: `${ttlMs / 1000}s` }));
  }

  /** Cancels a job. The request fails, and changes nothing, if the job is being cancelled or has ended. */
  cancel(jobId: string): void {
    const record = this.recordOf(jobId);
    const allowed = record.isRunning && !record.isCancelling;
    if (allowed) {
      record.plan++;
      record.status = 'CANCELLING';
      this.changed(record);
      this.later(record, record.life.cancellingMs, () => {
        this.end(record, 'CANCELLED');
      });
    }
    this.publish(this.eventOf(record, 'CancelJob', allowed));
  }

  /** Moves the simulated time, and runs everything that becomes due. */
  advance(ms: number): void {
    const { timeline } = this.options;
    if (!(timeline instanceof SimulatedClock))
      throw new Error('real time cannot be advanced: give a SimulatedClock');
    timeline.advance(ms);
  }

  /** Holds all further changes back. Time goes on, and notices that are under way arrive. */
  pause(): void {
    this.held ??= [];
  }

  /** Makes the changes that were held back. */
  resume(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const run of held) run();
  }

  /** Drops all further changes. */
  stop(): void {
    this.stopped = true;
  }

  private execute(record: JobRecord): void {
    const { life, job } = record;
    record.status = 'PREPARING';
    this.changed(record);
    const details = { job_id: record.id, instance_spec: instanceSpec(record) };
    this.publish(jobEvent('ExecuteJob', 'STARTED', job.projectId, details));
    this.later(record, life.preparingMs, () => {
      record.status = 'EXECUTING';
      job.startedAt = new Date(this.now);
      this.proceed(record, 0);
      if (record.ordinal % 2 === 0) this.publish(jobEvent('ExecuteJob', 'RUNNING', job.projectId, details));
    });
  }

  /** Executes for some more time and reports progress, until the job is done. */
  private proceed(record: JobRecord, doneMs: number): void {
    const { life, job } = record;
    job.statusDetails = `${Math.floor((100 * doneMs) / life.executingMs)} % done`;
    this.changed(record);
    const endsMs = life.outcome === 'CANCELLED' ? life.executingMs / 2 : life.executingMs;
    const nextMs = Math.min(doneMs + life.detailsEveryMs, endsMs);
    this.later(record, nextMs - doneMs, () => {
      if (nextMs < endsMs) this.proceed(record, nextMs);
      else if (life.outcome === 'CANCELLED') this.cancel(record.id);
      else if (life.outcome === 'ERROR' && record.ordinal % 2 === 0) this.end(record, 'ERROR');
      else this.upload(record, life.outcome);
    });
  }

  private upload(record: JobRecord, outcome: 'SUCCESS' | 'ERROR'): void {
    record.status = 'UPLOADING_OUTPUT';
    record.job.statusDetails = '';
    this.changed(record);
    this.later(record, record.life.uploadingMs, () => {
      this.end(record, outcome);
    });
  }

  private end(record: JobRecord, outcome: 'SUCCESS' | 'ERROR' | 'CANCELLED'): void {
    record.end(outcome, new Date(this.now));
    this.expireData(record, this.now + record.dataTtlMs);
    this.changed(record);
  }

  /** Sets when the data of a job expire, and plans their deletion. */
  private expireData(record: JobRecord, at: number): void {
    record.job.dataExpiresAt = new Date(at);
    record.plan++;
    this.later(record, at - this.now, () => {
      this.clearData(record);
    });
  }

  private clearData(record: JobRecord): void {
    if (record.job.dataCleared) return;
    record.clearData();
    this.changed(record);
  }

  private changed(record: JobRecord): void {
    this.current.set(record.id, record.record(this.now));
  }

  /** Plans a change. It is dropped if the plan of the job changes before. */
  private later(record: JobRecord, delayMs: number, run: () => void): void {
    const { plan } = record;
    const runIfStillPlanned = (): void => {
      if (this.stopped || record.plan !== plan) return;
      if (this.held === undefined) run();
      else this.held.push(runIfStillPlanned);
    };
    this.options.timeline.after(delayMs, runIfStillPlanned);
  }

  private eventOf(
    { id, job }: JobRecord,
    name: 'CancelJob' | 'DeleteJobData' | 'UpdateJobDataTtl',
    allowed: boolean,
    details: Readonly<Record<string, unknown>> = {},
  ): AuditEvent {
    return jobEvent(name, allowed ? 'DONE' : 'ERROR', job.projectId, { job_id: id, ...details });
  }

  /** Publishes an event, and sometimes one of another service before it, or one of a failed request after it. */
  private publish(event: AuditEvent): void {
    const { publish } = this.options;
    const { projectId } = event;
    if (this.random.below(10) === 0) publish(unrelatedEvent(projectId, this.random));
    publish(event);
    if (this.random.below(20) !== 0) return;
    const jobs = this.jobsOf(projectId);
    const job_id = jobs[this.random.below(jobs.length)]?.id;
    if (job_id !== undefined) publish(jobEvent('DeleteJobData', 'ERROR', projectId, { job_id }));
  }

  private jobsOf(projectId: string): JobRecord[] {
    const jobs = this.byProject.get(projectId);
    if (jobs === undefined) throw new Error(`the world has no project ${projectId}`);
    return jobs;
  }

  private recordOf(jobId: string): JobRecord {
    const record = this.records.get(jobId);
    if (record === undefined) throw new Error(`the world has no job ${jobId}`);
    return record;
  }
}

function instanceSpec({ job }: JobRecord): string {
  return job.actualCloudInstanceType?.name ?? '';
}
