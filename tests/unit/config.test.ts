import { describe, expect, it } from '@jest/globals';
import {
  ConfigError,
  readGetConfig,
  readGrpcConfig,
  readHttpConfig,
  readSyncConfig,
} from '../../lib/config.ts';

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
      jobTable: 'jobs',
      tombstoneDays: 30,
      logLevel: 'info',
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
      readGetConfig({ ...jwt, LOG_LEVEL: 'warn', TOMBSTONE_DAYS: '7', JWT_PROJECTS_CLAIM: 'projects' }),
    ).toEqual({
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
    [{ ...jwt, GRPC_MAX_CALLS: '0' }, 'GRPC_MAX_CALLS is "0": it must be an integer from 1 to 100000'],
    [{ ...jwt, GRPC_MAX_CONNECTIONS: 'many' }, 'GRPC_MAX_CONNECTIONS is "many"'],
    [{ ...jwt, GRPC_TLS_CERT: 'cert.pem' }, 'GRPC_TLS_KEY is not set'],
    [{ ...jwt, GRPC_TLS_KEY: 'key.pem' }, 'GRPC_TLS_CERT is not set'],
  ])('stops the start on %j with a message that names the variable', (env, message) => {
    expect(() => readGrpcConfig(env)).toThrow(ConfigError);
    expect(() => readGrpcConfig(env)).toThrow(message);
  });
});
