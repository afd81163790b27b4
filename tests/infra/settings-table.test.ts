/** The tables of settings: what follows from each row does. */
import { callLimit } from '../../lib/reading/admission.ts';
import { describe, expect, it } from '@jest/globals';
import { topics, rowsOf } from '../../infra/aws/settings/definitions.ts';
import { configReaders } from '../../infra/aws/settings/environment.ts';
import { readSettings } from '../../infra/aws/settings/read-settings.ts';
import { resolveSettings } from '../../infra/aws/settings/resolve-settings.ts';
import { surroundingTopics } from '../../infra/docs/generated-parts.ts';
import { settingsList, variablesTable } from '../../infra/docs/settings-lists.ts';
import { withDefault, type Environment } from '../../lib/config/environment.ts';
import { deployed, type Setting } from '../../lib/config/setting.ts';
import { integer } from '../../lib/config/value.ts';
import { defaultGrpcLimits } from '../../lib/protocol/grpc/limits.ts';
import { everySetting } from '../support/every-setting.ts';

const upstream = {
  JOB_TABLE: 'jobs',
  UPSTREAM_ENDPOINT: 'datasphere.example.org:443',
  UPSTREAM_PROJECTS: 'p1',
  UPSTREAM_KEY_SECRET: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:upstream-1a2b3c',
  READ_THROUGH: 'true',
};
const jwt = { AUTH_MODE: 'jwt', JWT_ISSUER: 'https://i', JWT_AUDIENCE: 'a', JWT_JWKS_URI: 'https://i/keys' };
const onThisMachine = { AUTH_MODE: 'none', AWS_LAMBDA_FUNCTION_NAME: 'get', IS_OFFLINE: 'true' };

/** What reaches every variable that a process reads. */
const environments: Readonly<Record<(typeof deployed)[number], readonly Environment[]>> = {
  get: [jwt, { AUTH_MODE: 'iam' }, onThisMachine],
  sync: [{}],
  refresh: [{}],
  grpc: [jwt, onThisMachine],
};

/** The variables that are asked for while something is read. */
function variablesReadBy(read: (env: Environment) => unknown, env: Environment): readonly string[] {
  const asked = new Set<string>();
  const get = (target: Environment, name: string): string | undefined => {
    asked.add(name);
    return target[name];
  };
  read(new Proxy(env, { get }));
  return [...asked];
}

describe('the tables of settings', () => {
  it.each(deployed)('say of %s exactly which variables it reads', (process) => {
    const read = environments[process].flatMap((env) =>
      variablesReadBy(configReaders[process], { ...upstream, ...env }),
    );
    const said = Object.values(everySetting).filter(
      ({ variable, readers = deployed }) => variable !== undefined && readers.includes(process),
    );
    expect([...new Set(read)].sort()).toEqual(said.map(({ variable }) => variable).sort());
  });

  it('have each name and each variable once', () => {
    const tables = Object.values({ ...topics, ...surroundingTopics });
    const names = tables.flatMap((rows) => Object.keys(rows));
    expect(names).toHaveLength(new Set(names).size);
    const variables = Object.values(everySetting).flatMap(({ variable }) => variable ?? []);
    expect(variables).toHaveLength(new Set(variables).size);
  });

  it('have defaults that may be', () => {
    for (const [name, { fallback, type }] of Object.entries(everySetting))
      if (fallback !== undefined)
        expect([name, type.parse(String(fallback), name)]).toEqual([name, fallback]);
  });

  it('have the limits of the gRPC server that docs/limits.md lists', () => {
    expect(everySetting).toMatchObject({
      grpcMaxCalls: { fallback: callLimit },
      grpcMaxConnections: { fallback: defaultGrpcLimits.connections },
    });
  });

  it('say of each setting what it is, without a full stop', () => {
    for (const [name, { docs }] of Object.entries(everySetting))
      expect([name, docs]).toEqual([name, expect.stringMatching(/^\S.{7,}[^.\s]$/)]);
  });
});

describe('a setting', () => {
  const toyLevel = {
    variable: 'TOY_LEVEL',
    type: integer(1, 5),
    fallback: 3,
    readers: ['get', 'grpc'],
    docs: 'how much of a toy there is',
  } as const satisfies Setting;
  const withToy = { ...topics, 'Running it': { ...topics['Running it'], toyLevel } };
  const rows = rowsOf(withToy);

  it('is checked by its row: the one of a deployment, and the variable', () => {
    expect(() => readSettings('jobs', 'dev', { toyLevel: '9' }, rows)).toThrow(
      'toyLevel is "9": it must be an integer from 1 to 5',
    );
    expect(() => readSettings('jobs', 'dev', { toyLevle: '4' }, rows)).toThrow('toyLevel is one');
    expect(() => readSettings('jobs', 'dev', { toyLevel: '4' })).toThrow(
      'toyLevel: there is no such setting',
    );
    expect(readSettings('jobs', 'dev', {}, rows)).toMatchObject({ toyLevel: 3 });
    expect(() => withDefault({ TOY_LEVEL: '9' }, toyLevel)).toThrow(
      'TOY_LEVEL is "9": it must be an integer from 1 to 5',
    );
    expect(withDefault({ TOY_LEVEL: '' }, toyLevel)).toBe(3);
  });

  it('is told by its row to the functions and to the container that read it, and to no others', async () => {
    const resolvers = {
      options: { param: ['toyLevel=4'] },
      resolveVariable: () => Promise.resolve('dev'),
      resolveConfigurationProperty: ([name]: readonly string[]) =>
        Promise.resolve(name === 'service' ? 'jobs' : undefined),
    };
    const { environment, containerEnvironment, ...settings } = await resolveSettings(resolvers, rows);
    expect(settings).toMatchObject({ toyLevel: 4 });
    const told = deployed.filter((process) => environment[process]['TOY_LEVEL'] === 4);
    expect(told).toEqual(['get', 'grpc']);
    expect(deployed.filter((process) => 'TOY_LEVEL' in environment[process])).toEqual(told);
    expect(containerEnvironment).toContainEqual({ Name: 'TOY_LEVEL', Value: 4 });
    expect(environment.sync).toMatchObject({ STAGE: 'dev', JOB_TABLE: 'jobs-dev-jobs' });
  });

  it('is in the docs by its row', () => {
    expect(settingsList(withToy)).toContain(
      '- **`toyLevel`** = `3`: how much of a toy there is. It must be an integer from 1 to 5.\n',
    );
    expect(variablesTable(rows)).toMatch(/^\| `TOY_LEVEL` +\| `toyLevel` +\| `get`, `grpc` +\|$/m);
  });
});
