/**
 * How a Status looks from outside: google.rpc.Status, in bytes and in JSON.
 */
import {
  AnySchema,
  BadRequestSchema,
  ErrorInfoSchema,
  FieldViolationSchema,
  RequestInfoSchema,
  RetryInfoSchema,
  StatusSchema,
} from '../protobuf/generated/schema.ts';
import { fieldWriter } from '../protobuf/write-fields.ts';
import { codeNumbers, type Status, type StatusDetail } from '../runtime/status.ts';

/** A detail as google.protobuf.Any holds it, and as JSON shows it. */
export interface RenderedDetail {
  /** `google.rpc.BadRequest` and the like. */
  readonly typeName: string;
  /** The message's bytes. */
  readonly value: Uint8Array;
  /** The message in proto3 JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Whose reasons they are: AIP-193 wants a name that no other service has. */
export const errorDomain = 'datasphere-job-cache';

/** The details of an error: the RequestInfo and the ErrorInfo that every error carries, then its own. */
export function renderDetails(status: Status, requestId: string): readonly RenderedDetail[] {
  return [
    { type: 'RequestInfo', requestId } as const,
    { type: 'ErrorInfo', reason: status.reason, domain: errorDomain } as const,
    ...status.details,
  ].map(renderDetail);
}

/** A detail that every error carries. */
type CommonDetail =
  | { readonly type: 'RequestInfo'; readonly requestId: string }
  | { readonly type: 'ErrorInfo'; readonly reason: string; readonly domain: string };

const writeStatus = fieldWriter(StatusSchema);
const writeAny = fieldWriter(AnySchema);
const writeBadRequest = fieldWriter(BadRequestSchema);
const writeFieldViolation = fieldWriter(FieldViolationSchema);
const writeRequestInfo = fieldWriter(RequestInfoSchema);
const writeErrorInfo = fieldWriter(ErrorInfoSchema);
const writeRetryInfo = fieldWriter(RetryInfoSchema);

function renderDetail(detail: StatusDetail | CommonDetail): RenderedDetail {
  const typeName = `google.rpc.${detail.type}`;
  switch (detail.type) {
    case 'BadRequest': {
      const { fieldViolations } = detail;
      const value = writeBadRequest({ fieldViolations: fieldViolations.map(writeFieldViolation) });
      return { typeName, value, json: { fieldViolations } };
    }
    case 'RequestInfo': {
      const { requestId } = detail;
      return { typeName, value: writeRequestInfo({ requestId }), json: { requestId } };
    }
    case 'ErrorInfo': {
      const { reason, domain } = detail;
      return { typeName, value: writeErrorInfo({ reason, domain }), json: { reason, domain } };
    }
    case 'RetryInfo': {
      const { retryDelayMs } = detail;
      const seconds = Math.floor(retryDelayMs / 1000);
      const value = writeRetryInfo({ retryDelay: { seconds, nanos: (retryDelayMs % 1000) * 1_000_000 } });
      return { typeName, value, json: { retryDelay: `${String(retryDelayMs / 1000)}s` } };
    }
  }
}

/** google.rpc.Status in bytes, as `grpc-status-details-bin` carries it. */
export function encodeStatus(status: Status, requestId: string): Uint8Array {
  const details = renderDetails(status, requestId).map(({ typeName, value }) =>
    writeAny({ typeUrl: `type.googleapis.com/${typeName}`, value }),
  );
  return writeStatus({ code: codeNumbers[status.code], message: status.message, details });
}

/** google.rpc.Status in proto3 JSON, the body of a REST error as upstream's API writes it. */
export function statusToJson(status: Status, requestId: string): string {
  return JSON.stringify({
    code: codeNumbers[status.code],
    message: status.message,
    details: renderDetails(status, requestId).map(({ typeName, json }) => ({
      '@type': `type.googleapis.com/${typeName}`,
      ...json,
    })),
  });
}

/** How long the caller should wait before another try, in whole seconds rounded up; undefined where nobody knows. */
export function retryAfterSeconds(status: Status): number | undefined {
  const retry = status.details.find((detail) => detail.type === 'RetryInfo');
  return retry && Math.ceil(retry.retryDelayMs / 1000);
}
