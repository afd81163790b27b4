/** Queue, function, store, readers and clock from one seed, around the product's own code. */
import { Deadline } from '../../../lib/runtime/deadline.ts';
import { startReaders } from './readers.ts';
import { syncMessages } from '../../../lib/feeding/sync-messages.ts';
import { makeEvents, type SimulatedEvent } from './events.ts';
import { Faults, type Drawn, type EngineName, type Observed } from './faults.ts';
import { createSimulatedMemoryEngine } from './memory-engine.ts';
import { outcomeOf } from './model.ts';
import type { Process } from './network.ts';
import { SimulatedQueue, type SimulatedMessage } from './simulated-queue.ts';
import { createTableEngine } from './table-engine.ts';
import { absorbs, Violation, Witness } from './witness.ts';
import { World } from './world.ts';

export interface SimulationResult {
  /** How often each fault fired. */
  readonly faults: ReadonlyMap<Drawn | Observed, number>;
  /** How often each kind of call met each fault. */
  readonly calls: ReadonlyMap<string, number>;
  /** Gets that readers made. */
  readonly reads: number;
  /** Documents written. */
  readonly writes: number;
  /** A digest of all that happened: equal for equal seeds. */
  readonly trace: string;
}

/** Each makes what a simulation runs on. */
const engines = { table: createTableEngine, memory: createSimulatedMemoryEngine };

const functionMs = 30_000;

/**
 * Runs one seed to its end: events are published, lost, repeated and read; then the faults stop, a person redrives the
 * dead letters, and what remains is compared with the model.
 *
 * @throws {Violation} where a promise was broken
 */
export async function simulate(
  seed: number,
  eventCount = 100,
  engineName: EngineName = 'table',
): Promise<SimulationResult> {
  const world = new World(seed);
  const faults = new Faults(world);
  const witness = new Witness();
  const engine = engines[engineName]({
    world,
    faults,
    written: (...write) => {
      record(() => {
        witness.written(...write);
      });
    },
  });
  const queue = new SimulatedQueue(world);
  const jobIds = ['job-a', 'job-b', 'job-c'];
  const events = makeEvents(world, { count: eventCount, jobIds, fires: (fault) => faults.fires(fault) });
  let failure: unknown;
  const record = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      failure ??= error;
    }
  };
  const readers = startReaders({ world, engine, witness, events, record });

  let unpublished = 0;
  const publish = (event: SimulatedEvent, index: number): void => {
    const late = faults.fires('reorder') ? world.integer(0, 120_000) : 0;
    unpublished++;
    world.after(index * 2000 + late, () => {
      unpublished--;
      queue.send(event);
    });
  };
  for (const [index, event] of events.entries()) {
    publish(event, index);
    if (faults.fires('duplicate')) publish(event, index + world.integer(0, 50));
  }

  let busy = 0;
  const invoke = async (batch: readonly SimulatedMessage[]): Promise<void> => {
    const process: Process = { alive: true, wrotePart: false, died: () => undefined };
    const death = new Promise<undefined>((resolve) => {
      process.died = () => {
        resolve(undefined);
      };
    });
    let deadlines = 0;
    const log = (_: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (message === 'event failed' && fields['code'] === 'DEADLINE_EXCEEDED') deadlines++;
    };
    const parts = {
      store: engine.writer(process, log),
      log,
      redactEnvValues: false,
      random: world.random,
      sleep: (ms: number) => world.sleep(ms),
    };
    const deadline = new Deadline(functionMs - 500, { clock: world.clock });
    const messages = batch.map(({ messageId, event, receives }) => ({
      messageId,
      body: event.body,
      redelivered: receives > 1,
    }));
    const failed = await Promise.race([syncMessages(parts, messages, deadline), death]);
    if (failed === undefined) return;
    if (deadlines > 0) faults.fired('deadline passed');
    if (failed.length > 0 && failed.length < batch.length) faults.fired('partial batch');
    for (const message of batch) if (!failed.includes(message.messageId)) settle(message);
    for (const { messageId, event } of batch) {
      if (faults.enabled || event.fate !== 'applied' || !failed.includes(messageId)) continue;
      record(() => {
        throw new Violation(`${messageId}: failed though nothing was in the way`);
      });
    }
  };
  const settle = (message: SimulatedMessage): void => {
    record(() => {
      if (message.event.fate === 'poison')
        throw new Violation(`${message.messageId}: poison was acknowledged`);
      if (message.event.fate === 'applied' && !isDurable(message.event))
        throw new Violation(`${message.messageId}: acknowledged before it was durable`);
    });
    queue.acknowledge(message);
  };

  /** Whether the event's effect, or a newer one, can be read. */
  const isDurable = (event: SimulatedEvent): boolean => {
    const document = engine.current(event.jobId);
    return document !== undefined && absorbs(document, event);
  };

  const work = async (): Promise<void> => {
    for (;;) {
      const batch = queue.receive(world.integer(1, 10));
      if (batch.length === 0) {
        const waitMs = Math.max(0, (queue.nextVisibleAt() ?? world.now) - world.now);
        await world.sleep(Math.min(Math.max(waitMs, 500), 20_000));
        continue;
      }
      busy++;
      for (const message of batch) message.holders++;
      if (batch.some(({ holders }) => holders > 1)) faults.fired('two workers on one batch');
      if (faults.fires('delay past visibility'))
        await world.sleep(queue.visibilityMs + world.integer(0, 5000));
      await invoke(batch);
      for (const message of batch) message.holders--;
      busy--;
    }
  };
  for (let worker = 0; worker < 3; worker++) void work();
  const idle = (): boolean => unpublished === 0 && busy === 0 && queue.nextVisibleAt() === undefined;

  await world.run(() => failure !== undefined || idle());
  faults.enabled = false;
  if (queue.redrive() > 0) faults.fired('redrive');
  await world.run(() => failure !== undefined || idle());

  // Once more, later, as a redelivery: what crashes left behind is found now.
  world.now += 3_600_000;
  for (const jobId of jobIds) {
    const event = events.find((one) => one.jobId === jobId && one.fate === 'applied');
    if (event !== undefined) queue.send(event).receives = 1;
  }
  await world.run(() => failure !== undefined || idle());
  record(() => {
    for (const jobId of jobIds) checkOutcome(jobId);
    for (const { event } of queue.deadLetters())
      if (event.fate === 'applied') throw new Violation(`${event.body}: is a dead letter and not poison`);
    const parkedBodies = new Set(queue.deadLetters().map(({ event }) => event.body));
    for (const { fate, body } of events)
      if (fate === 'poison' && !parkedBodies.has(body)) throw new Violation(`${body}: poison vanished`);
  });
  if (failure !== undefined) throw failure as Error;
  const writes = jobIds.reduce((sum, jobId) => sum + witness.count(jobId), 0);
  const trace = [world.now, writes, readers.reads(), world.random(), ...[...faults.counts].flat()].join(' ');
  return { faults: faults.counts, calls: faults.calls, reads: readers.reads(), writes, trace };

  /** Promises 1 and 2, at the end: the document is what the model says, and nothing is left behind. */
  function checkOutcome(jobId: string): void {
    const changes = events.filter((event) => event.jobId === jobId).flatMap(({ change }) => change ?? []);
    const wanted = outcomeOf(changes);
    const document = witness.current(jobId);
    const job =
      document?.deleted === false && document.snapshotRevision !== undefined ? document.job : undefined;
    const same =
      job === undefined || wanted.job === undefined
        ? job === wanted.job
        : Buffer.compare(job, wanted.job) === 0;
    if (!same)
      throw new Violation(`${jobId}: ended as ${describe(job)}, and the model says ${describe(wanted.job)}`);
    if (engine.leftovers(jobId).length > 0) throw new Violation(`${jobId}: parts were left behind`);
  }
}

function describe(job: Uint8Array | undefined): string {
  return job === undefined
    ? 'hidden'
    : Buffer.from(job)
        .toString('latin1')
        .replaceAll(/(.)\1{20,}/g, '$1…');
}
