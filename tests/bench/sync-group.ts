/** Events made durable through the packaged `sync`, against one unconditional PutItem an event. */
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import { jobToJson } from '../../lib/job/job-type.ts';
import { patchEvent, snapshotEvent } from '../support/events.ts';
import { lambdaContext, sqsEvent } from '../support/functions.ts';
import { startEngine, type RunningEngine } from './engine/engine.ts';
import type { Figure } from './figure.ts';
import { typical } from './jobs.ts';
import { turns } from './measure.ts';
import { packageFunctions } from './packaged.ts';

const rounds = 7;
const eventsInTurn = 300;
const batchSize = 100;

type Event = Readonly<Record<string, unknown>>;

interface Stream {
  readonly name: string;
  /** What is in the table before, and the events that are measured. */
  readonly make: (turn: string) => { readonly before: readonly Event[]; readonly events: readonly Event[] };
}

const job = JSON.parse(jobToJson(typical.bytes)) as Record<string, unknown>;
const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
const snapshot = (revision: number, id: string): Event => snapshotEvent(revision, { ...job, id }, id);

const streams: readonly Stream[] = [
  {
    name: 'fresh, each of a job of its own',
    make: (turn) => ({
      before: [],
      events: count(eventsInTurn).map((index) => snapshot(1, `${turn}-${index}`)),
    }),
  },
  {
    name: 'fresh, ten of each job, newest first',
    make: (turn) => ({
      before: [],
      events: count(eventsInTurn).map((index) =>
        snapshot(10 - (index % 10), `${turn}-${Math.floor(index / 10)}`),
      ),
    }),
  },
  {
    name: 'stale',
    make: (turn) => ({
      before: count(eventsInTurn).map((index) => snapshot(9, `${turn}-${index}`)),
      events: count(eventsInTurn).map((index) => snapshot(1, `${turn}-${index}`)),
    }),
  },
  {
    name: 'each event twice',
    make: (turn) => ({
      before: [],
      events: count(eventsInTurn).map((index) => snapshot(1, `${turn}-${index >> 1}`)),
    }),
  },
  {
    name: 'patches of the status',
    make: (turn) => ({
      before: count(eventsInTurn).map((index) => snapshot(1, `${turn}-${index}`)),
      events: count(eventsInTurn).map((index) =>
        patchEvent(2, { status: 'SUCCESS' }, 'status', `${turn}-${index}`),
      ),
    }),
  },
];

type Apply = (events: readonly Event[]) => Promise<unknown>;

export async function syncGroup(): Promise<readonly Figure[]> {
  const packaged = await packageFunctions();
  const engine = await startEngine();
  const client = new DynamoDBClient({ endpoint: engine.endpoint });
  try {
    const contestants: readonly [string, Apply][] = [
      ['ours', await packagedSync(packaged.sync)],
      ['one PutItem an event, unconditional', putEach(client, engine.table)],
    ];
    const figures: Figure[] = [];
    for (const stream of streams) figures.push(...(await measureStream(stream, contestants, engine)));
    return figures;
  } finally {
    client.destroy();
    engine.stop();
    await packaged.remove();
  }
}

async function packagedSync(file: string): Promise<Apply> {
  const { handler } = (await import(file)) as {
    readonly handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  };
  return async (events) => {
    for (let start = 0; start < events.length; start += batchSize) {
      const { batchItemFailures } = await handler(
        sqsEvent(...events.slice(start, start + batchSize)),
        lambdaContext(),
      );
      if (batchItemFailures.length > 0) throw new Error('an event was not applied');
    }
  };
}

/** What is simplest: whatever comes last is what the table holds. As many at a time as ours. */
function putEach(client: DynamoDBClient, TableName: string): Apply {
  return (events) =>
    pMap(
      events,
      (event) => {
        const {
          jobId,
          snapshot: whole,
          patch,
        } = JSON.parse(JSON.stringify(event)) as {
          readonly jobId: string;
          readonly snapshot?: object;
          readonly patch?: { readonly job: object };
        };
        const Item = marshall({ job_id: jobId, part: 'naive', ...(whole ?? patch?.job) });
        return client.send(new PutItemCommand({ TableName, Item }));
      },
      { concurrency: 16 },
    );
}

interface Turn {
  readonly eventsPerSecond: number;
  readonly cpuUs: number;
  readonly writes: number;
  readonly reads: number;
}

async function measureStream(
  { name, make }: Stream,
  contestants: readonly [string, Apply][],
  engine: RunningEngine,
): Promise<readonly Figure[]> {
  const takeTurn = async (apply: Apply): Promise<Turn> => {
    const { before, events } = make(crypto.randomUUID().slice(0, 18));
    await apply(before);
    const callsBefore = await engine.calls();
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    await apply(events);
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const calls = await engine.calls();
    return {
      eventsPerSecond: events.length / seconds,
      cpuUs: (user + system) / events.length,
      writes: (calls.writes - callsBefore.writes) / events.length,
      reads: (calls.reads - callsBefore.reads) / events.length,
    };
  };
  const taken = contestants.map((): Turn[] => []);
  for (let round = -1; round < rounds; round++)
    for (const index of turns(contestants.length, round + 1)) {
      const turn = await takeTurn(contestants[index]![1]);
      if (round >= 0) taken[index]!.push(turn);
    }
  const units: readonly [string, (turn: Turn) => number][] = [
    ['events/s', ({ eventsPerSecond }) => eventsPerSecond],
    ['µs CPU', ({ cpuUs }) => cpuUs],
    ['writes', ({ writes }) => writes],
    ['reads', ({ reads }) => reads],
  ];
  return contestants.flatMap(([contestant], index) =>
    units.map(([unit, of]) => ({
      group: 'sync',
      subject: `${name}; of each event`,
      contestant,
      unit,
      rounds: taken[index]!.map(of),
    })),
  );
}
