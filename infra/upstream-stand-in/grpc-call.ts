/** Unary methods as grpc-js calls them. */
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import { Refusal } from './refusal.ts';
import type { Call, CallLog } from './call-log.ts';
import type { Faults } from './faults.ts';
import { serviceError } from './grpc-error.ts';
import type { Timeline } from './timeline.ts';

export interface CallDeps {
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly timeline: Timeline;
  /** Delays answers, in real time. */
  readonly latency: Timeline;
}

export interface UnaryMethod<Request, Response> {
  /** What the call log keeps of a call. */
  readonly note: (request: Request) => Omit<Call, 'code' | 'at'>;
  /** Whether calls arrive and are never answered. */
  readonly isStalled: () => boolean;
  /** @throws {Refusal} */
  readonly answer: (call: ServerUnaryCall<Request, Response>) => Response | Promise<Response>;
}

/** Makes the handler of a method, which notes each call, and delays or stalls its answer if the faults say so. */
export function unaryHandler<Request, Response>(
  { faults, calls, timeline, latency }: CallDeps,
  { note, isStalled, answer }: UnaryMethod<Request, Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const noted = calls.begin({ ...note(call.request), at: timeline.now() });
    const requestId = `stand-in-${calls.begun}`;
    call.on('cancelled', () => {
      noted.code ??= 'CANCELLED';
    });
    if (isStalled()) return;
    const end = (code: string, send: () => void): void => {
      const sendNow = (): void => {
        noted.code ??= code;
        send();
      };
      if (faults.latencyMs === 0) sendNow();
      else latency.after(faults.latencyMs, sendNow);
    };
    attempt(() => answer(call)).then(
      (response) => {
        end('OK', () => {
          callback(null, response);
        });
      },
      (error: unknown) => {
        const status = error instanceof Refusal ? error : new Refusal('INTERNAL', String(error));
        end(status.code, () => {
          callback(serviceError(status, requestId));
        });
      },
    );
  };
}

/** Turns an error that is thrown at once into a rejected promise. */
async function attempt<T>(compute: () => T | Promise<T>): Promise<T> {
  return compute();
}
