/** A plugin of the serverless CLI: the stage of one's own machine, which lets everybody read, is deployed nowhere else. */
import { localStage } from './settings/read-settings.ts';

interface Serverless {
  readonly classes: { readonly Error: new (message: string) => Error };
  readonly getProvider: (name: 'aws') => { readonly getStage: () => string };
}

/** Before anything is packaged, before artifacts that were packaged elsewhere are deployed, and before one function is. */
const steps = ['before:package:initialize', 'before:deploy:deploy', 'before:deploy:function:initialize'];

export class KeepLocalPlugin {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(serverless: Serverless) {
    const refuse = (): void => {
      if (serverless.getProvider('aws').getStage() !== localStage) return;
      throw new serverless.classes.Error(
        `The stage ${localStage} is for this machine, since everybody may read everything: \`npm start\` runs it. ` +
          'Deploy another one, such as `--stage dev`.',
      );
    };
    this.hooks = Object.fromEntries(steps.map((step) => [step, refuse]));
  }
}
