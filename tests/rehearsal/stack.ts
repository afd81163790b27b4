/** A stack of CloudFormation, as far as one can be without AWS: what its template says, and what was last done to it. */
import type { Template } from '../template/template.ts';
import { rehearsalAccount, rehearsalRegion } from './aws-call.ts';

export class Stack {
  readonly name: string;
  readonly id: string;
  template: Template = { Resources: {} };
  /** The template of the change set that waits to be executed. */
  proposed = this.template;
  tags: Readonly<Record<string, string>> = {};
  terminationProtection = false;
  /** Undefined until the first change set is executed. */
  action: 'CREATE' | 'UPDATE' | 'DELETE' | undefined;
  changedAt = new Date(0);

  constructor(name: string) {
    this.name = name;
    this.id = `arn:aws:cloudformation:${rehearsalRegion}:${rehearsalAccount}:stack/${name}/1`;
  }

  /** Nothing takes time here. */
  get status(): string {
    return this.action === undefined ? 'REVIEW_IN_PROGRESS' : `${this.action}_COMPLETE`;
  }

  /** Makes what the change set proposes. */
  execute(): void {
    this.action = this.action === undefined ? 'CREATE' : 'UPDATE';
    this.template = this.proposed;
    this.changedAt = new Date();
  }

  /** The name that a resource got. */
  physicalId(logicalId: string): string {
    return `${this.name}-${logicalId}`.toLowerCase();
  }

  /** The names of its buckets. */
  buckets(): readonly string[] {
    return Object.entries(this.template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::S3::Bucket')
      .map(([id]) => this.physicalId(id));
  }
}
