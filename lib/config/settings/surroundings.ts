/** What a process is told by what it runs in. */
import { about } from '../about.ts';
import type { Setting } from '../setting.ts';
import { anyText } from '../value.ts';

export const stage = {
  variable: 'STAGE',
  type: anyText,
  fallback: 'local',
  ...about({ setBy: 'the stage', docs: 'the dimension `Stage` of the metrics' }),
} as const satisfies Setting;

// These tell Lambda, where functions face the internet, from elsewhere. A function's own settings cannot set the first
// three. serverless-offline sets the name too, and says that it is not Lambda.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime

export const lambdaRuntimeApi = {
  variable: 'AWS_LAMBDA_RUNTIME_API',
  type: anyText,
  ...about({
    readers: ['get', 'grpc'],
    setBy: 'Lambda',
    docs: 'if it is set, this is Lambda, which refuses `AUTH_MODE` = `none`',
  }),
} as const satisfies Setting;

export const lambdaRuntime = {
  variable: 'AWS_EXECUTION_ENV',
  type: anyText,
  ...about({
    readers: ['get', 'grpc'],
    setBy: 'Lambda',
    docs: 'if it begins with `AWS_Lambda_`, this is Lambda',
  }),
} as const satisfies Setting;

export const lambdaFunctionName = {
  variable: 'AWS_LAMBDA_FUNCTION_NAME',
  type: anyText,
  ...about({
    readers: ['get', 'grpc'],
    setBy: 'Lambda',
    docs: 'if it is set, and `IS_OFFLINE` is not `true`, this is Lambda',
  }),
} as const satisfies Setting;

export const isOffline = {
  variable: 'IS_OFFLINE',
  type: anyText,
  ...about({
    readers: ['get', 'grpc'],
    setBy: '`npm start`',
    docs: 'if it is `true`, this is not Lambda, although the function has a name',
  }),
} as const satisfies Setting;
