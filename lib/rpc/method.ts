/** A method is a value: every protocol serves any of them, and names none. docs/extending.md says how to add one. */
import type { Credentials } from '../auth/authenticator.ts';
import type { Message } from '../protobuf/schema.ts';
import type { Deadline } from '../runtime/deadline.ts';
import type { ReadMeter } from '../reading/find-job.ts';
import type { LogFields } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { HeaderReader, RequestMetadata } from './request-metadata.ts';

/** What every kind of method has. `Request` is what the fields of its request type are, by their names in JSON. */
interface AnyMethod<Request extends object> {
  /** Full name of the service, as its paths begin. */
  readonly service: string;
  readonly name: string;
  readonly requestType: Message;
  readonly responseType: Message;
  /**
   * Where REST has it, such as `/jobs` or `/jobs/{job_id}`: a variable stands at the end only, for all that is left. Other
   * fields of the request are query parameters. Undefined if REST does not have it.
   */
  readonly restPath?: string;
  /** The most bytes that an encoded request may have; `requestSizeLimit` of request-size.ts unless set. */
  readonly requestSizeLimit?: number;
  /** What of a request that could be read is worth logging, also if it fails. */
  facts?(request: Request): LogFields;
}

export interface UnaryMethod<Request extends object = object> extends AnyMethod<Request> {
  readonly kind: 'unary';
  /** @throws {Status} */
  answer(request: Request, call: Call): Promise<Answer>;
}

export interface ServerStreamingMethod<Request extends object = object> extends AnyMethod<Request> {
  readonly kind: 'server-streaming';
  /**
   * Opens the stream. It should end soon after the call's deadline passes or its caller goes away, of which the deadline's
   * signal tells; nothing is taken from it then.
   *
   * @throws {Status} if there will be no stream; what its iteration throws ends it
   */
  answer(request: Request, call: Call): Promise<AsyncIterable<StreamMessage>>;
}

export type Method = UnaryMethod | ServerStreamingMethod;

/** All of a call but its request. */
export interface Call {
  readonly credentials: Credentials;
  readonly metadata: RequestMetadata;
  /** Passes when the caller or we want no answer any more; cancelled if the caller goes away. */
  readonly deadline: Deadline;
  /** Adds up what is spent on reading. */
  readonly meter: ReadMeter;
  /** For metadata that only some methods know. */
  readonly header: HeaderReader;
}

export interface Answer {
  /** The response's bytes. */
  readonly message: Uint8Array;
  /** Response metadata: HTTP headers and gRPC metadata of the same names. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Quotes included: equal tags mean equal messages. Undefined if the method has none. */
  readonly etag?: string;
  readonly record: AnswerRecord;
}

/** A message of a stream. */
export interface StreamMessage {
  readonly message: Uint8Array;
  /** Where a caller that was cut off can go on from, for protocols that have such a thing. */
  readonly id?: string;
}

/** What is worth logging of an answer. */
export interface AnswerRecord {
  readonly fields: LogFields;
  readonly counts: Metrics['values'];
  /** When it was last known for sure to be what upstream has; undefined if it changes no more. */
  readonly confirmedAt?: Date | undefined;
}

export function pathOf({ service, name }: Method): string {
  return `/${service}/${name}`;
}
