/** The references in a template: `Ref`, `Fn::GetAtt`, and what stands in the text of `Fn::Sub`. */
import { isRecord } from './template.ts';

/** To a resource, or with `attribute` to one of its attributes. */
export interface Reference {
  readonly id: string;
  readonly attribute?: string | undefined;
}

/** What CloudFormation knows without being told. */
const pseudoParameters = new Set(
  ['AccountId', 'NoValue', 'Partition', 'Region', 'StackName', 'URLSuffix'].map((name) => `AWS::${name}`),
);

/** The intrinsic function that a value is, with its argument; undefined where it is none. */
export function intrinsicOf(value: unknown): readonly [name: string, argument: unknown] | undefined {
  if (!isRecord(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  return entry[0] === 'Ref' || entry[0].startsWith('Fn::') ? entry : undefined;
}

/** The reference that `Fn::GetAtt` takes as a list or with a dot. */
export function readGetAtt(argument: unknown): Reference {
  const [id = '', ...attribute] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split('.');
  return { id, attribute: attribute.join('.') };
}

/** All references to resources within a value, at any depth. */
export function referencesIn(value: unknown): readonly Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  const [name, argument] = intrinsicOf(value) ?? [];
  if (name === 'Ref') return asReferences({ id: String(argument) });
  if (name === 'Fn::GetAtt') return asReferences(readGetAtt(argument));
  if (name === 'Fn::Sub') return referencesInText(String(argument));
  return Object.values(value).flatMap(referencesIn);
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html */
function referencesInText(text: string): readonly Reference[] {
  const names = [...text.matchAll(/\$\{(?!!)([^}]+)\}/g)].map(([, name]) => name!);
  return names.flatMap((name) => asReferences(name.includes('.') ? readGetAtt(name) : { id: name }));
}

function asReferences(reference: Reference): readonly Reference[] {
  return pseudoParameters.has(reference.id) ? [] : [reference];
}
