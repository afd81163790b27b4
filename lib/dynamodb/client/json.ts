/**
 * Requests and answers of DynamoDB, as far as the job table has them: items of strings, numbers and bytes.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TransportResponse } from './transport.ts';

/** The body of a request: the command's input, bytes in base64. */
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

/** An answer, before its bytes are read. */
interface Answer {
  readonly Item?: Item;
  readonly Attributes?: Item;
  readonly Items?: readonly Item[];
}

/**
 * The output in the body of an answer.
 *
 * @throws {SyntaxError} where the body is not JSON
 */
export function decodeAnswer(body: Uint8Array): object {
  const answer = JSON.parse(asBuffer(body).toString()) as Answer;
  for (const item of [answer.Item, answer.Attributes, ...(answer.Items ?? [])]) if (item) readBytes(item);
  // The SDK's retries write down there how often they tried.
  return Object.assign(answer, { $metadata: {} });
}

function readBytes(item: Item): void {
  for (const name in item) {
    const { B } = item[name] as { readonly B?: unknown };
    if (typeof B === 'string') item[name] = { B: Buffer.from(B, 'base64') };
  }
}

/** An error of DynamoDB, with what the SDK's retries look at. */
interface ServiceError extends Error {
  readonly $fault: 'client' | 'server';
  readonly $metadata: { readonly httpStatusCode: number; clockSkewCorrected?: boolean };
  /** For its `retry-after`. */
  readonly $response: TransportResponse;
}

/** The error in an answer that is none: by the name that DynamoDB gives it, if it was DynamoDB that answered. */
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
