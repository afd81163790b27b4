/** Reads settings from environment variables. One that is empty counts as not set. */
import { ConfigError, type ValueType } from './value.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that a variable holds. */
interface Variable<T> {
  readonly variable: string;
  readonly type: ValueType<T>;
}

/** @throws {ConfigError} if the value is wrong, as all here */
export function optional<T>(env: Environment, { variable, type }: Variable<T>): T | undefined {
  const text = env[variable];
  return text ? type.parse(text, variable) : undefined;
}

export function withDefault<T>(env: Environment, setting: Variable<T> & { readonly fallback: T }): T {
  return optional(env, setting) ?? setting.fallback;
}

/** @throws {ConfigError} if it is not set, too */
export function required<T>(env: Environment, setting: Variable<T>): T {
  const value = optional(env, setting);
  if (value !== undefined) return value;
  throw new ConfigError(`${setting.variable} is not set: it must be ${setting.type.wanted}`);
}
