/** Reads variables one by one; what is missing or wrong stops the start with a message that names it. */

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is missing or wrong. The message names it, says what is wrong, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function required(env: Environment, name: string, meaning: string): string {
  const value = env[name];
  if (!value) throw new ConfigError(`${name} is not set: it must be ${meaning}`);
  return value;
}

/** A variable that is empty counts as not set. */
export function optional(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

export function readUrl(env: Environment, name: string, meaning: string): URL {
  const text = required(env, name, meaning);
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.hostname !== '127.0.0.1') {
    throw new ConfigError(`${name} is ${JSON.stringify(text)}: it must be an https URL, ${meaning}`);
  }
  return url;
}

export function oneOf<T extends string>(
  env: Environment,
  name: string,
  allowed: readonly T[],
  fallback?: T,
): T {
  const value = env[name];
  if (!value && fallback !== undefined) return fallback;
  const known = allowed.find((candidate) => candidate === value);
  if (known !== undefined) return known;
  const said = value ? `is ${JSON.stringify(value)}` : 'is not set';
  throw new ConfigError(`${name} ${said}: it must be one of ${allowed.join(', ')}`);
}

export function flag(env: Environment, name: string): boolean {
  return oneOf(env, name, ['true', 'false'], 'false') === 'true';
}

export function integer(
  env: Environment,
  name: string,
  { fallback, from, to }: { readonly fallback: number; readonly from: number; readonly to: number },
): number {
  const text = env[name];
  if (!text) return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new ConfigError(`${name} is ${JSON.stringify(text)}: it must be an integer from ${from} to ${to}`);
}
