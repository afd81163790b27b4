import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { oneOf } from '../value.ts';

export const logLevel = {
  variable: 'LOG_LEVEL',
  type: oneOf('debug', 'info', 'warn', 'error'),
  fallback: 'info',
  ...about({
    docs: 'lines below it are left out; the metrics are in the `info` lines, so only the stage local may have less',
  }),
} as const satisfies Setting;
