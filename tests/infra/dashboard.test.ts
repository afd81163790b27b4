import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dashboard } from '../../infra/aws/dashboard/dashboard.ts';
import { drawDashboard } from '../../infra/aws/dashboard/draw.ts';
import { sampleSeries } from '../../infra/aws/dashboard/sample-data.ts';
import { projectRoot } from '../support/local-stack.ts';

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
      const options = widget.properties.metrics.map((series) => series.at(-1) as Record<string, string>);
      const ids = options.map(({ id }) => id);
      for (const { expression = '' } of options.filter((one) => !one['expression']?.startsWith('SEARCH')))
        for (const [name] of expression.matchAll(/[a-z]\w*/gi)) expect(ids).toContain(name);
      expect(sampleSeries(widget.properties).length).toBeGreaterThan(0);
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

describe('the dashboard', () => {
  it('looks as docs/dashboard.svg shows it; `npm run dashboard` draws it anew', async () => {
    const drawn = await readFile(join(projectRoot, 'docs/dashboard.svg'), 'utf8');
    expect(drawn).toBe(drawDashboard(dashboard(everything)));
  });
});
