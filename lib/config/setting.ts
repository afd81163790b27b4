import type { ValueType } from './value.ts';

/** The functions, and the gRPC server. */
export const deployed = ['get', 'sync', 'refresh', 'grpc'] as const;

export type DeployedProcess = (typeof deployed)[number];

/**
 * A row of a table of settings, by name. All that follows from a setting is made of its row: how its value is checked, the
 * environment of the processes that read it, and what docs/operations.md says.
 */
export interface Setting extends About {
  /** The environment variable that tells a process; a setting that only shapes a deployment has none. */
  readonly variable?: string;
  readonly type: ValueType;
  /** What counts unless something is given. */
  readonly fallback?: string | number | boolean;
}

/** What a deployment and the docs need of a setting, and a process that reads it does not. */
export interface About {
  /** What reads the variable: all that is deployed unless it says otherwise, and `npm start` as `local`. */
  readonly readers?: readonly (DeployedProcess | 'local')[];
  /** What sets the variable, if it is not a deployment's setting. */
  readonly setBy?: string;
  /** What it is, to follow the name: no capital, no full stop. */
  readonly docs: string;
}

/** Rows by the names of their settings. */
export type Rows = Readonly<Record<string, Setting>>;
