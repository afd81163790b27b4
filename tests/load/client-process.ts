/** `client-process.ts PROTOCOL ADDRESS CONNECTIONS`: makes load as it is told to, one phase after another. */
import { closedLoop, openLoop, recoveryMs, type Phase } from './client.ts';
import { openTarget, type Protocol } from './target.ts';

/** What goes to the process; a Phase comes back, or milliseconds. */
export type LoadCommand =
  | { readonly load: 'closed'; readonly underWay: number; readonly seconds: number }
  | { readonly load: 'open'; readonly rate: number; readonly seconds: number }
  | { readonly load: 'recovery'; readonly limitMs: number };

const protocol = process.argv[2] as Protocol;
const target = openTarget(protocol, process.argv[3]!, Number(process.argv[4]));

const run = (command: LoadCommand): Promise<Phase | number> => {
  switch (command.load) {
    case 'closed':
      return closedLoop(target, protocol, command.underWay, command.seconds);
    case 'open':
      return openLoop(target, protocol, command.rate, command.seconds);
    case 'recovery':
      return recoveryMs(target, protocol, command.limitMs);
  }
};

process.on('message', (command: LoadCommand) => {
  void run(command).then((result) => process.send!(result));
});
process.once('disconnect', () => process.exit());
process.send!('ready');
