/** `npm run deploy:rehearse`: the real CLI deploys, shows and removes a stage at an endpoint that plays AWS. */
import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { serverlessScript } from '../../infra/local/deployment.ts';
import { checkDeployed, checkListed, checkRemoved } from './expectations.ts';
import { rehearsalRegion } from './aws-call.ts';
import { startAwsEndpoint, type AwsEndpoint } from './aws-endpoint.ts';
import { makeServiceFolder, type ServiceFolder } from './service-folder.ts';

/** The longest that one command of the CLI may take, in milliseconds. */
const commandTimeoutMs = 90_000;

export interface RehearsalOptions {
  readonly stage: string;
  /** Settings, as `--param` takes them: `name=value`. */
  readonly params: readonly string[];
  readonly say: (text: string) => void;
}

export interface Rehearsal {
  /** Every call of an AWS API, as `service operation`. */
  readonly calls: readonly string[];
  /** What is not as it should be; nothing where all is well. */
  readonly problems: readonly string[];
}

type Check = (run: CliRun) => readonly string[];

/**
 * Deploys, deploys again what has not changed, shows and removes, and checks after each step what AWS would have got. A
 * stage that cannot be deployed is not tried further.
 */
export async function rehearse({ stage, params, say }: RehearsalOptions): Promise<Rehearsal> {
  const folder = await makeServiceFolder();
  const aws = await startAwsEndpoint();
  const problems: string[] = [];
  const step = async (command: string, check: Check, name = command): Promise<void> => {
    const settings = params.flatMap((param) => ['--param', param]);
    const found = check(await runCli(folder, aws, [command, '--stage', stage, ...settings]));
    problems.push(...found.map((problem) => `${name}: ${problem}`));
    say(
      `serverless ${name} --stage ${stage}: ${found.length === 0 ? 'as it should be' : found.join('\n  ')}`,
    );
  };
  try {
    await step(
      'deploy',
      (run) => checkSuccess(run) ?? [...checkDeployed(aws, stage), ...checkListed(folder.path)],
    );
    if (problems.length > 0) return { calls: aws.calls, problems };
    const before = aws.calls.length;
    await step(
      'deploy',
      (run) => checkSuccess(run) ?? checkSkipped(run.output, aws.calls.slice(before)),
      'deploy, unchanged,',
    );
    await step('info', (run) => checkSuccess(run) ?? checkInfo(run.output, stage));
    const isProtected = [...aws.cloudFormation.stacks.values()].some((stack) => stack.terminationProtection);
    await step('remove', (run) =>
      isProtected ? checkRefused(run) : (checkSuccess(run) ?? checkRemoved(aws)),
    );
    return { calls: aws.calls, problems };
  } finally {
    await aws.stop();
    await folder.remove();
  }
}

/** How a command of the CLI ended, and what it said. */
interface CliRun {
  readonly code: number | null;
  readonly output: string;
}

/** Undefined where there is more to be checked. */
function checkSuccess({ code, output }: CliRun): readonly string[] | undefined {
  return code === 0 ? undefined : [`it ended with ${String(code)}:\n${output}`];
}

/** What has not changed is neither uploaded nor put into effect again. */
function checkSkipped(output: string, calls: readonly string[]): readonly string[] {
  const changes = calls.filter((call) => /^s3 (PUT|POST)|ChangeSet$|DeleteStack$/.test(call));
  return [
    ...(output.includes('No changes to deploy') ? [] : [`it does not say that nothing changed:\n${output}`]),
    ...changes.map((call) => `it called ${call}`),
  ];
}

function checkInfo(output: string, stage: string): readonly string[] {
  const wanted = ['endpoint', ...['get', 'sync'].map((name) => `datasphere-job-cache-${stage}-${name}`)];
  return wanted.filter((word) => !output.includes(word)).map((word) => `it does not say ${word}`);
}

/** A stage with the setting deletionProtection stays until that is taken back. */
function checkRefused({ code, output }: CliRun): readonly string[] {
  const isRefused = code !== 0 && output.includes('deletion protection is enabled');
  return isRefused ? [] : [`a protected stage was not left alone: it ended with ${String(code)}:\n${output}`];
}

/** Runs the CLI where nothing but the endpoint can be reached: its credentials are made up, and no profile is read. */
function runCli(
  { path: cwd, env: folderEnv }: ServiceFolder,
  { url }: AwsEndpoint,
  args: readonly string[],
): Promise<CliRun> {
  const env = {
    PATH: process.env['PATH'],
    ...folderEnv,
    AWS_ENDPOINT_URL: url,
    AWS_REGION: rehearsalRegion,
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    // How often the CLI asks how far CloudFormation is, in milliseconds.
    SLS_AWS_MONITORING_FREQUENCY: '20',
    SLS_TELEMETRY_DISABLED: '1',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [serverlessScript, ...args], {
      cwd,
      env,
      timeout: commandTimeoutMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}
