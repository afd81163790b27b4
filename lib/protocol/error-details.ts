/** How a Status looks from outside: google.rpc.Status, in bytes and in JSON. */
import { codeNumbers, type Status, type StatusDetail } from '../status.ts';
import { google } from './generated/messages.js';

/** A detail as google.protobuf.Any holds it, and as JSON shows it. */
export interface RenderedDetail {
  /** `google.rpc.BadRequest` and the like. */
  readonly typeName: string;
  /** The message's bytes. */
  readonly value: Uint8Array;
  /** The message in proto3 JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The details of an error, with the RequestInfo that every error carries first. */
export function renderDetails(status: Status, requestId: string): readonly RenderedDetail[] {
  return [{ type: 'RequestInfo', requestId } as const, ...status.details].map(renderDetail);
}

function renderDetail(detail: StatusDetail): RenderedDetail {
  const typeName = `google.rpc.${detail.type}`;
  switch (detail.type) {
    case 'BadRequest': {
      const { fieldViolations } = detail;
      const value = google.rpc.BadRequest.encode({ fieldViolations: [...fieldViolations] }).finish();
      return { typeName, value, json: { fieldViolations } };
    }
    case 'RequestInfo': {
      const { requestId } = detail;
      return { typeName, value: google.rpc.RequestInfo.encode({ requestId }).finish(), json: { requestId } };
    }
    case 'RetryInfo': {
      const seconds = Math.floor(detail.retryDelayMs / 1000);
      const nanos = (detail.retryDelayMs % 1000) * 1_000_000;
      const value = google.rpc.RetryInfo.encode({ retryDelay: { seconds, nanos } }).finish();
      return { typeName, value, json: { retryDelay: `${String(detail.retryDelayMs / 1000)}s` } };
    }
  }
}

/** google.rpc.Status in bytes, as `grpc-status-details-bin` carries it. */
export function encodeStatus(status: Status, requestId: string): Uint8Array {
  return google.rpc.Status.encode({
    code: codeNumbers[status.code],
    message: status.message,
    details: renderDetails(status, requestId).map(({ typeName, value }) => ({
      type_url: `type.googleapis.com/${typeName}`,
      value,
    })),
  }).finish();
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
