/** The entry points themselves, in processes of their own: a door that cannot be closed is not opened. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { functionEnvironment } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';

interface Start {
  readonly code: number | null;
  readonly output: string;
}

/** Starts an entry point, and stops it once it serves. */
function start(script: string, env: Readonly<Record<string, string>>): Promise<Start> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(projectRoot, script)], {
      env: { ...functionEnvironment('http://127.0.0.1:1', 'jobs'), GRPC_PORT: '0', ...env },
      timeout: 20_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('gRPC is served on')) child.kill('SIGTERM');
      });
    }
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

describe('native gRPC', () => {
  it('does not start with AUTH_MODE=iam, and says why', async () => {
    expect(await start('functions/grpc.ts', { AUTH_MODE: 'iam' })).toEqual({
      code: 1,
      output:
        'The gRPC server cannot start: AUTH_MODE is "iam", which API Gateway checks; native gRPC does not come through it: it must be jwt\n',
    });
  });

  it('does not start with AUTH_MODE=none on an address that others reach', async () => {
    const { code, output } = await start('functions/grpc.ts', { AUTH_MODE: 'none', GRPC_HOST: '0.0.0.0' });
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('GRPC_HOST is "0.0.0.0" and AUTH_MODE is "none"') as unknown,
    ]);
  });

  it('starts with AUTH_MODE=none on this machine alone', async () => {
    const { code, output } = await start('functions/grpc.ts', { AUTH_MODE: 'none' });
    expect([code, output]).toEqual([0, expect.stringContaining('gRPC is served on 127.0.0.1') as unknown]);
  });
});

describe('the get function', () => {
  it('does not start in Lambda with AUTH_MODE=none', async () => {
    const { code, output } = await start('functions/get.ts', {
      AUTH_MODE: 'none',
      AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
      AWS_LAMBDA_FUNCTION_NAME: 'get',
      IS_OFFLINE: 'true',
    });
    expect(code).toBe(1);
    expect(output).toContain('AUTH_MODE is "none" in a Lambda function');
  });

  it('does start there with tokens', async () => {
    const env = { AUTH_MODE: 'jwt', JWT_ISSUER: 'https://i', JWT_AUDIENCE: 'a', JWT_JWKS_URI: 'https://i/k' };
    expect(await start('functions/get.ts', { ...env, AWS_LAMBDA_FUNCTION_NAME: 'get' })).toEqual({
      code: 0,
      output: '',
    });
  });
});
