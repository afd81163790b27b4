/** Every state that a token can be in, and what each may open: said here once, apart from the code that decides it. */
import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK, type CryptoKey } from 'jose';
import {
  forgeToken,
  makeSigningKey,
  signToken,
  type SigningKey,
  type TokenInit,
} from '../support/token-issuer.ts';

/** What happened to the issuer of the tokens before the request. */
export type IssuerState =
  | 'up'
  /** The key `old` made place for `new`. */
  | 'rotated'
  /** It fails since some time, but its keys were read before. */
  | 'down, keys known'
  | 'down'
  | 'slow';

export interface Keys {
  readonly main: SigningKey;
  /** Another one of the issuer's, of another algorithm. */
  readonly rsa: SigningKey;
  readonly old: SigningKey;
  readonly new: SigningKey;
  /** Somebody else's, by the name of `main`. */
  readonly evilMain: SigningKey;
  /** Somebody else's, by a name of its own. */
  readonly evil: SigningKey;
  /** Where somebody else publishes keys; nobody must ever ask there. */
  readonly trap: string;
}

export async function makeKeys(trap: string): Promise<Keys> {
  const [main, rsa, old, renewed, evilMain, evil] = await Promise.all([
    makeSigningKey('main'),
    makeSigningKey('rsa', 'RS256'),
    makeSigningKey('old'),
    makeSigningKey('new'),
    makeSigningKey('main'),
    makeSigningKey('evil'),
  ]);
  return { main, rsa, old, new: renewed, evilMain, evil, trap };
}

export interface TokenState {
  readonly name: string;
  readonly issuer: IssuerState;
  /** What the `authorization` header says. */
  readonly authorization: (keys: Keys) => Promise<string | undefined> | string | undefined;
  /** The projects that it opens, or with what it is refused. */
  readonly opens: readonly string[] | 'UNAUTHENTICATED' | 'UNAVAILABLE';
}

const p1 = { project_ids: ['p1'] };
const everything = { project_ids: ['*'] };

type Forge = Omit<TokenInit, 'key'> & { readonly by?: (keys: Keys) => SigningKey };

const signed = async (
  keys: Keys,
  { by = ({ main }) => main, claims = {}, ...init }: Forge,
): Promise<string> => `Bearer ${await signToken({ key: by(keys), claims: { ...p1, ...claims }, ...init })}`;

const refused = (name: string, authorization: TokenState['authorization']): TokenState => ({
  name,
  issuer: 'up',
  authorization,
  opens: 'UNAUTHENTICATED',
});

const forged = (name: string, init: Forge): TokenState => refused(name, (keys) => signed(keys, init));

const good = (name: string, opens: readonly string[], init: Forge): TokenState => ({
  name,
  issuer: 'up',
  authorization: (keys) => signed(keys, init),
  opens,
});

const whenIssuer = (
  issuer: IssuerState,
  name: string,
  opens: TokenState['opens'],
  by?: Forge['by'],
): TokenState => ({
  name,
  issuer,
  opens,
  authorization: (keys) => signed(keys, by === undefined ? {} : { by }),
});

const publicKeyText = async ({ main }: Keys): Promise<string> =>
  exportSPKI((await importJWK(main.jwk, main.jwk.alg, { extractable: true })) as CryptoKey);

const hmac =
  (secret: string | Buffer) =>
  (input: string): Buffer =>
    createHmac('sha256', secret).update(input).digest();

const unsigned = (): Buffer => Buffer.alloc(0);

export const tokenStates: readonly TokenState[] = [
  refused('none', () => undefined),
  refused('another scheme', () => 'Basic dTpw'),
  refused('a bearer without a token', () => 'Bearer'),
  refused('no token at all', () => 'Bearer x'),
  refused('three empty parts', () => 'Bearer ..'),
  refused('cut short', async (keys) => (await signed(keys, {})).slice(0, -1)),
  refused('without its signature', async (keys) => (await signed(keys, {})).replace(/[^.]*$/, '')),
  refused('with another payload', async (keys) => {
    const [header, , signature] = (await signed(keys, {})).split('.');
    const [, payload] = (await signed(keys, { claims: everything })).split('.');
    return [header, payload, signature].join('.');
  }),
  refused('two at once', async (keys) => `${await signed(keys, {})}, ${await signed(keys, {})}`),

  ...['none', 'None', 'NONE', ''].map((alg) =>
    refused(`alg "${alg}"`, () => `Bearer ${forgeToken({ alg, kid: 'main' }, everything, unsigned)}`),
  ),
  refused('no alg', () => `Bearer ${forgeToken({ kid: 'main' }, everything, unsigned)}`),
  refused('HMAC with the public key as PEM', async (keys) => {
    const secret = await publicKeyText(keys);
    return `Bearer ${forgeToken({ alg: 'HS256', kid: 'main' }, everything, hmac(secret))}`;
  }),
  refused('HMAC with the public key as JWK', ({ main }) => {
    const secret = JSON.stringify(main.jwk);
    return `Bearer ${forgeToken({ alg: 'HS256', kid: 'main' }, everything, hmac(secret))}`;
  }),
  refused('HMAC with nothing', () => {
    return `Bearer ${forgeToken({ alg: 'HS256', kid: 'main' }, everything, hmac(''))}`;
  }),

  forged('wrong issuer', { claims: { iss: 'https://evil.example.org' } }),
  forged('issuer with a slash more', { claims: { iss: 'https://issuer.example.org/' } }),
  forged('no issuer', { claims: { iss: undefined as never } }),
  forged('wrong audience', { claims: { aud: 'others' } }),
  forged('no audience', { claims: { aud: undefined as never } }),
  forged('wrong key', { by: ({ evilMain }) => evilMain }),
  forged('expired', { expiresIn: -60 }),
  forged('without an end', { expiresIn: undefined }),
  forged('not yet valid', { validIn: 120 }),

  forged('unknown kid', { by: ({ evil }) => evil }),
  forged('kid of a key of another algorithm', { header: { kid: 'rsa' } }),
  forged('kid that is a path', { by: ({ evil }) => evil, header: { kid: '../../../dev/null' } }),
  forged('kid that is a query', { by: ({ evil }) => evil, header: { kid: "x' UNION SELECT 'main" } }),
  forged('kid that is __proto__', { by: ({ evil }) => evil, header: { kid: '__proto__' } }),
  refused(
    'kid that is a list',
    () => `Bearer ${forgeToken({ alg: 'ES256', kid: ['main'] }, everything, () => Buffer.alloc(64))}`,
  ),
  refused('jku of somebody else', (keys) =>
    signed(keys, { by: ({ evil }) => evil, claims: everything, header: { jku: keys.trap } }),
  ),
  refused('jku of somebody else, kid of a good key', (keys) =>
    signed(keys, { by: ({ evilMain }) => evilMain, claims: everything, header: { jku: keys.trap } }),
  ),
  refused('x5u of somebody else', (keys) =>
    signed(keys, { by: ({ evilMain }) => evilMain, claims: everything, header: { x5u: keys.trap } }),
  ),
  refused('a key of its own', (keys) =>
    signed(keys, {
      by: ({ evilMain }) => evilMain,
      claims: everything,
      header: { jwk: keys.evilMain.jwk },
    }),
  ),
  forged('crit that nobody knows', { header: { crit: ['x-unheard-of'], 'x-unheard-of': true } }),
  refused('crit that is empty', () => {
    const header = { alg: 'ES256', kid: 'main', crit: [] };
    return `Bearer ${forgeToken(header, everything, () => Buffer.alloc(64))}`;
  }),

  good('no claim', [], { claims: { project_ids: undefined } }),
  good('empty list', [], { claims: { project_ids: [] } }),
  good('empty text', [], { claims: { project_ids: '' } }),
  good('claim of another form', [], { claims: { project_ids: { p1: true } } }),
  good('claim of a number', [], { claims: { project_ids: [1] } }),
  good('other project', ['p2'], { claims: { project_ids: ['p2'] } }),
  good('project with a longer name', ['p11'], { claims: { project_ids: ['p11', 'xp1', 'P1', ' p1'] } }),
  good('right project', ['p1'], { claims: { project_ids: ['p0', 'p1'] } }),
  good('right project in a text', ['p1'], { claims: { project_ids: 'p0 p1' } }),
  good('both projects', ['p1', 'p2'], { claims: { project_ids: ['p1', 'p2'] } }),
  good('*', ['*'], { claims: everything }),
  good('* as a text', ['*'], { claims: { project_ids: '*' } }),

  good('another key of the issuer', ['p1'], { by: ({ rsa }) => rsa }),
  good('no kid, of the only key of its algorithm', ['p1'], { header: { kid: undefined } }),
  good('one audience of several', ['p1'], { claims: { aud: ['others', 'jobs'] } }),
  good('expired within the tolerance', ['p1'], { expiresIn: -10 }),
  good('valid within the tolerance', ['p1'], { validIn: 10 }),
  {
    name: 'a jku that is no matter, beside the right key',
    issuer: 'up',
    authorization: (keys) => signed(keys, { header: { jku: keys.trap, x5u: keys.trap } }),
    opens: ['p1'],
  },

  whenIssuer('rotated', 'rotated key', ['p1'], (keys) => keys.new),
  whenIssuer('rotated', 'key that was rotated out', 'UNAUTHENTICATED', (keys) => keys.old),
  whenIssuer('down, keys known', 'JWKS down, key known', ['p1']),
  whenIssuer('down, keys known', 'JWKS down, key unknown', 'UNAVAILABLE', (keys) => keys.new),
  whenIssuer('down', 'JWKS down from the start', 'UNAVAILABLE'),
  whenIssuer('slow', 'JWKS slow', 'UNAVAILABLE'),
];
