/** The real serverless CLI, without credentials and without a way out. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverlessScript } from '../../infra/local/deployment.ts';
import { makeServiceFolder } from '../rehearsal/service-folder.ts';
import type { Template } from '../template/template.ts';

/** Nothing but what a program needs to run: no credentials, and a proxy that leads nowhere. */
const bareEnvironment = {
  PATH: process.env['PATH'],
  HTTPS_PROXY: 'http://127.0.0.1:1',
  HTTP_PROXY: 'http://127.0.0.1:1',
};

/** Runs `serverless package`; rejects with what the CLI says where it refuses. */
export async function packageService(
  folder: string,
  stage: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const params = Object.entries(settings).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const command = [serverlessScript, 'package', '--stage', stage, '--package', folder, ...params];
  const service = await makeServiceFolder();
  const options = { cwd: service.path, env: { ...bareEnvironment, ...service.env }, timeout: 60_000 };
  try {
    await new Promise<void>((resolve, reject) => {
      execFile(process.execPath, command, options, (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(`serverless package ended with ${String(error.code)}:\n${stdout}${stderr}`));
      });
    });
  } finally {
    await service.remove();
  }
}

/** The template that `packageService` made. */
export async function readTemplate(folder: string): Promise<Template> {
  return JSON.parse(
    await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
  ) as Template;
}
