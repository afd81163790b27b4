/**
 * The authorisation matrix: every mode, protocol, state of the token and state of the job, through the real protocols
 * with a real key server. What each cell must answer follows from `opens` of the token, or of the principal, and from
 * the project of the job alone.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Authenticator } from '../../lib/auth/authenticator.ts';
import { createAuthenticator } from '../../lib/auth/create-authenticator.ts';
import { createJwtAuthenticator } from '../../lib/auth/jwt.ts';
import { cooldownMs, freshMs } from '../../lib/auth/key-set.ts';
import { startGrpcService, type RunningGrpc } from '../support/grpc-service.ts';
import { startGateway, type Gateway } from '../support/lambda-gateway.ts';
import { clientFactories } from '../support/rpc-clients.ts';
import { jobIds, startService, type TestService } from '../support/service.ts';
import {
  audience,
  issuerName,
  signToken,
  startTokenIssuer,
  type TokenIssuer,
} from '../support/token-issuer.ts';
import { askRest, askRestForCode, askRpc, type Ask } from './asks.ts';
import { makeKeys, tokenStates, type IssuerState, type Keys, type TokenState } from './token-states.ts';

/** The project of each job that can be read by those who may; undefined where there is nothing to read. */
const jobs: Readonly<Record<string, { readonly id: string; readonly project: string | undefined }>> = {
  there: { id: jobIds.plain, project: 'p1' },
  absent: { id: 'no-such-job', project: undefined },
  deleted: { id: jobIds.deleted, project: undefined },
  'not visible': { id: jobIds.invisible, project: undefined },
  'in another project': { id: jobIds.otherProject, project: 'p2' },
};

/** The rule, all of it. */
function expectedAnswer(opens: TokenState['opens'], { id, project }: (typeof jobs)[string]): string {
  if (opens === 'UNAVAILABLE') return 'UNAVAILABLE: tokens cannot be checked at the moment';
  if (opens === 'UNAUTHENTICATED') return 'UNAUTHENTICATED';
  const isOpen = project !== undefined && (opens.includes('*') || opens.includes(project));
  return isOpen ? `OK: ${id}` : `NOT_FOUND: job ${id} was not found`;
}

/** What each job's ETag is, or would be: to ask with the right one is the most that somebody can guess. */
const etags = new Map<string, string>();
const restForCode: Readonly<Record<string, (url: string) => Ask>> = {
  'REST, HEAD': (url) => askRestForCode(url, () => ({ method: 'HEAD' }), 200),
  'REST, If-None-Match': (url) =>
    askRestForCode(url, (jobId) => ({ headers: { 'if-none-match': etags.get(jobId) ?? '*' } }), 304),
};

const rpcProtocols = {
  'Connect with GET': 'connect-node, Connect with GET in JSON',
  'Connect in JSON': 'connect-node, Connect in JSON',
  'Connect in binary': 'connect-node, Connect in binary',
  'gRPC-Web': 'connect-node, gRPC-Web in binary',
  'gRPC-Web in text': 'grpc-web, text',
} as const;
const httpProtocols = ['REST', ...Object.keys(restForCode), ...Object.keys(rpcProtocols)];
const protocols = [...httpProtocols, 'native gRPC'];

/** A service behind one authenticator, and a client for each protocol. */
class Door {
  readonly asks = new Map<string, Ask>();
  private readonly closers: (() => Promise<void> | void)[] = [];

  static async open(service: TestService, authenticator: Authenticator, authorizer?: object): Promise<Door> {
    const door = new Door();
    // How long it takes is not asked here.
    const parts = { ...service.parts, authenticator, notFoundAfterMs: 0 };
    const gateway: Gateway = await startGateway(parts, authorizer);
    const server: RunningGrpc = await startGrpcService(parts);
    door.closers.push(
      () => server.stop(),
      () => gateway.stop(),
    );
    const ports = { http: gateway.url, grpc: server.port };
    door.asks.set('REST', askRest(gateway.url));
    for (const [protocol, ask] of Object.entries(restForCode)) door.asks.set(protocol, ask(gateway.url));
    for (const [protocol, factory] of [
      ...Object.entries(rpcProtocols),
      ['native gRPC', 'grpc-js'] as const,
    ]) {
      const client = clientFactories[factory]!(ports);
      door.asks.set(protocol, askRpc(client));
      door.closers.unshift(() => client.close?.());
    }
    return door;
  }

  /** What becomes of every job, by its state. */
  async tryAll(protocol: string, authorization: string | undefined): Promise<Record<string, string>> {
    const ask = this.asks.get(protocol)!;
    const answers = Object.entries(jobs).map(
      async ([state, { id }]) => [state, await ask(id, authorization)] as const,
    );
    return Object.fromEntries(await Promise.all(answers));
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }
}

const expectedOfAll = (opens: TokenState['opens'], protocol: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(jobs).map(([state, job]) => {
      const answer = expectedAnswer(opens, job);
      return [state, protocol in restForCode ? answer.split(':')[0]! : answer];
    }),
  );

describe('the authorisation matrix', () => {
  let service: TestService;
  let trap: TokenIssuer;
  let keys: Keys;
  beforeAll(async () => {
    service = await startService();
    const gateway = await startGateway(service.parts);
    for (const { id } of Object.values(jobs)) {
      const etag = (await fetch(`${gateway.url}/datasphere/v2/jobs/${id}`)).headers.get('etag');
      if (etag !== null) etags.set(id, etag);
    }
    await gateway.stop();
    expect([...etags.keys()]).toEqual([jobIds.plain, jobIds.otherProject]);
    trap = await startTokenIssuer();
    keys = await makeKeys(trap.jwksUri.href);
    trap.published = { keys: [keys.evil.jwk, keys.evilMain.jwk] };
  });
  afterAll(async () => {
    await trap.stop();
    await service.stop();
  });

  describe('AUTH_MODE=jwt', () => {
    const doors = new Map<IssuerState, Door>();
    const issuers: TokenIssuer[] = [];

    /** Opens a door whose issuer has gone through something. */
    const openDoor = async (state: IssuerState): Promise<void> => {
      const [before, after] =
        state === 'rotated'
          ? [[keys.old], [keys.new]]
          : [
              [keys.main, keys.rsa],
              [keys.main, keys.rsa],
            ];
      const issuer = await startTokenIssuer(...before);
      issuers.push(issuer);
      let aheadMs = 0;
      const options = { issuer: issuerName, audience, jwksUri: issuer.jwksUri, projectsClaim: 'project_ids' };
      const clock = (): number => Date.now() + aheadMs;
      const door = await Door.open(service, createJwtAuthenticator(options, clock, clock));
      doors.set(state, door);
      const warm = async (key = before[0]!): Promise<unknown> =>
        door.asks.get('REST')!(
          jobIds.plain,
          `Bearer ${await signToken({ key, claims: { project_ids: '*' } })}`,
        );
      if (state === 'down') issuer.behaviour = 'fails';
      if (state === 'slow') issuer.behaviour = 'hangs';
      if (state === 'rotated' || state === 'down, keys known')
        expect(await warm()).toBe(`OK: ${jobIds.plain}`);
      if (state === 'rotated') {
        issuer.published = { keys: after.map(({ jwk }) => jwk) };
        aheadMs += cooldownMs;
        expect(await warm(after[0])).toBe(`OK: ${jobIds.plain}`);
      }
      if (state === 'down, keys known') {
        issuer.behaviour = 'fails';
        // Tokens made by the other clock are good for five minutes more.
        aheadMs += Math.max(cooldownMs, freshMs) - 6 * 60_000;
      }
    };

    beforeAll(async () => {
      for (const state of ['up', 'rotated', 'down, keys known', 'down', 'slow'] as const)
        await openDoor(state);
    });
    afterAll(async () => {
      for (const door of doors.values()) await door.close();
      for (const issuer of issuers) await issuer.stop();
    });

    describe.each(protocols)('over %s', (protocol) => {
      it.each(tokenStates.map((state) => [state.name, state] as const))('%s', async (_, state) => {
        const authorization = await state.authorization(keys);
        const answers = await doors.get(state.issuer)!.tryAll(protocol, authorization);
        expect(answers).toEqual(expectedOfAll(state.opens, protocol));
      });
    });

    it('never asks for keys where a token says', () => {
      expect(trap.asked()).toBe(0);
    });
  });

  describe('AUTH_MODE=none', () => {
    let door: Door;
    beforeAll(async () => {
      door = await Door.open(service, createAuthenticator({ mode: 'none' }));
    });
    afterAll(() => door.close());

    describe.each(protocols)('over %s', (protocol) => {
      it.each(tokenStates.map((state) => [state.name, state] as const))(
        'opens everything: %s',
        async (_, state) => {
          expect(await door.tryAll(protocol, await state.authorization(keys))).toEqual(
            expectedOfAll(['*'], protocol),
          );
        },
      );
    });
  });

  describe('AUTH_MODE=iam', () => {
    const arn = (name: string): string => `arn:aws:sts::123456789012:assumed-role/${name}/session`;
    const authenticator = createAuthenticator({
      mode: 'iam',
      principals: [
        { principal: 'arn:aws:iam::123456789012:role/p1-reader', projects: ['p1'] },
        { principal: 'arn:aws:iam::123456789012:role/p2-reader', projects: ['p2'] },
        { principal: 'arn:aws:iam::123456789012:role/reader', projects: ['*'] },
      ],
    });
    const signedBy = (userArn: unknown): object => ({ iam: { userArn, accountId: '123456789012' } });
    const principals: readonly (readonly [string, object | undefined, TokenState['opens']])[] = [
      ['no authorizer', undefined, 'UNAUTHENTICATED'],
      ['another authorizer', { jwt: { claims: { sub: arn('reader') }, scopes: [] } }, 'UNAUTHENTICATED'],
      ['an authorizer that names nobody', signedBy(null), 'UNAUTHENTICATED'],
      ['a principal of no project', signedBy(arn('stranger')), []],
      ['a principal of another project', signedBy(arn('p2-reader')), ['p2']],
      ['a principal of the right project', signedBy(arn('p1-reader')), ['p1']],
      ['a principal of every project', signedBy(arn('reader')), ['*']],
    ];
    const doors = new Map<string, Door>();
    beforeAll(async () => {
      for (const [name, authorizer] of principals)
        doors.set(name, await Door.open(service, authenticator, authorizer));
    });
    afterAll(async () => {
      for (const door of doors.values()) await door.close();
    });

    // Native gRPC does not start in this mode: tests/protocol/grpc-server.test.ts.
    describe.each(httpProtocols)('over %s', (protocol) => {
      it.each(principals)('%s', async (name, _, opens) => {
        expect(await doors.get(name)!.tryAll(protocol, undefined)).toEqual(expectedOfAll(opens, protocol));
      });

      it.each(tokenStates.map((state) => [state.name, state] as const))(
        'a token opens and closes nothing: %s',
        async (_, state) => {
          const authorization = await state.authorization(keys);
          for (const [name, , opens] of [principals[0]!, principals.at(-2)!])
            expect(await doors.get(name)!.tryAll(protocol, authorization)).toEqual(
              expectedOfAll(opens, protocol),
            );
        },
      );
    });
  });
});
