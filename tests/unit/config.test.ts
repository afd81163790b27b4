import { describe, expect, it } from '@jest/globals';
import {
  readGetConfig,
  readGrpcConfig,
  readHttpConfig,
  readRefreshConfig,
  readSyncConfig,
} from '../../lib/config/config.ts';
import { ConfigError } from '../../lib/config/value.ts';
import { byVariable } from '../../infra/docs/settings-lists.ts';
import { everySetting } from '../support/every-setting.ts';

const jwt = {
  JOB_TABLE: 'jobs',
  AUTH_MODE: 'jwt',
  JWT_ISSUER: 'https://issuer.example.org',
  JWT_AUDIENCE: 'jobs',
  JWT_JWKS_URI: 'https://issuer.example.org/keys',
};

const iam = { JOB_TABLE: 'jobs', AUTH_MODE: 'iam' };
const open = { JOB_TABLE: 'jobs', AUTH_MODE: 'none' };

describe('the configuration', () => {
  it('takes defaults for what is not set', () => {
    expect(readSyncConfig({ JOB_TABLE: 'jobs' })).toEqual({
      stage: 'local',
      jobTable: 'jobs',
      tombstoneDays: 30,
      logLevel: 'info',
      redactEnvValues: false,
    });
    expect(readGrpcConfig({ JOB_TABLE: 'jobs', AUTH_MODE: 'none' })).toMatchObject({
      host: '127.0.0.1',
      port: 50051,
      tls: undefined,
      maxCalls: 500,
      maxConnections: 1000,
    });
    expect(readHttpConfig({ JOB_TABLE: 'jobs', AUTH_MODE: 'iam' })).toMatchObject({ corsOrigins: [] });
  });

  it('reads what is set', () => {
    expect(
      readGetConfig({
        ...jwt,
        STAGE: 'prod',
        LOG_LEVEL: 'warn',
        TOMBSTONE_DAYS: '7',
        JWT_PROJECTS_CLAIM: 'projects',
      }),
    ).toEqual({
      stage: 'prod',
      jobTable: 'jobs',
      tombstoneDays: 7,
      redactEnvValues: false,
      readThrough: undefined,
      refreshSeconds: undefined,
      logLevel: 'warn',
      auth: {
        mode: 'jwt',
        issuer: 'https://issuer.example.org',
        audience: 'jobs',
        jwksUri: new URL('https://issuer.example.org/keys'),
        projectsClaim: 'projects',
      },
    });
  });

  it('reads the origins whose pages may call', () => {
    const origins = 'https://a.example.org, http://localhost:5173';
    expect(readHttpConfig({ ...jwt, CORS_ORIGINS: origins }).corsOrigins).toEqual(origins.split(', '));
    expect(readHttpConfig({ ...jwt, CORS_ORIGINS: '*' }).corsOrigins).toEqual(['*']);
  });

  it.each([
    [
      { CORS_ORIGINS: 'https://a.example.org/' },
      'CORS_ORIGINS has "https://a.example.org/": it must be a list',
    ],
    [{ CORS_ORIGINS: 'a.example.org' }, 'CORS_ORIGINS has "a.example.org"'],
    [{ CORS_ORIGINS: 'https://*.example.org' }, 'CORS_ORIGINS has "https://*.example.org"'],
    [{ CORS_ORIGINS: '*', AUTH_MODE: 'iam' }, 'CORS_ORIGINS is set, and AUTH_MODE is "iam"'],
  ])('does not open the door to browsers on %j', (env, message) => {
    expect(() => readHttpConfig({ ...jwt, ...env })).toThrow(message);
  });

  it.each([
    [{}, 'JOB_TABLE is not set: it must be the name of the DynamoDB table'],
    [{ JOB_TABLE: 'jobs' }, 'AUTH_MODE is not set: it must be one of iam, jwt, none'],
    [{ JOB_TABLE: 'jobs', AUTH_MODE: 'open' }, 'AUTH_MODE is "open": it must be one of iam, jwt, none'],
    [{ ...jwt, JWT_ISSUER: '' }, 'JWT_ISSUER is not set'],
    [{ ...jwt, JWT_AUDIENCE: undefined }, 'JWT_AUDIENCE is not set'],
    [{ ...jwt, JWT_JWKS_URI: 'keys' }, 'JWT_JWKS_URI is "keys": it must be an https URL'],
    [{ ...jwt, JWT_JWKS_URI: 'http://issuer.example.org/keys' }, 'it must be an https URL'],
    [{ ...jwt, LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": it must be one of debug, info, warn, error'],
    [{ ...jwt, TOMBSTONE_DAYS: '0' }, 'TOMBSTONE_DAYS is "0": it must be an integer from 1 to 3650'],
    [{ ...jwt, TOMBSTONE_DAYS: 'ten' }, 'TOMBSTONE_DAYS is "ten": it must be an integer from 1 to 3650'],
    [{ ...jwt, GRPC_PORT: '70000' }, 'GRPC_PORT is "70000": it must be an integer from 0 to 65535'],
    [{ ...jwt, GRPC_MAX_CALLS: '0' }, 'GRPC_MAX_CALLS is "0": it must be an integer from 1 to 100000'],
    [{ ...jwt, GRPC_MAX_CONNECTIONS: 'many' }, 'GRPC_MAX_CONNECTIONS is "many"'],
    [{ ...jwt, GRPC_TLS_CERT: 'cert.pem' }, 'GRPC_TLS_KEY is not set'],
    [{ ...jwt, GRPC_TLS_KEY: 'key.pem' }, 'GRPC_TLS_CERT is not set'],
    [iam, 'AUTH_MODE is "iam", which API Gateway checks; native gRPC does not come through it'],
    [{ ...open, GRPC_HOST: '0.0.0.0' }, 'GRPC_HOST is "0.0.0.0" and AUTH_MODE is "none"'],
    [{ ...open, GRPC_HOST: '::' }, 'it must be a loopback address such as 127.0.0.1, or AUTH_MODE jwt'],
    [{ ...open, GRPC_HOST: '::1.example.org' }, 'it must be a loopback address'],
    [{ ...open, GRPC_HOST: '127.0.0.1.example.org' }, 'it must be a loopback address'],
    [{ ...open, AWS_LAMBDA_FUNCTION_NAME: 'get' }, 'AUTH_MODE is "none" in a Lambda function'],
    [{ ...open, AWS_LAMBDA_RUNTIME_API: 'a:1', IS_OFFLINE: 'true' }, 'it must be jwt or iam'],
    [{ ...open, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', IS_OFFLINE: 'true' }, 'it must be jwt or iam'],
  ])('stops the start on %j with a message that names the variable', (env, message) => {
    expect(() => readGrpcConfig(env)).toThrow(ConfigError);
    expect(() => readGrpcConfig(env)).toThrow(message);
  });

  it('lets AUTH_MODE=none be where nothing leaves the machine', () => {
    const offline = { ...open, AWS_LAMBDA_FUNCTION_NAME: 'get', IS_OFFLINE: 'true' };
    expect(readGetConfig(offline).auth).toEqual({ mode: 'none' });
    for (const GRPC_HOST of ['127.0.0.1', '127.8.8.8', 'localhost', '[::1]'])
      expect(readGrpcConfig({ ...open, GRPC_HOST })).toMatchObject({ host: GRPC_HOST });
  });

  it('takes one rule for what is on this machine, by whatever variable it is named', () => {
    for (const [host, isHere] of [
      ['127.0.0.1', true],
      ['127.8.8.8', true],
      ['localhost', true],
      ['[::1]', true],
      ['127.0.0.1.example.org', false],
      ['localhost.example.org', false],
      ['[::2]', false],
    ] as const) {
      const accepts = (read: () => unknown): boolean => {
        try {
          read();
          return true;
        } catch {
          return false;
        }
      };
      expect([
        host,
        accepts(() => readGrpcConfig({ ...open, GRPC_HOST: host })),
        accepts(() => readGetConfig({ ...jwt, JWT_JWKS_URI: `http://${host}:8080/keys` })),
        accepts(() => readSyncConfig({ JOB_TABLE: 'jobs', UPSTREAM_ENDPOINT: `${host}:8080` })),
      ]).toEqual([host, isHere, isHere, isHere]);
    }
  });

  it('puts an IPv6 address to bind to in brackets', () => {
    expect(readGrpcConfig({ ...jwt, GRPC_HOST: '::' })).toMatchObject({ host: '[::]' });
    expect(readGrpcConfig({ ...open, GRPC_HOST: '::1' })).toMatchObject({ host: '[::1]' });
  });

  it.each([
    ['get', readHttpConfig, jwt],
    ['get', readHttpConfig, iam],
    ['grpc', readGrpcConfig, open],
    ['sync', readSyncConfig, { JOB_TABLE: 'jobs' }],
    [
      'refresh',
      readRefreshConfig,
      { JOB_TABLE: 'jobs', UPSTREAM_ENDPOINT: 'localhost:8080', UPSTREAM_PROJECTS: 'p1' },
    ],
  ] as const)('of %s takes a variable that is empty for one that is not set', (_, read, env) => {
    const variables = Object.keys(byVariable(everySetting));
    const empty = Object.fromEntries(variables.map((variable) => [variable, '']));
    expect(variables.length).toBeGreaterThan(30);
    expect(read({ ...empty, ...env })).toEqual(read(env));
  });

  it('lets a server that checks tokens face everybody', () => {
    expect(readGrpcConfig({ ...jwt, GRPC_HOST: '0.0.0.0' })).toMatchObject({ host: '0.0.0.0' });
  });

  it('reads which principals may read which projects', () => {
    const role = 'arn:aws:iam::123456789012:role/dashboard';
    const session = 'arn:aws:sts::*:assumed-role/ci-*/*';
    const IAM_PROJECTS = JSON.stringify({ [role]: ['p1', 'p2'], [session]: '*' });
    expect(readGetConfig({ ...iam, IAM_PROJECTS }).auth).toEqual({
      mode: 'iam',
      principals: [
        { principal: role, projects: ['p1', 'p2'] },
        { principal: session, projects: ['*'] },
      ],
    });
    for (const unset of [undefined, ''])
      expect(readGetConfig({ ...iam, IAM_PROJECTS: unset }).auth).toEqual({
        mode: 'iam',
        principals: undefined,
      });
    expect(readGetConfig({ ...iam, IAM_PROJECTS: '{}' }).auth).toEqual({ mode: 'iam', principals: [] });
  });

  it.each([
    ['dashboard', 'IAM_PROJECTS is not a JSON object: it must be a JSON object of principals'],
    ['["p1"]', 'IAM_PROJECTS is not a JSON object'],
    ['null', 'IAM_PROJECTS is not a JSON object'],
    ['{"dashboard":["p1"]}', 'IAM_PROJECTS is wrong at "dashboard"'],
    ['{"*":["p1"]}', 'IAM_PROJECTS is wrong at "*"'],
    ['{"arn:aws:iam::123456789012:role/r":"p1"}', 'is wrong at "arn:aws:iam::123456789012:role/r"'],
    ['{"arn:aws:iam::123456789012:role/r":[""]}', 'is wrong at "arn:aws:iam::123456789012:role/r"'],
    ['{"arn:aws:iam::123456789012:role/r":[7]}', 'is wrong at "arn:aws:iam::123456789012:role/r"'],
    ['{"arn:aws:iam::123456789012:role/team/r":["p1"]}', "it must be without the role's path"],
  ])('stops the start on IAM_PROJECTS=%s', (IAM_PROJECTS, message) => {
    expect(() => readGetConfig({ ...iam, IAM_PROJECTS })).toThrow(ConfigError);
    expect(() => readGetConfig({ ...iam, IAM_PROJECTS })).toThrow(message);
  });

  it('takes the values of variables for secrets only where it is told to', () => {
    expect(readSyncConfig({ JOB_TABLE: 'jobs', REDACT_ENV_VALUES: 'true' })).toMatchObject({
      redactEnvValues: true,
    });
    expect(() => readSyncConfig({ JOB_TABLE: 'jobs', REDACT_ENV_VALUES: 'yes' })).toThrow(
      'REDACT_ENV_VALUES is "yes": it must be one of true, false',
    );
  });
});
