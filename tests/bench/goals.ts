/** The goals of this project, as data: what is to be reached, and from which figures it is read. */
import { median, ratio, type Figure } from './figure.ts';

interface Goal {
  readonly what: string;
  readonly group: string;
  /** What the subject begins with. */
  readonly subject: string;
  readonly contestant: string;
  readonly unit: string;
  /** The contestant that it is divided by; absent for a goal that is no ratio. */
  readonly against?: string;
  readonly relation: '<=' | '>=';
  readonly limit: number;
}

const readUnits = (what: string, subject: string, limit: number): Goal => ({
  what: `read units of a Get, ${what}`,
  group: 'storage',
  subject,
  contestant: 'ours',
  unit: 'read units',
  relation: '<=',
  limit,
});

const grpc = (unit: string, against: string, relation: Goal['relation'], limit: number): Goal => ({
  what: `native gRPC, hot job, ${unit} ÷ ${against}`,
  group: 'grpc',
  subject: 'hot',
  contestant: 'ours',
  unit,
  against,
  relation,
  limit,
});

const start = (unit: string): Goal => ({
  what: `evaluating the get bundle and its first Get, ${unit} ÷ SDK-only handler`,
  group: 'start',
  subject: 'fresh processes',
  contestant: 'ours, get',
  unit,
  against: 'SDK-only handler',
  relation: '<=',
  limit: 0.55,
});

const goals: readonly Goal[] = [
  readUnits('typical job', 'typical', 0.5),
  readUnits('large job', 'large', 3.5),
  readUnits('huge job', 'huge', 60.5),
  readUnits('mean over a population', 'population', 0.57),
  {
    what: 'CPU of a warm Get, REST JSON, typical job ÷ bare default SDK GetItem',
    group: 'get',
    subject: 'typical',
    contestant: 'ours, REST JSON',
    unit: 'µs CPU',
    against: 'bare default SDK GetItem',
    relation: '<=',
    limit: 0.6,
  },
  {
    what: 'CPU of Job bytes → JSON, typical job ÷ protobufjs static decode alone',
    group: 'json',
    subject: 'typical',
    contestant: 'ours',
    unit: 'µs CPU',
    against: 'protobufjs static decode alone',
    relation: '<=',
    limit: 1,
  },
  start('ms both, wall'),
  start('ms both, CPU'),
  {
    what: 'bytes of the get bundle',
    group: 'start',
    subject: 'bundles',
    contestant: 'ours, get',
    unit: 'bytes',
    relation: '<=',
    limit: 300_000,
  },
  grpc('calls/s', 'grpc-js echo', '>=', 0.85),
  grpc('calls/s', 'connect-node', '>=', 3),
  // The same in what the server itself spends: the load generator shares the machine with it.
  grpc('µs server CPU', 'grpc-js echo', '<=', 1 / 0.85),
  grpc('µs server CPU', 'connect-node', '<=', 1 / 3),
  {
    what: 'calls upstream with the cache, 10,000 readers ÷ 1 reader',
    group: 'upstream',
    subject: 'calls',
    contestant: '10,000 readers',
    unit: 'with the cache',
    against: '1 reader',
    relation: '<=',
    limit: 1,
  },
];

/** What came of a goal. */
export interface Verdict extends Pick<Goal, 'what' | 'relation' | 'limit'> {
  readonly measured: number;
  readonly met: boolean;
}

/** Of those goals whose figures are there. */
export function judge(figures: readonly Figure[]): readonly Verdict[] {
  return goals.flatMap((goal) => {
    const { what, relation, limit } = goal;
    const find = (contestant: string): Figure | undefined =>
      figures.find(
        (figure) =>
          figure.group === goal.group &&
          figure.subject.startsWith(goal.subject) &&
          figure.contestant === contestant &&
          figure.unit === goal.unit,
      );
    const figure = find(goal.contestant);
    if (figure === undefined) return [];
    const against = goal.against === undefined ? undefined : find(goal.against);
    if (goal.against !== undefined && against === undefined)
      throw new Error(`nothing of ${JSON.stringify(goal.against)} was measured for the goal: ${what}`);
    const measured = against === undefined ? median(figure.rounds) : ratio(figure, against);
    return [
      { what, relation, limit, measured, met: relation === '<=' ? measured <= limit : measured >= limit },
    ];
  });
}
