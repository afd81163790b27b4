/** `npm run dlq -- list | show ID | redrive | purge`: shows, sends again or deletes dead letters. */
import { createInterface } from 'node:readline/promises';
import { jobToJson } from '../../lib/job/job-type.ts';
import { counted, openLocalQueue, parseArguments, runCommand, UsageError } from './command-line.ts';
import {
  openDeployedDeadLetters,
  openLocalDeadLetters,
  type DeadLetter,
  type DeadLetters,
} from './dead-letters.ts';

const usage = `Usage: npm run dlq -- COMMAND [--stage NAME | --queue NAME] [--limit N]

  list              lists all dead letters: when they came, for which job, and why they failed
  show ID           shows one without its secrets; with --raw its body as it came, with its secrets
  redrive [ID...]   sends those with the IDs to the queue again; without IDs those that may succeed, or --all
  purge [ID...]     deletes those with the IDs, or all, after a question; with --yes without it

The dead letters are those of the local stack (SQS_PORT, 9324 unless set). --stage NAME takes those of a deployed
stage, --queue NAME those of the queue NAME, with the credentials and the region of the environment.
--limit N reads at most N of them, 1000 unless given.`;

type Arguments = ReturnType<typeof readArguments>;

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

/** @returns the letters that it took out of the queue */
async function run(
  args: Arguments,
  queue: DeadLetters,
  letters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  const chosen = choose(args.ids, letters);
  switch (args.command) {
    case 'list':
      for (const letter of letters) console.log(summary(letter));
      console.log(`${counted(letters.length, 'dead letter')} in ${queue.name}.`);
      return [];
    case 'show':
      console.log(args.raw ? chosen[0]!.body : describe(chosen[0]!));
      return [];
    case 'redrive': {
      const again = chosen.filter((letter) => args.ids.length > 0 || (args.all ?? letter.worthRetrying));
      await queue.redrive(again);
      const left = letters.length - again.length;
      const hint =
        left > 0 && args.ids.length === 0
          ? `, and kept ${left} that would fail again (--all sends them too)`
          : '';
      console.log(`Sent ${counted(again.length, 'dead letter')} of ${queue.name} to the queue again${hint}.`);
      return again;
    }
    default:
      if (
        !args.yes &&
        !(await confirmed(`Delete ${counted(chosen.length, 'dead letter')} of ${queue.name}?`))
      ) {
        console.log('Nothing was deleted.');
        return [];
      }
      await queue.remove(chosen);
      console.log(`Deleted ${counted(chosen.length, 'dead letter')} of ${queue.name}.`);
      return chosen;
  }
}

/** @throws {Error} naming an id that was not found */
function choose(ids: readonly string[], letters: readonly DeadLetter[]): readonly DeadLetter[] {
  if (ids.length === 0) return letters;
  return ids.map((id) => {
    const found = letters.find(({ messageId }) => messageId === id);
    if (found === undefined)
      throw new Error(`${id} was not found among ${counted(letters.length, 'dead letter')}.`);
    return found;
  });
}

function summary({ messageId, sentAt, event, reason }: DeadLetter): string {
  const what = event === undefined ? 'not a job event' : `job ${event.jobId}, revision ${event.revision}`;
  return `${messageId}  ${sentAt.toISOString()}  ${what}\n  ${reason}`;
}

/** A letter without its secrets, as it would be stored. */
function describe(letter: DeadLetter): string {
  const { event, body } = letter;
  if (event === undefined)
    return `${summary(letter)}\n  ${Buffer.byteLength(body)} bytes, which may hold secrets: --raw shows them`;
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
  if (!process.stdin.isTTY)
    throw new UsageError('There is no terminal to ask on: give --yes to delete without a question.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return answer.trim().toLowerCase() === 'y';
}

function open({ queue }: Arguments): Promise<DeadLetters> {
  return queue === undefined ? openLocalQueue(openLocalDeadLetters) : openDeployedDeadLetters(queue);
}

const commands = ['list', 'show', 'redrive', 'purge'];

function readArguments() {
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
  if (!commands.includes(command)) throw new UsageError(`${JSON.stringify(command)} is not a command.`);
  if (command === 'show' && ids.length !== 1) throw new UsageError('show needs one ID.');
  if (command === 'list' && ids.length > 0) throw new UsageError('list does not take an ID.');
  if (values.stage !== undefined && values.queue !== undefined)
    throw new UsageError('--stage and --queue both name a queue: give one of them.');
  const limit = Number(values.limit ?? 1000);
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number from 1.');
  const queue = values.stage === undefined ? values.queue : `datasphere-job-cache-${values.stage}-job-events`;
  return { ...values, command, ids, queue, limit };
}

await runCommand(usage, main);
