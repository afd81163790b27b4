/**
 * DynamoDB's requests and answers in JSON, for items of strings, numbers and bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TransportResponse } from './transport.ts';

/** The body of a request: the command's input, with bytes in base64. */
export function encodeRequest(input: object): string {
  return JSON.stringify(withBase64(input));
}

function withBase64(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return asBuffer(value).toString('base64');
  if (Array.isArray(value)) return value.map(withBase64);
  const result: Record<string, unknown> = {};
  for (const name in value) result[name] = withBase64((value as Readonly<Record<string, unknown>>)[name]);
  return result;
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

type Item = Record<string, AttributeValue>;

/** An answer whose bytes are still base64. */
interface Answer {
  readonly Item?: Item;
  readonly Attributes?: Item;
  readonly Items?: readonly Item[];
}

/**
 * The output of a command, from the body of its answer.
 *
 * @throws {SyntaxError} if the body is not JSON
 */
export function decodeAnswer(body: Uint8Array): object {
  const answer = JSON.parse(asBuffer(body).toString()) as Answer;
  for (const item of [answer.Item, answer.Attributes, ...(answer.Items ?? [])]) if (item) readBytes(item);
  // The SDK's retries write into it how often they tried.
  return Object.assign(answer, { $metadata: {} });
}

function readBytes(item: Item): void {
  for (const name in item) {
    const { B } = item[name] as { readonly B?: unknown };
    if (typeof B === 'string') item[name] = { B: Buffer.from(B, 'base64') };
  }
}

/** An error of DynamoDB, with the properties that the SDK's retries read. */
interface ServiceError extends Error {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { readonly httpStatusCode: number; clockSkewCorrected?: boolean };
  /** They read its header `retry-after`. */
  readonly $response: TransportResponse;
}

/** The error in an answer, by DynamoDB's name for it. Anything else may have answered in DynamoDB's place. */
export function decodeError(response: TransportResponse): ServiceError {
  const { statusCode, body } = response;
  const { __type, message, Message, ...rest } = decodeErrorBody(body);
  const type = typeof __type === 'string' ? __type : 'UnknownError';
  const error = new Error(message ?? Message ?? `the table answered with HTTP status ${statusCode}`);
  error.name = type.slice(type.lastIndexOf('#') + 1);
  const $fault = statusCode < 500 ? ('client' as const) : ('server' as const);
  return Object.assign(error, rest, {
    $fault,
    $metadata: { httpStatusCode: statusCode },
    $response: response,
  });
}

function decodeErrorBody(body: Uint8Array): { __type?: unknown; message?: string; Message?: string } {
  try {
    return decodeAnswer(body);
  } catch {
    return {};
  }
}
