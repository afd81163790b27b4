import { distance } from 'fastest-levenshtein';
import { ConfigError, readHttpConfig } from '../../../lib/config/config.ts';
import { definitions, type SettingName, type Settings } from './definitions.ts';
import type { SettingValue } from './value.ts';

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
    // The CLI shows the stack of what a file throws; whoever misspelt a setting has no use for it.
    this.stack = this.message;
  }
}

/**
 * The settings of a deployment: the defaults, overridden by what is given, and checked one by one and together.
 *
 * @throws {SettingsError} with every problem that there is
 */
export function readSettings(service: string, stage: string, given: GivenSettings): Settings {
  const problems: string[] = [];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(definitions, name))
      problems.push(`${name}: there is no such setting${suggestion(name)}`);
  const read = Object.entries(definitions).map(([name, { fallback, type }]) => {
    const value = given[name] ?? fallback;
    const parsed = isValue(value) ? type.parse(value) : undefined;
    if (parsed === undefined)
      problems.push(`${name}: is ${JSON.stringify(value)}; it must be ${type.wanted}`);
    return [name, parsed];
  });
  const settings = Object.fromEntries(read) as Settings;
  if (problems.length === 0) problems.push(...contradictions(settings, stage));
  if (problems.length === 0) problems.push(...refusedByFunctions(settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    ...settings,
    table: settings.existingTable || settings.table || `${service}-${stage}-jobs`,
    queue: settings.queue || `${service}-${stage}-job-events`,
  };
}

/** What the functions would not start with: their own check, made before anything is deployed. */
function refusedByFunctions(settings: Settings): readonly string[] {
  const environment = {
    JOB_TABLE: settings.table || 'jobs',
    AUTH_MODE: settings.auth,
    JWT_ISSUER: settings.jwtIssuer,
    JWT_AUDIENCE: settings.jwtAudience,
    JWT_JWKS_URI: settings.jwtJwksUri,
    IAM_PROJECTS: settings.iamProjects,
    CORS_ORIGINS: settings.corsOrigins,
  };
  try {
    readHttpConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return [error.message];
    throw error;
  }
}

/** What is wrong with settings that are each in order. */
function contradictions(settings: Settings, stage: string): readonly string[] {
  const { auth, logLevel, grpc, syncTimeoutSeconds, visibilitySeconds, grpcMinTasks, grpcMaxTasks } =
    settings;
  const missing = (names: readonly SettingName[], reason: string): readonly string[] =>
    names.filter((name) => settings[name] === '').map((name) => `${name}: is missing; ${reason}`);
  const isLocal = stage === localStage;
  const leastVisibility = Math.max(6 * syncTimeoutSeconds, leastRedeliverySeconds);
  return [
    ...(auth === 'jwt'
      ? missing(['jwtIssuer', 'jwtAudience', 'jwtJwksUri'], 'auth=jwt needs it to check tokens')
      : []),
    ...(auth === 'none' && !isLocal
      ? [`auth: is none, which lets everybody read everything; only the stage ${localStage} may have it`]
      : []),
    ...(visibilitySeconds < leastVisibility && !isLocal
      ? [
          `visibilitySeconds: is ${visibilitySeconds}; it must be at least ${leastVisibility}: six times ` +
            `syncTimeoutSeconds, so that no message comes again while it is worked on, and ${leastRedeliverySeconds}, ` +
            'so that a message that comes again finds what a crash left behind',
        ]
      : []),
    ...(!['debug', 'info'].includes(logLevel) && !isLocal
      ? [`logLevel: is ${logLevel}; it must be debug or info, since the metrics are in the info lines`]
      : []),
    ...(grpc
      ? missing(['grpcImage', 'grpcCertificate', 'grpcVpc', 'grpcSubnets'], 'grpc=true needs it')
      : []),
    ...(grpc && auth !== 'jwt'
      ? [`auth: is ${auth}; grpc=true needs jwt, since requests do not come through API Gateway`]
      : []),
    ...upstreamContradictions(settings, missing, isLocal),
    ...(settings.table !== '' && settings.existingTable !== ''
      ? ['existingTable: is the name of the table; table, which names a new one, must be empty then']
      : []),
    ...(grpcMinTasks > grpcMaxTasks ? [`grpcMinTasks: is ${grpcMinTasks}, more than grpcMaxTasks`] : []),
  ];
}

function upstreamContradictions(
  { readThrough, upstream, upstreamKeyKmsKey, upstreamKeySecret, upstreamProjects }: Settings,
  missing: (names: readonly SettingName[], reason: string) => readonly string[],
  isLocal: boolean,
): readonly string[] {
  if (upstream === '')
    return [
      ...(readThrough ? missing(['upstream'], 'readThrough=true needs somebody to ask') : []),
      ...(upstreamProjects === '' ? [] : missing(['upstream'], 'upstreamProjects are read from it')),
      // The right to have the key is given to functions of which one is only there with it.
      ...(upstreamKeySecret === '' && upstreamKeyKmsKey === ''
        ? []
        : missing(['upstream'], 'upstreamKeySecret and upstreamKeyKmsKey are for it')),
    ];
  return [
    ...missing(['upstreamProjects'], 'upstream needs to know which projects to look at'),
    ...(isLocal ? [] : missing(['upstreamKeySecret'], 'upstream wants tokens, which are got with that key')),
  ];
}

function isValue(value: unknown): value is SettingValue {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** The setting that a misspelt name is likely to mean: one that is a few letters away, or that is a part of it. */
function suggestion(name: string): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const meant = plain(name);
  const known = Object.keys(definitions).map((one) => ({ one, distance: distance(meant, plain(one)) }));
  const [nearest] = known.sort((a, b) => a.distance - b.distance);
  if (nearest !== undefined && nearest.distance <= Math.min(2, meant.length / 2))
    return `; ${nearest.one} is one`;
  const part = known.find(({ one }) => plain(one).includes(meant) || meant.includes(plain(one)));
  return part === undefined ? '' : `; ${part.one} is one`;
}
