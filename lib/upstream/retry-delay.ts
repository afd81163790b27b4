/**
 * When upstream says that another try is worth it.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto RetryInfo
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
import type { Metadata } from '@grpc/grpc-js';
import { MalformedMessageError, WireReader, WireType } from '../protobuf/wire.ts';

/**
 * Reads RetryInfo in `grpc-status-details-bin`, or what gateways say: `grpc-retry-pushback-ms`, or `retry-after` in
 * seconds.
 *
 * @returns milliseconds, undefined where upstream says nothing of it
 */
export function readRetryDelayMs(trailers: Metadata): number | undefined {
  const [details] = trailers.get('grpc-status-details-bin');
  return (
    (details instanceof Uint8Array ? readRetryInfoMs(details) : undefined) ??
    wholeNumber(trailers.get('grpc-retry-pushback-ms')[0]) ??
    wholeNumber(trailers.get('retry-after')[0], 1000)
  );
}

function wholeNumber(value: string | Buffer | undefined, unit = 1): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) * unit : undefined;
}

/** From a google.rpc.Status; details that cannot be read are as if they were not there. */
function readRetryInfoMs(status: Uint8Array): number | undefined {
  try {
    for (const any of fieldsOf(status, 3)) {
      const [typeUrl] = fieldsOf(any, 1);
      if (Buffer.from(typeUrl ?? []).toString() !== 'type.googleapis.com/google.rpc.RetryInfo') continue;
      const [retryInfo = nothing] = fieldsOf(any, 2);
      const [duration = nothing] = fieldsOf(retryInfo, 1);
      return Math.max(0, readDurationMs(duration));
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
  }
  return undefined;
}

const nothing = new Uint8Array();

/** The values of a length-delimited field. */
function fieldsOf(message: Uint8Array, number: number): readonly Uint8Array[] {
  const values: Uint8Array[] = [];
  const reader = new WireReader(message);
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === number * 8 + WireType.lengthDelimited) values.push(reader.readBytes());
    else reader.skip(tag);
  }
  return values;
}

function readDurationMs(duration: Uint8Array): number {
  const reader = new WireReader(duration);
  let ms = 0;
  while (!reader.atEnd) {
    const tag = reader.readTag();
    if (tag === 1 * 8 + WireType.varint) ms += Number(reader.readInt64()) * 1000;
    else if (tag === 2 * 8 + WireType.varint) ms += Number(reader.readInt64()) / 1e6;
    else reader.skip(tag);
  }
  return ms;
}
