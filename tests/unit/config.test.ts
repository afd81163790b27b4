import { describe, expect, it } from '@jest/globals';
import { ConfigError, readGetConfig, readGrpcConfig, readSyncConfig } from '../../lib/config.ts';

const jwt = {
  JOB_TABLE: 'jobs',
  AUTH_MODE: 'jwt',
  JWT_ISSUER: 'https://issuer.example.org',
  JWT_AUDIENCE: 'jobs',
  JWT_JWKS_URI: 'https://issuer.example.org/keys',
};

describe('the configuration', () => {
  it('takes defaults for what is not set', () => {
    expect(readSyncConfig({ JOB_TABLE: 'jobs' })).toEqual({
      stage: 'local',
      jobTable: 'jobs',
      tombstoneDays: 30,
      logLevel: 'info',
    });
    expect(readGrpcConfig({ JOB_TABLE: 'jobs', AUTH_MODE: 'none' })).toMatchObject({
      host: '127.0.0.1',
      port: 50051,
      tls: undefined,
    });
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

  it.each([
    [{}, 'JOB_TABLE is not set: it must be the name of the DynamoDB table'],
    [{ JOB_TABLE: 'jobs' }, 'AUTH_MODE is not set: it must be one of jwt, iam, none'],
    [{ JOB_TABLE: 'jobs', AUTH_MODE: 'open' }, 'AUTH_MODE is "open": it must be one of jwt, iam, none'],
    [{ ...jwt, JWT_ISSUER: '' }, 'JWT_ISSUER is not set'],
    [{ ...jwt, JWT_AUDIENCE: undefined }, 'JWT_AUDIENCE is not set'],
    [{ ...jwt, JWT_JWKS_URI: 'keys' }, 'JWT_JWKS_URI is "keys": it must be an https URL'],
    [{ ...jwt, JWT_JWKS_URI: 'http://issuer.example.org/keys' }, 'it must be an https URL'],
    [{ ...jwt, LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": it must be one of debug, info, warn, error'],
    [{ ...jwt, TOMBSTONE_DAYS: '0' }, 'TOMBSTONE_DAYS is "0": it must be an integer from 1 to 3650'],
    [{ ...jwt, TOMBSTONE_DAYS: 'ten' }, 'TOMBSTONE_DAYS is "ten": it must be an integer from 1 to 3650'],
    [{ ...jwt, GRPC_PORT: '70000' }, 'GRPC_PORT is "70000": it must be an integer from 0 to 65535'],
    [{ ...jwt, GRPC_TLS_CERT: 'cert.pem' }, 'GRPC_TLS_KEY is not set'],
    [{ ...jwt, GRPC_TLS_KEY: 'key.pem' }, 'GRPC_TLS_CERT is not set'],
  ])('stops the start on %j with a message that names the variable', (env, message) => {
    expect(() => readGrpcConfig(env)).toThrow(ConfigError);
    expect(() => readGrpcConfig(env)).toThrow(message);
  });
});
