import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readSettings, SettingsError, type GivenSettings } from '../../infra/aws/settings/read-settings.ts';
import { packageService } from '../support/serverless-cli.ts';

const jwt = {
  auth: 'jwt',
  jwtIssuer: 'https://issuer.example',
  jwtAudience: 'jobs',
  jwtJwksUri: 'https://issuer.example/keys',
};
const grpc = {
  ...jwt,
  grpc: 'true',
  grpcImage: 'registry.example/jobs:1',
  grpcCertificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc',
  grpcVpc: 'vpc-1a',
  grpcSubnets: 'subnet-1a,subnet-2b',
};

const fed = {
  upstream: 'datasphere.api.cloud.yandex.net:443',
  upstreamProjects: 'bt1project',
  upstreamKeySecret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:upstream-1a2b3c',
  upstreamKeyKmsKey: 'arn:aws:kms:eu-central-1:123456789012:key/3c4d',
  readThrough: 'true',
};

describe('the settings of a deployment', () => {
  const read = (given: GivenSettings = {}, stage = 'dev') => readSettings('jobs', stage, given);
  const problems = (given: GivenSettings, stage = 'dev'): readonly string[] => {
    try {
      read(given, stage);
      return [];
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      return (error as Error).message.split('\n  ').slice(1);
    }
  };

  it.each<[string, GivenSettings, string]>([
    [
      'origins where nobody signs preflights',
      { corsOrigins: '*' },
      'CORS_ORIGINS is set, and AUTH_MODE is "iam"',
    ],
    [
      'something that is not an origin',
      { ...jwt, corsOrigins: 'example.org' },
      'corsOrigins has "example.org"',
    ],
    ['something that is not a principal', { iamProjects: '{"foo":["p"]}' }, 'iamProjects is wrong at "foo"'],
    [
      'something that is not an address',
      { ...jwt, jwtJwksUri: 'https://:' },
      'jwtJwksUri is "https://:": it must be an https URL',
    ],
    [
      'a key in the place of its secret',
      { ...fed, upstreamKeySecret: '{"private_key":"PRIVATE"}' },
      'upstreamKeySecret is not an ARN',
    ],
    [
      'a file that no function has',
      { ...fed, upstreamRootCerts: 'ca.pem' },
      'upstreamRootCerts is the path of a file',
    ],
  ])('refuse what the functions would not start with: %s', (_, given, problem) => {
    expect(problems(given)).toEqual([expect.stringContaining(problem)]);
    expect(problems(given).join('')).not.toContain('PRIVATE');
  });

  it('are closed and complete where nothing is given', () => {
    expect(read()).toMatchObject({
      auth: 'iam',
      table: 'jobs-dev-jobs',
      queue: 'jobs-dev-job-events',
      grpc: false,
    });
  });

  it('take the text of a command line as what it stands for', () => {
    expect(read({ functionUrl: 'true', getMemoryMb: '1024', getReservedConcurrency: '5' })).toMatchObject({
      functionUrl: true,
      getMemoryMb: 1024,
      getReservedConcurrency: 5,
    });
  });

  it('keep every message away until its function has surely ended', () => {
    const { visibilitySeconds, syncTimeoutSeconds } = read();
    expect(visibilitySeconds).toBeGreaterThanOrEqual(6 * syncTimeoutSeconds);
    for (const given of [{ visibilitySeconds: 179 }, { visibilitySeconds: 60, syncTimeoutSeconds: 10 }])
      expect(problems(given)).toEqual([
        expect.stringMatching(
          /^visibilitySeconds is \d+: it must be at least 180, which is six times syncTimeoutSeconds/,
        ),
      ]);
    expect(problems({ visibilitySeconds: 360 })).toEqual([]);
  });

  it('need an issuer, an audience and keys where tokens are checked', () => {
    expect(problems(jwt)).toEqual([]);
    for (const name of ['jwtIssuer', 'jwtAudience', 'jwtJwksUri'])
      expect(problems({ ...jwt, [name]: '' })).toEqual([
        `${name} is not set: auth=jwt needs it to check tokens`,
      ]);
  });

  it('leave the door open on the local stage and nowhere else', () => {
    expect(problems({ auth: 'none' }, 'local')).toEqual([]);
    for (const stage of ['dev', 'prod', 'Local', ''])
      expect(problems({ auth: 'none' }, stage)).toEqual([
        expect.stringContaining('auth=none lets everybody read everything'),
      ]);
  });

  it('name the table once', () => {
    expect(read({ existingTable: 'jobs-restored' })).toMatchObject({ table: 'jobs-restored' });
    expect(problems({ existingTable: 'jobs-restored', table: 'mine' })).toEqual([
      expect.stringMatching(/^existingTable is .*must be empty/),
    ]);
  });

  it('keep the metrics, which are in the info lines', () => {
    expect(problems({ logLevel: 'debug' })).toEqual([]);
    expect(problems({ logLevel: 'warn' })).toEqual([expect.stringContaining('logLevel is warn')]);
  });

  it('need all of native gRPC, and tokens, where there is native gRPC', () => {
    expect(problems(grpc)).toEqual([]);
    for (const name of ['grpcImage', 'grpcCertificate', 'grpcVpc', 'grpcSubnets'])
      expect(problems({ ...grpc, [name]: '' })).toEqual([`${name} is not set: grpc=true needs it`]);
    expect(problems({ ...grpc, auth: 'iam' })).toEqual([expect.stringContaining('grpc=true needs jwt')]);
    expect(problems({ ...grpc, grpcMinTasks: '11' })).toEqual([
      expect.stringContaining('must not be more than grpcMaxTasks'),
    ]);
  });

  it('need all of upstream where there is upstream, and nothing of it elsewhere', () => {
    expect(problems(fed)).toEqual([]);
    for (const name of ['upstreamProjects', 'upstreamKeySecret'])
      expect(problems({ ...fed, [name]: '' })).toContainEqual(expect.stringMatching(`^${name} is not set`));
    const ofUpstream = Object.entries(fed).filter(([name]) => name !== 'upstream');
    for (const [name, value] of ofUpstream)
      expect(problems({ [name]: value })).toContainEqual(expect.stringMatching('^upstream is not set'));
  });

  it.each([
    ['auth', 'basic', 'one of iam, jwt, none'],
    ['functionUrl', 'yes', 'one of true, false'],
    ['functionUrl', '', 'one of true, false'],
    ['functionUrl', 'constructor', 'one of true, false'],
    ['getMemoryMb', '64', 'an integer from 128 to 10240'],
    ['getMemoryMb', '512.5', 'an integer'],
    ['jwtJwksUri', 'http://issuer.example/keys', 'an https URL'],
    ['kmsKey', 'alias/mine', 'an ARN such as arn:aws:kms'],
    ['logRetentionDays', '31', 'one of 1, 3, 5'],
    ['shift', 'Slowly', 'one of AllAtOnce'],
    ['syncBatchSize', '1000', 'an integer from 1 to 100'],
    ['grpcSubnets', 'subnet-1a', 'two or more subnet ids'],
    ['table', ['a'], 'the name of the DynamoDB table that holds the jobs: 3 to 255'],
    ['queue', 'a b', 'a name of 3 to 64'],
  ])('refuse %s=%s and say what would be right', (name, value, wanted) => {
    expect(problems({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is .*: it must be ${wanted}`)),
    ]);
  });

  it('refuse a name that is none, and say which it may mean', () => {
    expect(problems({ jwtissuer: 'x' })).toEqual(['jwtissuer: there is no such setting; jwtIssuer is one']);
    expect(problems({ auht: 'jwt' })).toEqual(['auht: there is no such setting; auth is one']);
    expect(problems({ maxRecieves: '3' })).toEqual([
      'maxRecieves: there is no such setting; maxReceives is one',
    ]);
    expect(problems({ latencyMs: '3' })).toEqual([
      'latencyMs: there is no such setting; alarmLatencyMs is one',
    ]);
    expect(problems({ toString: 'x' })).toEqual(['toString: there is no such setting']);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['dev', { auth: 'jwt' }, 'jwtIssuer is not set'],
    ['prod', { auth: 'none' }, 'auth=none lets everybody read everything'],
    ['dev', { kmskey: 'x' }, 'kmskey: there is no such setting; kmsKey is one'],
    ['local', {}, 'The stage local is for this machine, since everybody may read everything'],
  ])('stop the CLI from packaging for %s with %j', async (stage, settings, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'settings-'));
    await expect(packageService(folder, stage, settings)).rejects.toThrow(message);
    await rm(folder, { recursive: true });
  });
});
