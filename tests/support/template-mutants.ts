/** Copies of a template with one mistake each, everywhere that a check must notice it. */
import { loadSchemas } from '../template/check-template.ts';
import { intrinsicOf } from '../template/references.ts';
import { isRecord, type Template } from '../template/template.ts';

export interface Mutant {
  readonly place: string;
  readonly template: Template;
}

type Path = readonly (string | number)[];

/** Values that AWS leaves to whoever writes them: any name and text is right there. */
const free = ['Condition', 'Variables', 'EventPattern', 'Principal', 'DashboardBody', 'Options'];

const isFree = (path: Path): boolean => path.some((step) => free.includes(String(step)));

/** Every value within the resources' properties, with its path; an intrinsic function counts as one value. */
function* values(value: unknown, path: Path): Generator<readonly [Path, unknown]> {
  if (path.length > 3) yield [path, value];
  if (intrinsicOf(value) !== undefined) return;
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* values(one, [...path, index]);
  else if (isRecord(value))
    for (const [name, one] of Object.entries(value)) yield* values(one, [...path, name]);
}

/** One of each kind: the same property of another resource of the same type shows nothing new. */
function* propertyValues(template: Template): Generator<readonly [Path, unknown]> {
  const seen = new Set<string>();
  for (const [id, { Type, Properties }] of Object.entries(template.Resources))
    for (const [path, value] of values(Properties, ['Resources', id, 'Properties'])) {
      const steps = path.slice(3).map((step) => (typeof step === 'number' ? '#' : step));
      const kind = [Type, ...steps, intrinsicOf(value)?.[0] ?? typeof value].join(' ');
      if (isFree(path) || seen.has(kind)) continue;
      seen.add(kind);
      yield [path, value];
    }
}

/** A copy in which the object that holds the path's last step was changed. */
function mutant(
  template: Template,
  path: Path,
  change: (holder: Record<string | number, unknown>, key: string | number) => void,
): Mutant {
  const copy = structuredClone(template);
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], copy);
  change(holder as Record<string | number, unknown>, path.at(-1)!);
  return { place: path.join('.'), template: copy };
}

export function* misspell(template: Template): Generator<Mutant> {
  for (const [path] of propertyValues(template)) {
    if (typeof path.at(-1) === 'number') continue;
    yield mutant(template, path, (holder, key) => {
      holder[`${key}s`] = holder[key];
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a key of a copy
      delete holder[key];
    });
  }
}

export function* dropRequired(template: Template): Generator<Mutant> {
  const db = loadSchemas();
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    const [schema] = db.lookup('resource', 'cloudFormationType', 'equals', Type);
    for (const [name, { required }] of Object.entries(schema!.properties))
      if (required === true)
        yield mutant(template, ['Resources', id, 'Properties', name], (holder, key) => {
          // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a key of a copy
          delete holder[key];
        });
  }
}

export function* mistype(template: Template): Generator<Mutant> {
  for (const [path, value] of propertyValues(template)) {
    if (intrinsicOf(value) !== undefined) continue;
    const other = typeof value === 'object' ? 'a text' : { an: 'object', of: 'two' };
    yield mutant(template, path, (holder, key) => {
      holder[key] = other;
    });
  }
}

export function* redirect(template: Template): Generator<Mutant> {
  for (const [path, value] of propertyValues(template)) {
    const [name, argument] = intrinsicOf(value) ?? [];
    if (name === undefined || JSON.stringify(argument).includes('AWS::NoValue')) continue;
    for (const id of Object.keys(template.Resources)) {
      if (!new RegExp(`\\b${id}\\b`).test(JSON.stringify(argument))) continue;
      const dangling = JSON.parse(
        JSON.stringify(argument).replace(new RegExp(`\\b${id}\\b`), 'Nowhere'),
      ) as unknown;
      yield mutant(template, path, (holder, key) => {
        holder[key] = { [name]: dangling };
      });
    }
  }
}
