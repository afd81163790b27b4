import type { Settings } from '../settings/definitions.ts';
import { dashboard } from './dashboard.ts';

/** What the serverless CLI hands to a function in a file that serverless.yml names. */
interface Resolvers {
  readonly resolveVariable: (address: string) => Promise<unknown>;
  readonly resolveConfigurationProperty: (path: readonly string[]) => Promise<unknown>;
}

/** The body of the dashboard of the stage that the CLI was started for, for `Fn::Sub`. */
export async function resolveDashboardBody({
  resolveVariable,
  resolveConfigurationProperty,
}: Resolvers): Promise<string> {
  const stage = String(await resolveVariable('sls:stage'));
  const { grpc, functionUrl, table, upstream } = (await resolveConfigurationProperty([
    'custom',
    'settings',
  ])) as Settings;
  return JSON.stringify(dashboard({ stage, table, grpc, functionUrl, upstream: upstream !== '' }));
}
