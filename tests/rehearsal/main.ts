/** `npm run deploy:rehearse`: deploys, shows and removes a stage without AWS. */
import { rehearse } from './rehearse.ts';
import { parseArguments, runCommand, UsageError } from '../../infra/commands/command-line.ts';

const usage = `Usage: npm run deploy:rehearse -- [--stage NAME] [--param NAME=VALUE]...

Runs the real CLI's deploy, the same again, info and remove against an endpoint on this machine that plays AWS, and checks what AWS
would get. Needs no account and no credentials, and changes nothing anywhere.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArguments({
    stage: { type: 'string', default: 'rehearsal' },
    param: { type: 'string', multiple: true, default: [] },
  });
  if (positionals.length > 0) throw new UsageError(`There is no argument ${positionals.join(' ')}.`);
  const say = (text: string): void => {
    console.log(text);
  };
  const { calls, problems } = await rehearse({ stage: values.stage, params: values.param, say });
  if (problems.length > 0) throw new Error(`Not as it should be: ${problems.length} of what was checked.`);
  say(`The rehearsal took ${calls.length} calls of AWS's APIs.`);
}

await runCommand(usage, main);
