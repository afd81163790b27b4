/** The function itself, in a process of its own: a door that would let everybody in is not opened. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { functionEnvironment } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';

interface Start {
  readonly code: number | null;
  readonly output: string;
}

/** Imports an entry point as Lambda does. */
function start(env: Readonly<Record<string, string>>): Promise<Start> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(projectRoot, 'functions/aws/get.ts')], {
      env: { ...functionEnvironment('http://127.0.0.1:1', 'jobs'), ...env },
      timeout: 20_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

describe('the get function', () => {
  it('does not start in Lambda with AUTH_MODE=none', async () => {
    const { code, output } = await start({
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
    expect(await start({ ...env, AWS_LAMBDA_FUNCTION_NAME: 'get' })).toEqual({
      code: 0,
      output: '',
    });
  });
});
