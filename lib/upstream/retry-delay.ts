/**
 * When upstream says that another try is worth it.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto RetryInfo
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
import type { Metadata } from '@grpc/grpc-js';
import { AnySchema, RetryInfoSchema, StatusSchema } from '../protobuf/generated/schema.ts';
import { fieldReader } from '../protobuf/read-fields.ts';
import { MalformedMessageError } from '../protobuf/wire.ts';

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

const readStatus = fieldReader(StatusSchema, ['details']);
const readDetail = fieldReader(AnySchema, ['typeUrl', 'value']);
const readRetryInfo = fieldReader(RetryInfoSchema, ['retryDelay']);

/** From a google.rpc.Status; details that cannot be read are as if they were not there. */
function readRetryInfoMs(status: Uint8Array): number | undefined {
  try {
    for (const { typeUrl, value } of readStatus(status).details.map(readDetail)) {
      if (typeUrl !== 'type.googleapis.com/google.rpc.RetryInfo') continue;
      const { seconds, nanos } = readRetryInfo(value).retryDelay ?? { seconds: 0, nanos: 0 };
      return Math.max(0, seconds * 1000 + nanos / 1e6);
    }
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
  }
  return undefined;
}
