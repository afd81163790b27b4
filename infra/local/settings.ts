/** What only `npm start` is told, and commands that talk to what it has started. */
import type { Setting } from '../../lib/config/setting.ts';
import { anyText, numberOf, text } from '../../lib/config/value.ts';

const portType = numberOf(/^\d{1,5}$/, 'a port', 1, 65_535);

export const httpPort = {
  variable: 'HTTP_PORT',
  type: portType,
  fallback: 3000,
  readers: ['local'],
  docs: 'the port of HTTP',
} as const satisfies Setting;

export const sqsPort = {
  variable: 'SQS_PORT',
  type: portType,
  fallback: 9324,
  readers: ['local'],
  docs: 'the port of the queue, for commands too that talk to it',
} as const satisfies Setting;

export const dynamoDbPort = {
  variable: 'DYNAMODB_PORT',
  type: portType,
  fallback: 8000,
  readers: ['local'],
  docs: 'the port of the table, for commands too that talk to it',
} as const satisfies Setting;

export const demo = {
  variable: 'DEMO',
  type: anyText,
  fallback: '1',
  readers: ['local'],
  docs: 'if it is `0`, the demo job does not move',
} as const satisfies Setting;

export const madeUpUpstream = {
  variable: 'UPSTREAM',
  type: text(/^demo$/, 'demo'),
  readers: ['local'],
  docs: 'what feeds the table; with `demo` it is a made-up upstream',
} as const satisfies Setting;
