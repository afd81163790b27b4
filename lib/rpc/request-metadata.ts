/** The request metadata that every protocol shares: HTTP headers and gRPC metadata of the same names. */
import { randomUUID } from 'node:crypto';
import { FieldMaskError, parseFieldMask, type FieldMask } from '../protobuf/field-mask.ts';
import type { Message } from '../protobuf/schema.ts';
import { invalidArgument } from '../runtime/status.ts';

/** Reads one header, by its name in lower case; several of the same name come joined by commas. */
export type HeaderReader = (name: string) => string | undefined;

/** What every method may be asked for beside its request. */
export interface RequestMetadata {
  /** What to answer with; undefined for the whole response. */
  readonly fieldMask: FieldMask | undefined;
  /** The answer must reflect this revision. */
  readonly minRevision: bigint | undefined;
  /** Whether the answer must show every write that was acknowledged before. */
  readonly consistent: boolean;
}

const largestRevision = 2n ** 63n - 1n;

/**
 * `x-field-mask`, `x-min-revision` and `x-consistent-read`.
 *
 * @param responseType what a mask chooses fields of
 * @param placeOf where what stands for a header was given, if it is not the header itself
 * @throws {Status} INVALID_ARGUMENT naming the place and what it takes
 */
export function readRequestMetadata(
  header: HeaderReader,
  responseType: Message,
  placeOf: (name: string) => string = (name) => name,
): RequestMetadata {
  return {
    fieldMask: readFieldMask(responseType, placeOf('x-field-mask'), header('x-field-mask')),
    minRevision: readMinRevision(header('x-min-revision')),
    consistent: readConsistentRead(header('x-consistent-read')),
  };
}

function readFieldMask(type: Message, place: string, text: string | undefined): FieldMask | undefined {
  if (text === undefined) return undefined;
  try {
    return parseFieldMask(type, text);
  } catch (error) {
    if (error instanceof FieldMaskError) throw invalidArgument(place, error.message);
    throw error;
  }
}

function readMinRevision(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const revision = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (revision === undefined || revision === 0n || revision > largestRevision) {
    throw invalidArgument(
      'x-min-revision',
      `must be a revision, an integer from 1 to ${String(largestRevision)}`,
    );
  }
  return revision;
}

function readConsistentRead(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw invalidArgument('x-consistent-read', 'must be true or false');
}

/** The caller's own request id where it is fit for a log line, otherwise a new one. */
export function readRequestId(header: HeaderReader): string {
  const given = header('x-request-id');
  return given !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : newRequestId();
}

/** Names this process. */
const idPrefix = randomUUID().slice(0, 24);
let idsMade = 0;

/** Unlike any other one: the process's and a number, which together look like a UUID. A random one takes ten times as long. */
function newRequestId(): string {
  idsMade = (idsMade + 1) % 2 ** 48;
  return idPrefix + idsMade.toString(16).padStart(12, '0');
}

const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * `grpc-timeout`, in milliseconds.
 *
 * @throws {Status} INVALID_ARGUMENT where it is not one
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function readGrpcTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (match === null)
    throw invalidArgument('grpc-timeout', 'must be up to 8 digits and a unit, such as 500m or 5S');
  return Number(match[1]) * unitsMs[match[2]!]!;
}

/**
 * `connect-timeout-ms`, in milliseconds.
 *
 * @throws {Status} INVALID_ARGUMENT where it is not one
 * @see https://connectrpc.com/docs/protocol#unary-request
 */
export function readConnectTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw invalidArgument('connect-timeout-ms', 'must be up to 10 digits');
  return Number(text);
}
