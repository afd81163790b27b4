/** Who may read: one row a setting, as in all files of this folder. docs/development.md says what follows from a row. */
import { about } from '../about.ts';
import { principals } from '../principals.ts';
import type { Setting } from '../setting.ts';
import { anyText, list, oneOf, text, url } from '../value.ts';

export const auth = {
  variable: 'AUTH_MODE',
  type: oneOf('iam', 'jwt', 'none'),
  fallback: 'iam',
  ...about({
    readers: ['get', 'grpc'],
    docs:
      'who checks callers: with `iam` API Gateway lets only signed requests through, with `jwt` the function checks ' +
      'bearer tokens, and with `none`, on the stage local, nothing is checked',
  }),
} as const satisfies Setting;

export const jwtIssuer = {
  variable: 'JWT_ISSUER',
  type: text(/\S/, 'the `iss` that tokens must have'),
  ...about({ readers: ['get', 'grpc'], docs: 'who issues the tokens; needed with `auth=jwt`' }),
} as const satisfies Setting;

export const jwtAudience = {
  variable: 'JWT_AUDIENCE',
  type: text(/\S/, 'the `aud` that tokens must have'),
  ...about({ readers: ['get', 'grpc'], docs: 'whom the tokens are for; needed with `auth=jwt`' }),
} as const satisfies Setting;

export const jwtJwksUri = {
  variable: 'JWT_JWKS_URI',
  type: url('the address of the JSON Web Key Set'),
  ...about({ readers: ['get', 'grpc'], docs: "where the issuer's keys are; needed with `auth=jwt`" }),
} as const satisfies Setting;

export const jwtProjectsClaim = {
  variable: 'JWT_PROJECTS_CLAIM',
  type: anyText,
  fallback: 'project_ids',
  ...about({ readers: ['get', 'grpc'], docs: 'the claim that lists the projects a caller may read' }),
} as const satisfies Setting;

export const iamProjects = {
  variable: 'IAM_PROJECTS',
  type: principals,
  ...about({
    readers: ['get'],
    docs: 'with `auth=iam`, who may read which projects; all callers read all of them unless it is set ([security.md](security.md))',
  }),
} as const satisfies Setting;

export const corsOrigins = {
  variable: 'CORS_ORIGINS',
  type: list('a list of origins with commas, `https://example.org` or `*`', isOrigin),
  ...about({ readers: ['get'], docs: 'origins whose pages may call; with `auth=jwt` only' }),
} as const satisfies Setting;

function isOrigin(item: string): boolean {
  return item === '' || item === '*' || (!item.includes('*') && URL.parse(item)?.origin === item);
}
