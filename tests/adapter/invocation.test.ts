/** The middlewares that hand a use case what belongs to one invocation, and the one for what escaped from it. */
import middy from '@middy/core';
import { describe, expect, it } from '@jest/globals';
import { escapedErrors } from '../../lib/adapter/escaped-errors.ts';
import { invocationDeadline } from '../../lib/adapter/invocation-deadline.ts';
import { invocationLog } from '../../lib/adapter/invocation-log.ts';
import type { Deadline } from '../../lib/runtime/deadline.ts';
import { invalidArgument } from '../../lib/runtime/status.ts';
import { createLog, type Log, type LogLevel } from '../../lib/telemetry/log.ts';
import type { Metrics } from '../../lib/telemetry/metrics.ts';
import { lambdaContext } from '../support/functions.ts';

const context = (awsRequestId: string) => ({ ...lambdaContext(), awsRequestId });

/** A log that keeps what it is given, from a level on. */
function recordingLog(level: LogLevel = 'debug') {
  const lines: unknown[][] = [];
  const { writes } = createLog(level, () => undefined);
  const log: Log = Object.assign((...line: unknown[]) => void lines.push(line), { writes: writes! });
  return { lines, log };
}

describe('the log of an invocation', () => {
  const handlerOf = (log: Log, useCase: (log: Log) => void) =>
    middy()
      .use(invocationLog(log))
      .handler<unknown, undefined>((invocation) => {
        useCase(invocation.log);
        return Promise.resolve();
      });

  it('has the request id of Lambda in each line, and says of the first line that the instance is new', async () => {
    const { lines, log } = recordingLog();
    const handler = handlerOf(log, (bound) => {
      bound('info', 'a', { events: 1 }, { values: { EventsApplied: 1 } });
      bound('info', 'b');
    });
    await handler({}, context('r1'));
    await handler({}, context('r2'));
    const metrics: Metrics = { values: { EventsApplied: 1 } };
    const coldMetrics: Metrics = { values: { EventsApplied: 1, ColdStart: 1 } };
    expect(lines).toEqual([
      ['info', 'a', { requestId: 'r1', events: 1, coldStart: true }, coldMetrics],
      ['info', 'b', { requestId: 'r1' }, undefined],
      ['info', 'a', { requestId: 'r2', events: 1 }, metrics],
      ['info', 'b', { requestId: 'r2' }, undefined],
    ]);
  });

  it('counts a cold start in the first line that is written, with the other metrics of the line', async () => {
    const { lines, log } = recordingLog('info');
    const by = { metric: 'EventsFailed', dimension: 'Reason', value: 'INTERNAL' } as const;
    const handler = handlerOf(log, (bound) => {
      bound('debug', 'not written');
      bound('error', 'failed', {}, { values: { EventsFailed: 1 }, by });
    });
    await handler({}, context('r1'));
    expect(lines[1]).toEqual([
      'error',
      'failed',
      { requestId: 'r1', coldStart: true },
      { values: { EventsFailed: 1, ColdStart: 1 }, by },
    ]);
  });

  it('says nothing of a cold start after an invocation that wrote no line', async () => {
    const { lines, log } = recordingLog();
    let quiet = true;
    const handler = handlerOf(log, (bound) => {
      if (!quiet) bound('info', 'a');
    });
    await handler({}, context('r1'));
    quiet = false;
    await handler({}, context('r2'));
    expect(lines).toEqual([['info', 'a', { requestId: 'r2' }, undefined]]);
  });
});

describe('the deadline of an invocation', () => {
  const remainingMs = async (ofLambdaMs: number, longestMs?: number): Promise<number> => {
    let seen: Deadline | undefined;
    const handler = middy()
      .use(invocationDeadline({ keptMs: 500, ...(longestMs !== undefined && { longestMs }) }))
      .handler<unknown, undefined>(({ deadline }) => {
        seen = deadline;
        return Promise.resolve();
      });
    await handler({}, lambdaContext(ofLambdaMs));
    return seen!.remainingMs();
  };

  it('keeps some of the time of the function for its end', async () => {
    const leftMs = await remainingMs(20_000);
    expect(leftMs).toBeLessThanOrEqual(19_500);
    expect(leftMs).toBeGreaterThan(18_500);
  });

  it('is no longer than the longest run, and has passed when only the end is left', async () => {
    expect(await remainingMs(20_000, 1000)).toBeLessThanOrEqual(1000);
    expect(await remainingMs(400)).toBe(0);
  });
});

describe('an error that escapes', () => {
  const handlerOf = (log: Log, error: Error) =>
    middy()
      .use(escapedErrors(log))
      .handler<unknown, undefined>(() => Promise.reject(error));

  it('is written in one line with its causes, counted, and left to Lambda', async () => {
    const { lines, log } = recordingLog();
    const error = new Error('a bug', { cause: new TypeError('its cause') });
    await expect(handlerOf(log, error)({}, context('r1'))).rejects.toBe(error);
    expect(lines).toEqual([
      [
        'error',
        'error escaped',
        {
          requestId: 'r1',
          code: 'INTERNAL',
          reason: 'INTERNAL',
          error: 'internal error',
          cause: expect.stringMatching(/^Error: a bug\n[^]*; caused by TypeError: its cause\n/),
        },
        { values: { Errors: 1 }, by: { metric: 'Errors', dimension: 'Code', value: 'INTERNAL' } },
      ],
    ]);
  });

  it('keeps the code, the reason and the words of a status', async () => {
    const { lines, log } = recordingLog();
    const error = invalidArgument('Records', 'is missing');
    await expect(handlerOf(log, error)({}, context('r1'))).rejects.toBe(error);
    expect(lines).toMatchObject([
      [
        'error',
        'error escaped',
        {
          code: 'INVALID_ARGUMENT',
          reason: 'INVALID_FIELD',
          error: 'Records: is missing',
          cause: undefined,
        },
        { by: { value: 'INVALID_ARGUMENT' } },
      ],
    ]);
  });
});
