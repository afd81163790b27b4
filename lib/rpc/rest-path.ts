import type { Method } from './method.ts';

/** The method that REST has at a path; undefined if it has none there. */
export function findByRestPath(methods: readonly Method[], path: string): Method | undefined {
  return (
    methods.find(({ restPath }) => restPath === path) ??
    methods.find(({ restPath }) => {
      const [prefix, variable] = splitPattern(restPath);
      return variable !== undefined && path.startsWith(prefix!);
    })
  );
}

/** What the variable of a method's path is in a path that is one of the method's. */
export function pathVariables({ restPath }: Method, path: string): Readonly<Record<string, string>> {
  const [prefix, variable] = splitPattern(restPath);
  return variable === undefined ? {} : { [variable]: decodePath(path.slice(prefix!.length)) };
}

/** What stands before the variable, and its name. */
function splitPattern(pattern = ''): readonly string[] {
  return pattern.split(/[{}]/);
}

/** A part of a path. One that is wrongly encoded is left as it is, and so refused for its `%` if it names something. */
function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
