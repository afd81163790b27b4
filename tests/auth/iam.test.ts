import { describe, expect, it } from '@jest/globals';
import { createIamAuthenticator, type PrincipalProjects } from '../../lib/auth/iam.ts';
import { Deadline } from '../../lib/runtime/deadline.ts';

const account = '123456789012';
const session = `arn:aws:sts::${account}:assumed-role/dashboard/i-0abc`;
const user = `arn:aws:iam::${account}:user/team/ada`;

/** Which of p1 and p2 a principal may read. */
async function readable(
  principals: readonly PrincipalProjects[] | undefined,
  iamPrincipal: string | undefined,
): Promise<readonly string[]> {
  const caller = await createIamAuthenticator({ principals }).authenticate(
    { authorization: undefined, iamPrincipal },
    new Deadline(1000),
  );
  return ['p1', 'p2'].filter((project) => caller.mayRead(project));
}

const rule = (principal: string, ...projects: readonly string[]): PrincipalProjects => ({
  principal,
  projects,
});

describe('AUTH_MODE=iam', () => {
  it.each([undefined, '', 'AIDAEXAMPLE', null as never])(
    'refuses a request that IAM has not vouched for: %j',
    async (principal) => {
      await expect(readable(undefined, principal)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: 'the request was not signed for AWS IAM',
      });
    },
  );

  it('lets every principal read every project where nothing is set', async () => {
    expect(await readable(undefined, user)).toEqual(['p1', 'p2']);
  });

  it('lets nobody read anything where the setting names nobody', async () => {
    expect(await readable([], user)).toEqual([]);
  });

  it.each<readonly [string, string, string]>([
    ['a user', user, user],
    ['a session, by its role', `arn:aws:iam::${account}:role/dashboard`, session],
    ['a session, by itself', session, session],
    ['a session, by a pattern of roles', `arn:aws:iam::${account}:role/dash*`, session],
    ['a session of any account', 'arn:aws:iam::*:role/dashboard', session],
    ['users below a path', `arn:aws:iam::${account}:user/team/*`, user],
    ['one character', `arn:aws:iam::${account}:user/team/a?a`, user],
    ['all of an account', `arn:aws:iam::${account}:*`, session],
    [
      'a role in another partition',
      `arn:aws-cn:iam::${account}:role/r`,
      `arn:aws-cn:sts::${account}:assumed-role/r/s`,
    ],
  ])('knows %s', async (_, pattern, principal) => {
    expect(await readable([rule(pattern, 'p1')], principal)).toEqual(['p1']);
  });

  it.each<readonly [string, string, string]>([
    ['a longer name', `arn:aws:iam::${account}:role/dash`, session],
    ['a name with another beginning', `arn:aws:iam::${account}:role/board`, session],
    ['another account', 'arn:aws:iam::210987654321:role/dashboard', session],
    ['another partition', `arn:aws-cn:iam::${account}:role/dashboard`, session],
    ['a user of the role’s name', `arn:aws:iam::${account}:role/ada`, `arn:aws:iam::${account}:user/ada`],
    ['what only looks like a pattern', `arn:aws:iam::${account}:user/team.ada`, user],
    [
      'a session that is called like a role',
      `arn:aws:iam::${account}:role/admin`,
      `arn:aws:sts::${account}:assumed-role/other/admin`,
    ],
    ['more than * stands for', 'arn:aws:iam::*', user],
    [
      'a federated user',
      `arn:aws:iam::${account}:role/dashboard`,
      `arn:aws:sts::${account}:federated-user/dashboard`,
    ],
  ])('does not take for a principal: %s', async (_, pattern, principal) => {
    expect(await readable([rule(pattern, 'p1')], principal)).toEqual([]);
  });

  it('adds up what all matching patterns allow', async () => {
    const rules = [rule(`arn:aws:iam::${account}:role/*`, 'p1'), rule(session, 'p2'), rule(user, '*')];
    expect(await readable(rules, session)).toEqual(['p1', 'p2']);
    expect(await readable(rules.slice(0, 1), session)).toEqual(['p1']);
    expect(await readable(rules, user)).toEqual(['p1', 'p2']);
  });
});
