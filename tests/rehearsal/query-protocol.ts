/**
 * AWS's query protocol: forms in, XML out.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import type { AwsAnswer, AwsError } from './aws-call.ts';
import { toXml, type XmlValue } from './xml.ts';

const ResponseMetadata = { RequestId: '00000000-0000-0000-0000-000000000000' };

export function queryAnswer(action: string, result: XmlValue): AwsAnswer {
  const body = toXml(`${action}Response`, { [`${action}Result`]: result, ResponseMetadata });
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

export function queryError({ status, code, message }: AwsError): AwsAnswer {
  const Error = { Type: 'Sender', Code: code, Message: message };
  return { status, headers: { 'content-type': 'text/xml' }, body: toXml('ErrorResponse', { Error }) };
}

/** `Tags.member.1.Key=…&Tags.member.1.Value=…` */
export function readQueryTags(input: URLSearchParams): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (let index = 1; input.has(`Tags.member.${index}.Key`); index++)
    tags[input.get(`Tags.member.${index}.Key`)!] = input.get(`Tags.member.${index}.Value`) ?? '';
  return tags;
}
