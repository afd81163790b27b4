import { dashboard } from './dashboard.ts';

/** What the serverless CLI hands to a function in a file that serverless.yml names. */
interface Resolvers {
  readonly resolveVariable: (address: string) => Promise<unknown>;
}

/** The body of the dashboard of the stage that the CLI was started for, for `Fn::Sub`. */
export async function resolveDashboardBody({ resolveVariable }: Resolvers): Promise<string> {
  return JSON.stringify(dashboard(String(await resolveVariable('sls:stage'))));
}
