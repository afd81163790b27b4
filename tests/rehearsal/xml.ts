/** XML, and AWS's query protocol that answers in it: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
import type { AwsAnswer } from './aws-call.ts';

/** What becomes XML: a list is an element repeated, under the name that its key has. */
export type XmlValue =
  string | boolean | undefined | readonly XmlValue[] | { readonly [name: string]: XmlValue };

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An element, with its children inside; nothing for what is undefined. */
export function toXml(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((one: XmlValue) => toXml(name, one)).join('');
  const content =
    typeof value === 'object'
      ? Object.entries(value)
          .map(([child, one]) => toXml(child, one))
          .join('')
      : String(value).replaceAll(/[&<>"]/g, (character) => entities[character]!);
  return `<${name}>${content}</${name}>`;
}

export function queryAnswer(action: string, result: XmlValue): AwsAnswer {
  return { status: 200, body: toXml(`${action}Response`, { [`${action}Result`]: result }) };
}
