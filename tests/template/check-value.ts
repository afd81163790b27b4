/** Checks a value of a template against the type that AWS's published schema gives it. */
import type { PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';
import { intrinsicOf } from './references.ts';
import { isRecord } from './template.ts';

/** Says that something is wrong at a place. */
export type Report = (place: string, problem: string) => void;

/** What the properties of a resource, or of a type within one, are. */
type PropertySchemas = Readonly<Record<string, { readonly type: PropertyType; readonly required?: boolean }>>;

/** The intrinsic functions of the templates here. Those that give a text always cannot stand for a list. */
const textFunctions = ['Fn::Sub', 'Fn::Join'];
const knownFunctions = ['Ref', 'Fn::GetAtt', ...textFunctions];

/** Checks names, types and presence of properties. */
export function checkProperties(
  db: SpecDatabase,
  schemas: PropertySchemas,
  properties: Readonly<Record<string, unknown>>,
  place: string,
  report: Report,
): void {
  for (const [name, value] of Object.entries(properties)) {
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (schema === undefined) report(`${place}.${name}`, `is unknown${similar(name, Object.keys(schemas))}`);
    else checkValue(db, schema.type, value, `${place}.${name}`, report);
  }
  for (const [name, { required }] of Object.entries(schemas))
    if (required === true && isAbsent(properties[name])) report(`${place}.${name}`, 'is missing');
}

function checkValue(
  db: SpecDatabase,
  type: PropertyType,
  value: unknown,
  place: string,
  report: Report,
): void {
  if (isAbsent(value)) return;
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== undefined) {
    checkIntrinsic(type, intrinsic[0], place, report);
    return;
  }
  const wrong = (wanted: string): void => {
    report(place, `must be ${wanted}, is ${JSON.stringify(value).slice(0, 60)}`);
  };
  switch (type.type) {
    case 'string':
      if (!['string', 'number', 'boolean'].includes(typeof value)) wrong('a text');
      return;
    case 'integer':
      if (!Number.isInteger(asNumber(value))) wrong('an integer');
      return;
    case 'number':
      if (Number.isNaN(asNumber(value))) wrong('a number');
      return;
    case 'boolean':
      if (!['true', 'false'].includes(String(value))) wrong('true or false');
      return;
    case 'array':
      if (!Array.isArray(value)) wrong('a list');
      else
        for (const [index, one] of value.entries())
          checkValue(db, type.element, one, `${place}[${index}]`, report);
      return;
    case 'map':
      if (!isRecord(value)) wrong('a map');
      else
        for (const [key, one] of Object.entries(value))
          checkValue(db, type.element, one, `${place}.${key}`, report);
      return;
    case 'ref': {
      const { properties } = db.get('typeDefinition', type.reference.$ref);
      if (!isRecord(value)) wrong('an object');
      else checkProperties(db, properties, value, place, report);
      return;
    }
    case 'union':
      checkUnion(db, type.types, value, place, report);
      return;
    case 'json':
      return;
    default:
      report(place, `the type ${type.type} is not known to this check`);
  }
}

/** One of the types must fit. `json`, which everything fits, counts only where there is no other for objects or lists. */
function checkUnion(
  db: SpecDatabase,
  types: readonly PropertyType[],
  value: unknown,
  place: string,
  report: Report,
): void {
  const isPlain = (type: PropertyType): boolean =>
    ['string', 'integer', 'number', 'boolean', 'json', 'null'].includes(type.type);
  const strict = types.every(isPlain) ? types : types.filter(({ type }) => type !== 'json');
  const attempts = strict.map((type) => {
    const problems: [string, string][] = [];
    checkValue(db, type, value, place, (...problem) => problems.push(problem));
    return problems;
  });
  // The one that fits best has the fewest problems; none if it fits.
  const [best = []] = attempts.sort((one, other) => one.length - other.length);
  for (const problem of best) report(...problem);
}

function checkIntrinsic(type: PropertyType, name: string, place: string, report: Report): void {
  if (!knownFunctions.includes(name)) report(place, `${name} is not known to this check`);
  if (textFunctions.includes(name) && type.type === 'array') report(place, 'must not be a text');
  if (['map', 'ref'].includes(type.type)) report(place, `must not be what ${name} gives`);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (isRecord(value) && value['Ref'] === 'AWS::NoValue');
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

function similar(name: string, known: readonly string[]): string {
  const near = known.find((candidate) => candidate.toLowerCase().startsWith(name.toLowerCase().slice(0, 4)));
  return near === undefined ? '' : `; ${near} is known`;
}
