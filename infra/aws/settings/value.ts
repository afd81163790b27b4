/** What a setting may be, and how its text is read: `--param name=value` gives text, serverless.yml also others. */

export type SettingValue = string | number | boolean;

/** Reads the value of one setting. Gives a text that says what would be right where it is wrong. */
export interface ValueType<T extends SettingValue = SettingValue> {
  readonly parse: (given: SettingValue) => T | undefined;
  /** What would be right, to follow “it must be”. */
  readonly wanted: string;
}

export const flag: ValueType<boolean> = {
  parse: (given) => ({ true: true, false: false })[String(given)],
  wanted: 'true or false',
};

export function integer(from: number, to: number): ValueType<number> {
  return {
    parse: (given) => {
      const value = /^\d{1,9}$/.test(String(given)) ? Number(given) : NaN;
      return value >= from && value <= to ? value : undefined;
    },
    wanted: `an integer from ${from} to ${to}`,
  };
}

export function decimal(from: number, to: number): ValueType<number> {
  return {
    parse: (given) => {
      const value = /^\d{1,9}(\.\d{1,3})?$/.test(String(given)) ? Number(given) : NaN;
      return value >= from && value <= to ? value : undefined;
    },
    wanted: `a number from ${from} to ${to}`,
  };
}

export function oneOf<T extends string | number>(...allowed: readonly T[]): ValueType<T> {
  return {
    parse: (given) => allowed.find((value) => String(value) === String(given)),
    wanted: `one of ${allowed.join(', ')}`,
  };
}

export function text(pattern: RegExp, wanted: string): ValueType<string> {
  return { parse: (given) => (pattern.test(String(given)) ? String(given) : undefined), wanted };
}

/** The same, or nothing at all. */
export function optional<T extends SettingValue>({ parse, wanted }: ValueType<T>): ValueType<T | ''> {
  return { parse: (given) => (given === '' ? '' : parse(given)), wanted: `${wanted}, or empty` };
}

/** A JSON object; what may be in it is checked where it is read. */
export const jsonObject: ValueType<string> = {
  parse: (given) => {
    try {
      const value = JSON.parse(String(given)) as unknown;
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? String(given) : undefined;
    } catch {
      return undefined;
    }
  },
  wanted: 'a JSON object',
};

/** An https address; on this machine a plain one will do. */
export const url = text(/^(https:\/\/[^\s/]+|http:\/\/127\.0\.0\.1(:\d+)?)(\/\S*)?$/, 'an https URL');

export function arn(service: string, resource: string): ValueType<string> {
  return text(
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource}`),
    `an ARN such as arn:aws:${service}:…:${resource}…`,
  );
}
