/** Draws a dashboard as SVG from its own definition, with made-up data that is the same each time. */
import { sampleSeries, type Curve } from './sample-data.ts';
import type { Dashboard, MetricProperties, Widget } from './widget.ts';

/** Pixels of one of CloudWatch's units. */
const unit = { x: 46, y: 34 };
const gap = 8;

/** CloudWatch's own, in order. */
const colours = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f'];

export function drawDashboard({ widgets }: Dashboard): string {
  const height = Math.max(...widgets.map(({ y, height }) => y + height)) * unit.y + gap;
  const width = 24 * unit.x + gap;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#f2f3f3"/>`,
    ...widgets.map(drawWidget),
    '</svg>\n',
  ].join('\n');
}

function drawWidget(widget: Widget): string {
  const width = widget.width * unit.x - gap;
  const height = widget.height * unit.y - gap;
  const move = `transform="translate(${widget.x * unit.x + gap} ${widget.y * unit.y + gap})"`;
  return `<g ${move}>\n${drawContent(widget, width, height)}\n</g>`;
}

function drawContent(widget: Widget, width: number, height: number): string {
  if (widget.type === 'text')
    return label(
      0,
      height - 6,
      widget.properties.markdown.replace('## ', ''),
      'font-size="16" font-weight="bold"',
    );
  const { title } = widget.properties;
  const frame = `<rect width="${width}" height="${height}" rx="4" fill="#fff" stroke="#d5dbdb"/>\n${label(10, 18, title, 'font-weight="bold"')}`;
  if (widget.type === 'metric') return `${frame}\n${drawGraph(widget.properties, width, height)}`;
  const each = width / widget.properties.alarms.length;
  const boxes = widget.properties.alarms.map((arn, index) => {
    const name = arn.replace(/^\$\{(\w+)Alarm\.Arn\}$/, '$1');
    return `<rect x="${r(index * each + 4)}" y="26" width="${r(each - 8)}" height="24" rx="3" fill="#d4edda" stroke="#2ca02c"/>\n${label(index * each + 8, 42, name)}`;
  });
  return [frame, ...boxes].join('\n');
}

function drawGraph(properties: MetricProperties, width: number, height: number): string {
  const curves = sampleSeries(properties);
  const legendRows = Math.ceil(curves.length / 2);
  const area = {
    left: 44,
    top: 34,
    width: width - 56,
    height: height - 34 - 22 - 14 * legendRows,
  };
  const stacked = properties.stacked ? stack(curves) : curves;
  const top = niceCeiling(Math.max(...stacked.flatMap(({ points }) => points)));
  const toX = (index: number, count: number): number => area.left + (index / (count - 1)) * area.width;
  const toY = (value: number): number => area.top + area.height * (1 - value / top);
  const grid = [0, 0.5, 1].map((share) => {
    const y = toY(top * share);
    return `<line x1="${area.left}" x2="${area.left + area.width}" y1="${r(y)}" y2="${r(y)}" stroke="#e5e8e8"/>\n${label(area.left - 6, y + 4, shorten(top * share), 'text-anchor="end" fill="#687078"')}`;
  });
  const shapes = stacked.map(({ points }, index) => {
    const colour = colours[index % colours.length]!;
    const line = points.map((value, at) => `${r(toX(at, points.length))},${r(toY(value))}`).join(' ');
    if (!properties.stacked)
      return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
    const floor = `${r(area.left + area.width)},${r(toY(0))} ${area.left},${r(toY(0))}`;
    return `<polygon points="${line} ${floor}" fill="${colour}"/>`;
  });
  const legend = curves.map(({ name }, index) => {
    const x = area.left + (index % 2) * (area.width / 2);
    const y = height - 8 - 14 * (legendRows - 1 - Math.floor(index / 2));
    return `<rect x="${r(x)}" y="${y - 8}" width="8" height="8" fill="${colours[index % colours.length]!}"/>\n${label(x + 12, y, name)}`;
  });
  const axis = label(width - 10, 18, properties.yAxis.left.label, 'text-anchor="end" fill="#687078"');
  // The sum is drawn first, and what it is the sum of upon it.
  return [...grid, axis, ...(properties.stacked ? shapes.reverse() : shapes), ...legend].join('\n');
}

function stack(curves: readonly Curve[]): readonly Curve[] {
  let below: readonly number[] = [];
  return curves.map(({ name, points }) => {
    const sums = points.map((value, index) => value + (below[index] ?? 0));
    below = sums;
    return { name, points: sums };
  });
}

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

function shorten(value: number): string {
  return value < 1e6 ? String(value) : `${value / 1e6} M`;
}

function label(x: number, y: number, text: string, more = ''): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${r(x)}" y="${r(y)}" ${more}>${escaped}</text>`;
}

function r(value: number): number {
  return Math.round(value * 10) / 10;
}
