/** What one server of native gRPC takes on. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { integer } from '../value.ts';

export const grpcMaxCalls = {
  variable: 'GRPC_MAX_CALLS',
  type: integer(1, 100_000),
  fallback: 500,
  ...about({
    readers: ['grpc'],
    docs: 'calls that one server works on at once; it refuses more ([limits.md](limits.md))',
  }),
} as const satisfies Setting;

export const grpcSharedReadMs = {
  variable: 'GRPC_SHARED_READ_MS',
  type: integer(0, 60_000),
  fallback: 50,
  ...about({
    readers: ['grpc'],
    docs:
      'how long one read is shared by calls of the same job, in milliseconds; 0 means never ' +
      '([capacity.md](capacity.md#native-grpc))',
  }),
} as const satisfies Setting;
