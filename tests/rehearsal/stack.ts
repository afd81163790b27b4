/** A stack of CloudFormation, as far as one can be without AWS: what its template says, and what happened to it. */
import type { Template } from '../template/template.ts';
import { intrinsicOf, readGetAtt } from '../template/references.ts';
import { rehearsalAccount, rehearsalRegion } from './aws-call.ts';

export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
}

export class Stack {
  readonly name: string;
  readonly events: StackEvent[] = [];
  template: Template = { Resources: {} };
  status = 'REVIEW_IN_PROGRESS';
  /** When a template was last put into effect. */
  changedAt = new Date(0);
  terminationProtection = false;
  tags: Readonly<Record<string, string>> = {};
  /** The template of the change set that waits to be executed. */
  proposed: Template | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get id(): string {
    return `arn:aws:cloudformation:${rehearsalRegion}:${rehearsalAccount}:stack/${this.name}/1`;
  }

  /** Makes what the change set proposes. */
  execute(): void {
    const action = this.status === 'REVIEW_IN_PROGRESS' ? 'CREATE' : 'UPDATE';
    const former = this.template;
    this.template = this.proposed ?? former;
    this.proposed = undefined;
    this.happen(this.name, 'AWS::CloudFormation::Stack', `${action}_IN_PROGRESS`);
    for (const [id, { Type }] of Object.entries(this.template.Resources)) {
      const isNew = !Object.hasOwn(former.Resources, id);
      this.happen(id, Type, isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE');
    }
    this.status = `${action}_COMPLETE`;
    this.changedAt = new Date();
    this.happen(this.name, 'AWS::CloudFormation::Stack', this.status);
  }

  /** @returns the logical ids of what stays behind */
  delete(): readonly string[] {
    this.happen(this.name, 'AWS::CloudFormation::Stack', 'DELETE_IN_PROGRESS');
    const kept: string[] = [];
    for (const [id, { Type, DeletionPolicy }] of Object.entries(this.template.Resources)) {
      const isKept = DeletionPolicy === 'Retain';
      if (isKept) kept.push(id);
      this.happen(id, Type, isKept ? 'DELETE_SKIPPED' : 'DELETE_COMPLETE');
    }
    this.status = 'DELETE_COMPLETE';
    this.happen(this.name, 'AWS::CloudFormation::Stack', this.status);
    return kept;
  }

  /** The name that a resource got, or would get. */
  physicalId(logicalId: string): string {
    if (logicalId === 'AWS::Region') return rehearsalRegion;
    if (logicalId === 'AWS::AccountId') return rehearsalAccount;
    if (logicalId === 'AWS::URLSuffix') return 'amazonaws.com';
    return `${this.name}-${logicalId}`.toLowerCase();
  }

  /** The outputs, their references resolved. */
  outputs(): readonly { readonly key: string; readonly value: string }[] {
    return Object.entries(this.template.Outputs ?? {}).map(([key, { Value }]) => ({
      key,
      value: this.resolve(Value),
    }));
  }

  private resolve(value: unknown): string {
    const [name, argument] = intrinsicOf(value) ?? [];
    if (name === 'Ref') return this.physicalId(String(argument));
    if (name === 'Fn::GetAtt') {
      const { id, attribute } = readGetAtt(argument);
      return `${this.physicalId(id)}.${attribute ?? ''}`;
    }
    if (name === 'Fn::Join') {
      const [delimiter, parts] = argument as readonly [string, readonly unknown[]];
      return parts.map((part) => this.resolve(part)).join(delimiter);
    }
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  private happen(logicalId: string, type: string, status: string): void {
    this.events.push({ id: `${logicalId}-${this.events.length}`, logicalId, type, status });
  }
}
