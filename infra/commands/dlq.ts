/** `npm run dlq -- list | show ID | redrive | purge`: what to do about events that could not be applied. */
import { createInterface } from 'node:readline/promises';
import { jobToJson } from '../../lib/job/job-type.ts';
import { openLocalQueue, parseArguments, runCommand, UsageError } from './command-line.ts';
import {
  openDeployedDeadLetters,
  openLocalDeadLetters,
  type DeadLetter,
  type DeadLetters,
} from './dead-letters.ts';

const usage = `Usage: npm run dlq -- COMMAND [--stage NAME | --queue NAME] [--limit N]

  list              every dead letter: when it came, of which job it tells, and why it failed
  show ID           one of them, without secrets; --raw prints its body as it came, secrets and all
  redrive [ID...]   sends them to the queue again; without IDs those that may end better, with --all every one
  purge [ID...]     deletes them, after asking; --yes does not ask

The queue is that of the local stack (SQS_PORT, 9324 unless set). --stage takes that of a deployed stage, and --queue
the one whose events wait in the queue NAME, with the credentials and the region of the AWS SDK's environment.
--limit is the most that are looked at: 1000 unless set.`;

interface Arguments {
  readonly command: string;
  readonly ids: readonly string[];
  readonly queue: string | undefined;
  readonly limit: number;
  readonly all: boolean;
  readonly raw: boolean;
  readonly yes: boolean;
}

async function main(): Promise<void> {
  const args = readArguments();
  const queue = await open(args);
  try {
    const letters = await queue.take(args.limit);
    const rest = new Set(letters);
    try {
      for (const done of await run(args, queue, letters)) rest.delete(done);
    } finally {
      await queue.giveBack([...rest]);
    }
  } finally {
    queue.close();
  }
}

/** @returns the letters that are no longer in the queue */
async function run(
  args: Arguments,
  queue: DeadLetters,
  letters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  const chosen = choose(args.ids, letters);
  switch (args.command) {
    case 'list':
      for (const letter of letters) console.log(summary(letter));
      console.log(`${count(letters.length)} in ${queue.name}.`);
      return [];
    case 'show':
      console.log(args.raw ? chosen[0]!.body : describe(chosen[0]!));
      return [];
    case 'redrive': {
      const again = chosen.filter((letter) => args.ids.length > 0 || args.all || letter.worthRetrying);
      await queue.redrive(again);
      const left = letters.length - again.length;
      const hint =
        left > 0 && args.ids.length === 0
          ? `; ${left} would fail again and were left (--all sends them too)`
          : '';
      console.log(`Sent ${count(again.length)} of ${queue.name} to the queue again${hint}.`);
      return again;
    }
    default:
      if (!args.yes && !(await confirmed(`Delete ${count(chosen.length)} of ${queue.name} for ever?`))) {
        console.log('Nothing was deleted.');
        return [];
      }
      await queue.remove(chosen);
      console.log(`Deleted ${count(chosen.length)} of ${queue.name}.`);
      return chosen;
  }
}

/** @throws {Error} naming an id that is not there */
function choose(ids: readonly string[], letters: readonly DeadLetter[]): readonly DeadLetter[] {
  if (ids.length === 0) return letters;
  return ids.map((id) => {
    const found = letters.find(({ messageId }) => messageId === id);
    if (found === undefined)
      throw new Error(`There is no dead letter ${id} among the ${letters.length} that were found.`);
    return found;
  });
}

function summary({ messageId, sentAt, event, reason }: DeadLetter): string {
  const what = event === undefined ? 'not a job event' : `job ${event.jobId}, revision ${event.revision}`;
  return `${messageId}  ${sentAt.toISOString()}  ${what}\n  ${reason}`;
}

/** A letter without its secrets: what was read of it, which is what would be stored. */
function describe(letter: DeadLetter): string {
  const { event, body } = letter;
  if (event === undefined)
    return `${summary(letter)}\n  ${Buffer.byteLength(body)} bytes that are not shown, as they may hold secrets; --raw does`;
  const { eventId, occurredAt, news, unknownFields } = event;
  const lines = [
    summary(letter),
    `  event id:       ${eventId || 'none'}`,
    `  occurred at:    ${occurredAt?.toISOString() ?? 'not said'}`,
    `  unknown fields: ${unknownFields}`,
  ];
  if (news === 'changed') return [...lines, '  change:         changed'].join('\n');
  if (news.deleted) return [...lines, '  change:         deleted'].join('\n');
  const [patch] = news.later;
  const kind = patch === undefined ? 'snapshot' : `patch of the fields ${patch.fields.join(', ') || 'none'}`;
  const job: unknown = JSON.parse(jobToJson(news.job));
  return [...lines, `  change:         ${kind}`, JSON.stringify(job, null, 2)].join('\n');
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('Nobody can be asked here: --yes says that it may be done.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return answer.trim().toLowerCase() === 'y';
}

function open({ queue }: Arguments): Promise<DeadLetters> {
  return queue === undefined ? openLocalQueue(openLocalDeadLetters) : openDeployedDeadLetters(queue);
}

const commands = ['list', 'show', 'redrive', 'purge'];

function readArguments(): Arguments {
  const options = {
    stage: { type: 'string' },
    queue: { type: 'string' },
    limit: { type: 'string' },
    all: { type: 'boolean' },
    raw: { type: 'boolean' },
    yes: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseArguments(options);
  const [command = '', ...ids] = positionals;
  if (!commands.includes(command)) throw new UsageError(`There is no command ${JSON.stringify(command)}.`);
  if (command === 'show' && ids.length !== 1) throw new UsageError('show takes one ID.');
  if (command === 'list' && ids.length > 0) throw new UsageError('list takes no ID.');
  if (values.stage !== undefined && values.queue !== undefined)
    throw new UsageError('--stage and --queue say the same thing: give one of them.');
  const limit = Number(values.limit ?? 1000);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit is a whole number above 0.');
  const queue = values.stage === undefined ? values.queue : `datasphere-job-cache-${values.stage}-job-events`;
  return {
    command,
    ids,
    queue,
    limit,
    all: values.all === true,
    raw: values.raw === true,
    yes: values.yes === true,
  };
}

function count(letters: number): string {
  return `${letters} dead letter${letters === 1 ? '' : 's'}`;
}

await runCommand(usage, main);
