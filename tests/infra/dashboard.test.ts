import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dashboard } from '../../infra/aws/dashboard/dashboard.ts';
import type { SeriesOptions } from '../../infra/aws/dashboard/widget.ts';
import { projectRoot } from '../../infra/local/deployment.ts';

const everything = { stage: 'prod', table: 'jobs', grpc: true, functionUrl: true, upstream: true };

describe.each([
  ['plain', { stage: 'prod', table: 'jobs', grpc: false, functionUrl: false, upstream: false }],
  ['with all there is', everything],
])('the dashboard, %s,', (_, options) => {
  const { widgets } = dashboard(options);

  it('answers, top down: are readers served, how fresh, how fast, at what cost', () => {
    const headings = widgets.flatMap((widget) =>
      widget.type === 'text' ? [widget.properties.markdown] : [],
    );
    expect(headings).toEqual([
      '## Are readers served?',
      '## How fresh is what they get?',
      ...(options.upstream ? ['## Does it agree with upstream?'] : []),
      '## How fast?',
      '## What does it cost?',
    ]);
  });

  it('fills its 24 columns, and no widget lies on another', () => {
    const cells = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect([x, width].every(Number.isInteger) && x + width <= 24).toBe(true);
      for (let column = x; column < x + width; column++)
        for (let line = y; line < y + height; line++) {
          const cell = `${column},${line}`;
          expect([cell, cells.has(cell)]).toEqual([cell, false]);
          cells.add(cell);
        }
    }
    expect(cells.size % 24).toBe(0);
  });

  it('names what expressions use, and shows something in each graph', () => {
    for (const widget of widgets) {
      if (widget.type !== 'metric') continue;
      const options = widget.properties.metrics.map(
        (series) => series.at(-1) as Partial<SeriesOptions & { readonly expression: string }>,
      );
      const ids = options.map(({ id }) => id);
      for (const { expression = '' } of options.filter((one) => !one.expression?.startsWith('SEARCH')))
        for (const [name] of expression.matchAll(/[a-z]\w*/gi)) expect(ids).toContain(name);
      expect(options.filter(({ visible }) => visible !== false)).not.toEqual([]);
    }
  });

  it('shows all ways in that there are, and no others', () => {
    const shown = JSON.stringify(widgets);
    for (const [name, isThere] of [
      ['"Function","grpc"', options.grpc],
      ['GrpcErrorsAlarm', options.grpc],
      ['Url5xxCount', options.functionUrl],
      ['"Function","get"', true],
    ] as const)
      expect([name, shown.includes(name)]).toEqual([name, isThere]);
  });
});

describe('docs/operations.md', () => {
  it('lists the questions of the dashboard in their order', async () => {
    const page = await readFile(join(projectRoot, 'docs/operations.md'), 'utf8');
    const listed = /^The dashboard `[^]*?\n\n((?:- .*\n)+)/m.exec(page)?.[1];
    const questions = [...(listed ?? '').matchAll(/^- (.*?\?)/gm)].map(([, question]) => `## ${question!}`);
    const { widgets } = dashboard(everything);
    expect(questions).toEqual(
      widgets.flatMap((widget) => (widget.type === 'text' ? [widget.properties.markdown] : [])),
    );
  });
});
