/** `npm run load`: servers on this machine under more than they can serve. Loopback only, bounded in time. */
import { parseArguments, runCommand, UsageError } from '../../infra/commands/command-line.ts';
import type { Phase } from './client.ts';
import { hostiles, type Hostile } from './hostile.ts';
import { measureLoad, type LoadFigures } from './measure.ts';
import { servedCode, shedCode, type Protocol } from './target.ts';

const usage = `Usage: npm run load -- [PROTOCOL...] [--seconds N] [--factor N]

PROTOCOL: grpc, http; both unless named. Native gRPC also beside ${hostiles.map(({ name }) => name).join(', ')}.
--seconds  how long each phase takes: 5
--factor   how many times as much as is served is asked for: 3`;

const mebibyte = 1 << 20;

async function main(): Promise<void> {
  const options = { seconds: { type: 'string' }, factor: { type: 'string' } } as const;
  const { values, positionals } = parseArguments(options);
  const seconds = positive(values.seconds ?? '5');
  const factor = positive(values.factor ?? '3');
  const protocols = positionals.length > 0 ? positionals : ['grpc', 'http'];
  for (const protocol of protocols) {
    if (protocol !== 'grpc' && protocol !== 'http') throw new UsageError(`there is no protocol ${protocol}`);
    for (const hostile of [undefined, ...(protocol === 'grpc' ? hostiles : [])])
      print(protocol, hostile, seconds, await measure(protocol, seconds, factor, hostile));
  }
}

function measure(
  protocol: Protocol,
  seconds: number,
  factor: number,
  hostile: Hostile | undefined,
): Promise<LoadFigures> {
  return measureLoad({
    protocol,
    // A table that answers in the time that DynamoDB takes.
    doors: { storeMs: 5, jobBytes: hostile?.name === 'stalled readers' ? 20_000 : 3000 },
    seconds,
    connections: protocol === 'grpc' ? 20 : 1500,
    underWay: 100,
    factor,
    ...(hostile !== undefined && { hostile }),
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`${text} is not a number above 0`);
}

function print(
  protocol: Protocol,
  hostile: Hostile | undefined,
  seconds: number,
  { saturation, beside, cpuMs, overload, recoveryMs, memory, hostileCount }: LoadFigures,
): void {
  const perSecond = (count = 0): string => `${Math.round(count / seconds)}/s`;
  const { [servedCode[protocol]]: served = 0, [shedCode[protocol]]: shed = 0, ...others } = overload.codes;
  const { p50, p99, max } = overload.latencyMs;
  const phase = ({ codes, latencyMs }: Phase, cpu: number): string => {
    const count = codes[servedCode[protocol]] ?? 0;
    const [p50, p99] = [latencyMs.p50.toFixed(0), latencyMs.p99.toFixed(0)];
    return `${perSecond(count)} served, p50 ${p50} ms, p99 ${p99} ms, the server busy for ${(cpu / 10 / seconds).toFixed(0)} % of a core`;
  };
  const mib = (bytes: number): number => Math.round(bytes / mebibyte);
  console.log(`
${protocol}${hostile === undefined ? '' : `, beside ${hostile.name} (${hostileCount})`}
  alone         ${phase(saturation, cpuMs.saturation)}${beside === undefined ? '' : `\n  beside it     ${phase(beside, cpuMs.beside)}`}
  overload      ${perSecond(overload.due)} due, ${perSecond(overload.sent)} sent, ${perSecond(served)} served, ${perSecond(shed)} shed with RESOURCE_EXHAUSTED, others ${JSON.stringify(others)}
  served calls  p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms
  recovered     ${recoveryMs.toFixed(0)} ms after it
  memory        ${mib(memory.before)} MiB before, ${mib(memory.peak)} at most, ${mib(memory.after)} after`);
}

await runCommand(usage, main);
