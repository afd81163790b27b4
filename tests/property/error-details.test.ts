import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeStatus, errorDomain } from '../../lib/protocol/error-details.ts';
import { codeNumbers, reasons, Status, type Reason, type StatusDetail } from '../../lib/runtime/status.ts';
import { decodeRpcMessage } from '../support/job-descriptors.ts';

const text = fc.string({ unit: 'grapheme' });
const arbitraryDetail = fc.oneof(
  fc.record({
    type: fc.constant('BadRequest' as const),
    fieldViolations: fc.array(fc.record({ field: text, description: text }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('RetryInfo' as const), retryDelayMs: fc.nat(10_000_000) }),
);

/** What another implementation of protobuf reads of a detail. */
function decoded({ typeUrl, value }: { typeUrl: string; value: Uint8Array }): object {
  const type = typeUrl.slice('type.googleapis.com/google.rpc.'.length) as
    StatusDetail['type'] | 'RequestInfo' | 'ErrorInfo';
  const message = decodeRpcMessage(type, value);
  switch (type) {
    case 'BadRequest':
      return {
        type,
        fieldViolations: message.fieldViolations.map(({ field, description }) => ({ field, description })),
      };
    case 'RequestInfo':
      return { type, requestId: message.requestId };
    case 'ErrorInfo':
      return { type, reason: message.reason, domain: message.domain };
    case 'RetryInfo': {
      const { seconds, nanos } = message.retryDelay;
      return { type, retryDelayMs: Number(seconds) * 1000 + nanos / 1_000_000 };
    }
  }
}

describe('encodeStatus', () => {
  it('writes every error so that another implementation reads the same from it, its RequestInfo and ErrorInfo first', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(reasons) as Reason[])),
        text,
        fc.array(arbitraryDetail, { maxLength: 3 }),
        fc.stringMatching(/^[a-z0-9]{1,20}$/),
        (reason, message, details, requestId) => {
          const read = decodeRpcMessage(
            'Status',
            encodeStatus(new Status(reason, message, { details }), requestId),
          );
          expect({ code: read.code, message: read.message, details: read.details.map(decoded) }).toEqual({
            code: codeNumbers[reasons[reason]],
            message,
            details: [
              { type: 'RequestInfo', requestId },
              { type: 'ErrorInfo', reason, domain: errorDomain },
              ...details,
            ],
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
