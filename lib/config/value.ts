/** What a setting may be, and how its text is read: the text of a variable, or of `--param name=value`. */
import { isLoopback } from '../runtime/loopback.ts';

/** A setting that is missing or wrong. The message names it, says what is wrong, and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the value of a setting. */
export interface ValueType<T = unknown> {
  /**
   * @param text not empty
   * @param name what the setting is called where the text comes from
   * @throws {ConfigError}
   */
  readonly parse: (text: string, name: string) => T;
  /** What would be right, to follow “it must be”. */
  readonly wanted: string;
}

/** @param said what a text is that is not read, to follow the name */
function valueType<T>(
  wanted: string,
  read: (text: string) => T | undefined,
  said = (text: string): string => `is ${JSON.stringify(text)}`,
): ValueType<T> {
  return {
    wanted,
    parse(text, name) {
      const value = read(text);
      if (value !== undefined) return value;
      throw new ConfigError(`${name} ${said(text)}: it must be ${wanted}`);
    },
  };
}

export function oneOf<T extends string | number | boolean>(...allowed: readonly T[]): ValueType<T> {
  return valueType(`one of ${allowed.join(', ')}`, (text) => allowed.find((value) => String(value) === text));
}

export const flag: ValueType<boolean> = oneOf<boolean>(true, false);

export function integer(from: number, to: number): ValueType<number> {
  return numberOf(/^\d{1,9}$/, 'an integer', from, to);
}

/**
 * @param form what the text looks like
 * @param kind the same in words
 */
export function numberOf(form: RegExp, kind: string, from: number, to: number): ValueType<number> {
  return valueType(`${kind} from ${from} to ${to}`, (given) => {
    const value = form.test(given) ? Number(given) : NaN;
    return value >= from && value <= to ? value : undefined;
  });
}

export function text(pattern: RegExp, wanted: string): ValueType<string> {
  return valueType(wanted, (given) => (pattern.test(given) ? given : undefined));
}

/** Never refused, so never repeated in a message: secrets are of this type. */
export const anyText: ValueType<string> = { wanted: 'a text', parse: (given) => given };

/** Some texts with commas. */
export function list(wanted: string, isItem: (item: string) => boolean): ValueType<readonly string[]> {
  const itemsOf = (given: string): readonly string[] => given.split(',').map((item) => item.trim());
  return valueType(
    wanted,
    (given) => {
      const items = itemsOf(given);
      return items.every(isItem) ? [...new Set(items)] : undefined;
    },
    (given) => `has ${JSON.stringify(itemsOf(given).find((item) => !isItem(item)))}`,
  );
}

/** An https address; one on this machine needs no TLS. */
export function url(meaning: string): ValueType<URL> {
  return valueType(`an https URL, ${meaning}`, (given) => {
    const address = URL.parse(given);
    const isHttp = address?.protocol === 'http:' && isLoopback(address.hostname);
    return address !== null && (isHttp || address.protocol === 'https:') ? address : undefined;
  });
}
