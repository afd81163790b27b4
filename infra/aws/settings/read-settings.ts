import { distance } from 'fastest-levenshtein';
import { deployed, type DeployedProcess, type Setting, type Rows } from '../../../lib/config/setting.ts';
import { ConfigError } from '../../../lib/config/value.ts';
import { rowsOf, topics, type SettingName, type Settings } from './definitions.ts';
import { configReaders, environmentOf } from './environment.ts';

/** The stage of one's own machine: `npm start`. */
export const localStage = 'local';

/** How late a message may come again at the earliest: docs/architecture.md, under The item, says why. */
const leastRedeliverySeconds = 180;

/** Settings as they were given, by name. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** Everything that is wrong with the settings. The message names each, and says what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(problems: readonly string[]) {
    super(
      `These settings are wrong (docs/operations.md lists them all):\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
    // The CLI shows the stack of what a file throws; people who misspelt a setting have no use for it.
    this.stack = this.message;
  }
}

/**
 * The settings of a deployment: the defaults, overridden by what is given, and checked one by one and together.
 *
 * @param rows all the settings that there are
 * @throws {SettingsError} with every problem that there is
 */
export function readSettings(
  service: string,
  stage: string,
  given: GivenSettings,
  rows: Rows = rowsOf(topics),
): Settings {
  const problems: string[] = [];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(rows, name))
      problems.push(`${name}: there is no such setting${suggestion(name, Object.keys(rows))}`);
  const read = Object.entries(rows).map(([name, row]) => [
    name,
    noteProblem(problems, () => readValue(name, row, given[name] ?? row.fallback ?? '')),
  ]);
  const settings = Object.fromEntries(read) as Settings;
  if (problems.length === 0) problems.push(...contradictions(settings, stage));
  const named = {
    ...settings,
    table: settings.existingTable || settings.table || `${service}-${stage}-jobs`,
    queue: settings.queue || `${service}-${stage}-job-events`,
  };
  if (problems.length === 0) problems.push(...refusedByProcesses(named, stage, rows));
  if (problems.length > 0) throw new SettingsError(problems);
  return named;
}

/** @throws {ConfigError} */
function readValue(name: string, { type, fallback }: Setting, value: unknown): SettingValue {
  if (value === '' && fallback === undefined) return '';
  if (!isValue(value))
    throw new ConfigError(`${name} is ${JSON.stringify(value)}: it must be ${type.wanted}`);
  const text = String(value);
  const parsed = type.parse(text, name);
  return isValue(parsed) ? parsed : text;
}

function noteProblem<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

/**
 * What the processes would not start with: their own check, made before anything is deployed. On one's own machine the
 * shell may tell them more, and they check it when they start.
 */
function refusedByProcesses(settings: Settings, stage: string, rows: Rows): readonly string[] {
  if (stage === localStage) return [];
  const processes = deployed.filter((process) => isThere(process, settings));
  const problems: string[] = [];
  for (const process of processes) {
    const told = Object.entries(environmentOf(process, settings, stage, rows));
    const environment = Object.fromEntries(told.map(([name, value]) => [name, String(value)]));
    noteProblem(problems, () => configReaders[process](environment));
  }
  return [...new Set(problems)];
}

function isThere(process: DeployedProcess, { grpc, upstream }: Settings): boolean {
  if (process === 'grpc') return grpc;
  return process !== 'refresh' || upstream !== '';
}

/** What is wrong with settings that are each in order. */
function contradictions(settings: Settings, stage: string): readonly string[] {
  const { auth, logLevel, grpc, syncTimeoutSeconds, visibilitySeconds, grpcMinTasks, grpcMaxTasks } =
    settings;
  const missing = (names: readonly SettingName[], reason: string): readonly string[] =>
    names.filter((name) => settings[name] === '').map((name) => `${name} is not set: ${reason}`);
  const isLocal = stage === localStage;
  const leastVisibility = Math.max(6 * syncTimeoutSeconds, leastRedeliverySeconds);
  return [
    ...(auth === 'jwt'
      ? missing(['jwtIssuer', 'jwtAudience', 'jwtJwksUri'], 'auth=jwt needs it to check tokens')
      : []),
    ...(auth === 'none' && !isLocal
      ? [`auth=none lets everybody read everything: only the stage ${localStage} may have it`]
      : []),
    ...(visibilitySeconds < leastVisibility && !isLocal
      ? [
          `visibilitySeconds is ${visibilitySeconds}: it must be at least ${leastVisibility}, which is six times ` +
            `syncTimeoutSeconds, so that no message comes again while it is worked on, and ${leastRedeliverySeconds}, ` +
            'so that a message that comes again finds what a crash left behind',
        ]
      : []),
    ...(!['debug', 'info'].includes(logLevel) && !isLocal
      ? [`logLevel is ${logLevel}: it must be debug or info, since the metrics are in the info lines`]
      : []),
    ...(grpc
      ? missing(['grpcImage', 'grpcCertificate', 'grpcVpc', 'grpcSubnets'], 'grpc=true needs it')
      : []),
    ...(grpc && auth !== 'jwt'
      ? [`auth is ${auth}: grpc=true needs jwt, since requests do not come through API Gateway`]
      : []),
    ...upstreamContradictions(settings, missing, isLocal),
    ...(settings.table !== '' && settings.existingTable !== ''
      ? ['existingTable is the name of the table: table, which names a new one, must be empty then']
      : []),
    ...(grpcMinTasks > grpcMaxTasks
      ? [`grpcMinTasks is ${grpcMinTasks}: it must not be more than grpcMaxTasks`]
      : []),
  ];
}

function upstreamContradictions(
  {
    readThrough,
    upstream,
    upstreamKeyKmsKey,
    upstreamKeySecret,
    upstreamProjects,
    upstreamRootCerts,
  }: Settings,
  missing: (names: readonly SettingName[], reason: string) => readonly string[],
  isLocal: boolean,
): readonly string[] {
  if (upstream === '')
    return [
      ...(readThrough ? missing(['upstream'], 'readThrough=true needs it to have something to ask') : []),
      ...(upstreamProjects === '' ? [] : missing(['upstream'], 'upstreamProjects are read from it')),
      // The right to have the key is given to functions of which one is only there with it.
      ...(upstreamKeySecret === '' && upstreamKeyKmsKey === ''
        ? []
        : missing(['upstream'], 'upstreamKeySecret and upstreamKeyKmsKey are for it')),
    ];
  return [
    // Not shown: it may be the key itself.
    ...(upstreamKeySecret === '' ||
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:/.test(upstreamKeySecret)
      ? []
      : ['upstreamKeySecret is not an ARN: it must be that of a secret, arn:aws:secretsmanager:…:secret:…']),
    ...(upstreamRootCerts === '' || upstreamRootCerts.startsWith('-----BEGIN CERTIFICATE-----')
      ? []
      : [
          'upstreamRootCerts is the path of a file: it must be certificates in PEM, since functions have no such file',
        ]),
    ...missing(['upstreamProjects'], 'upstream needs to know which projects to look at'),
    ...(isLocal ? [] : missing(['upstreamKeySecret'], 'upstream wants tokens, which are got with that key')),
  ];
}

type SettingValue = string | number | boolean;

function isValue(value: unknown): value is SettingValue {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** The setting that a misspelt name is likely to mean: one that is a few letters away, or that is a part of it. */
function suggestion(name: string, names: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const meant = plain(name);
  const known = names.map((one) => ({ one, distance: distance(meant, plain(one)) }));
  const [nearest] = known.sort((a, b) => a.distance - b.distance);
  if (nearest !== undefined && nearest.distance <= Math.min(2, meant.length / 2))
    return `; ${nearest.one} is one`;
  const part = known.find(({ one }) => plain(one).includes(meant) || meant.includes(plain(one)));
  return part === undefined ? '' : `; ${part.one} is one`;
}
