/** Reads the log lines of a function, and holds each to what every line must be. */
import { expect } from '@jest/globals';
import { reasons, type Reason } from '../../lib/runtime/status.ts';
import { documentedFields } from './operations-page.ts';
import { readEmbeddedMetrics, type EmbeddedMetric } from './embedded-metrics.ts';

export interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly metrics: readonly EmbeddedMetric[];
}

/** The stage that the functions under test are told. */
export const testStage = 'test';

export interface LineRecorder {
  /** Takes what the function writes. */
  readonly write: (line: string) => void;
  /** How many lines have been written since `linesOf` was called. */
  readonly count: () => number;
  /** The lines that are written meanwhile. */
  readonly linesOf: (run: () => unknown) => Promise<readonly Line[]>;
  /** The names of all fields so far, sorted, but for the metrics and their dimensions. */
  readonly fields: () => readonly string[];
  /** All metrics so far, as `Errors by Function, Code in count`, sorted. */
  readonly metrics: () => readonly string[];
}

/** @param forbidden what must not stand in any line, as far as it is known when the line is read */
export function recordLines(functionName: string, forbidden: () => readonly string[]): LineRecorder {
  const written: string[] = [];
  const fieldsSoFar = new Set<string>();
  const metricsSoFar = new Set<string>();

  const read = (text: string): Line => {
    for (const secret of [...forbidden(), 'eyJ']) expect(text).not.toContain(secret);
    // Callers are told to send "Bearer <token>".
    expect(text).not.toMatch(/Bearer(?! <token>)/);
    const fields = JSON.parse(text) as Record<string, unknown>;
    checkFailure(fields);
    const metrics = readEmbeddedMetrics(text, 'DatasphereJobCache');
    const targets = new Set(metrics.flatMap(({ name, dimensions }) => [name, ...Object.keys(dimensions)]));
    for (const { name, unit, dimensions } of metrics) {
      const { Stage, ...others } = dimensions;
      expect([Stage, others['Function']]).toEqual([testStage, functionName]);
      metricsSoFar.add(`${name} by ${Object.keys(others).join(', ')} in ${unit.toLowerCase()}`);
    }
    for (const name of Object.keys(fields).filter((field) => !targets.has(field))) {
      expect(documentedFields(functionName)).toContain(name);
      fieldsSoFar.add(name);
    }
    return { fields, metrics };
  };

  return {
    write: (line) => void written.push(line),
    count: () => written.length,
    linesOf: async (run) => {
      written.length = 0;
      await run();
      return written.map(read);
    },
    fields: () => [...fieldsSoFar].sort(),
    metrics: () => [...metricsSoFar].sort(),
  };
}

/** A line about a failure says all that is known of it, and INTERNAL has a cause. */
export function checkFailure(fields: Line['fields']): void {
  const { code, reason, error, cause } = fields;
  if (code === undefined || code === 'OK') return;
  expect(fields).toMatchObject({ reason: expect.any(String), error: expect.any(String) });
  expect(reasons[reason as Reason]).toBe(code);
  if (code === 'INTERNAL') expect([error, cause]).toEqual([error, expect.any(String)]);
}

/** Sums by metric and by all dimensions but the stage. */
export function summary(line: Line): Readonly<Record<string, number>> {
  return Object.fromEntries(
    line.metrics.map(({ name, dimensions: { Stage, ...others }, values }) => {
      expect(Stage).toBe(testStage);
      return [[name, ...Object.values(others)].join(' '), values.reduce((sum, value) => sum + value, 0)];
    }),
  );
}
