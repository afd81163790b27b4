import {
  readGrpcConfig,
  readHttpConfig,
  readRefreshConfig,
  readSyncConfig,
} from '../../../lib/config/config.ts';
import type { Environment } from '../../../lib/config/environment.ts';
import { deployed, type DeployedProcess, type Rows } from '../../../lib/config/setting.ts';
import { stage } from '../../../lib/config/settings/surroundings.ts';
import { rowsOf, topics, type Settings } from './definitions.ts';

type Variables = Readonly<Record<string, string | number | boolean>>;

/** What a process of a deployment is told: the variables that it reads, with the values of their settings. */
export function environmentOf(
  process: DeployedProcess,
  settings: Settings,
  stageName: string,
  rows: Rows = rowsOf(topics),
): Variables {
  const values: Variables = {
    ...settings,
    stage: stageName,
    // Readers give hints of it, which they must not if nothing looks at the running jobs.
    refreshSeconds: settings.upstream === '' ? '' : settings.refreshSeconds,
  };
  const told: Rows = { stage, ...rows };
  return Object.fromEntries(
    Object.entries(told).flatMap(([name, { variable, readers = deployed }]) =>
      variable !== undefined && readers.includes(process) ? [[variable, values[name]!]] : [],
    ),
  );
}

/** How each process reads what it is told. */
export const configReaders: Readonly<Record<DeployedProcess, (env: Environment) => object>> = {
  get: readHttpConfig,
  sync: readSyncConfig,
  refresh: readRefreshConfig,
  grpc: readGrpcConfig,
};
