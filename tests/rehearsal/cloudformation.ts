/** As much of CloudFormation as the serverless CLI calls, in AWS's query protocol. */
import { checkTemplate } from '../template/check-template.ts';
import type { Template } from '../template/template.ts';
import { AwsError, type AwsAnswer, type AwsCall } from './aws-call.ts';
import type { Buckets } from './s3.ts';
import { Stack } from './stack.ts';
import { queryAnswer, type XmlValue } from './xml.ts';

export interface CloudFormation {
  readonly stacks: ReadonlyMap<string, Stack>;
  /** @throws {AwsError} */
  readonly answer: (call: AwsCall) => AwsAnswer;
}

/** What the CLI names something by: the parameter `StackName`, and so on. */
type Input = (name: string) => string;

/**
 * Plays CloudFormation: keeps stacks, checks each template, and makes the buckets that templates ask for.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
 */
export function createCloudFormation(buckets: Buckets): CloudFormation {
  const stacks = new Map<string, Stack>();

  const findStack = (input: Input): Stack => {
    const name = input('StackName');
    const stack = [...stacks.values()].find((one) => one.name === name || one.id === name);
    if (stack === undefined)
      throw new AwsError(400, 'ValidationError', `Stack with id ${name} does not exist`);
    return stack;
  };

  const readTemplate = (input: Input): Template => {
    const text = input('TemplateBody') || readUploaded(buckets, input('TemplateURL'));
    const template = JSON.parse(text) as Template;
    const problems = checkTemplate(template);
    if (problems.length > 0)
      throw new AwsError(400, 'ValidationError', `Template format error: ${problems.join('; ')}`);
    return template;
  };

  const actions: Readonly<Record<string, (input: Input) => XmlValue>> = {
    DescribeStacks: (input) => ({ Stacks: { member: describeStack(findStack(input)) } }),
    CreateChangeSet: (input) => {
      const name = input('StackName');
      const stack = stacks.get(name) ?? new Stack(name);
      stack.proposed = readTemplate(input);
      stack.tags = readTags(input);
      stacks.set(name, stack);
      return { Id: input('ChangeSetName'), StackId: stack.id };
    },
    DescribeChangeSet: (input) => ({
      StackId: findStack(input).id,
      Status: 'CREATE_COMPLETE',
      ExecutionStatus: 'AVAILABLE',
    }),
    ExecuteChangeSet: (input) => {
      const stack = findStack(input);
      stack.execute();
      for (const name of stack.buckets()) if (!buckets.has(name)) buckets.set(name, new Map());
      return {};
    },
    DeleteChangeSet: () => ({}),
    ValidateTemplate: (input) => {
      readTemplate(input);
      return {};
    },
    DescribeStackEvents: (input) => ({ StackEvents: { member: describeEvents(findStack(input)) } }),
    DescribeStackResource: (input) => {
      const [stack, id] = [findStack(input), input('LogicalResourceId')];
      if (!Object.hasOwn(stack.template.Resources, id))
        throw new AwsError(400, 'ValidationError', `Resource ${id} does not exist for stack ${stack.name}`);
      return { StackResourceDetail: { PhysicalResourceId: stack.physicalId(id) } };
    },
    ListStackResources: (input) => ({
      StackResourceSummaries: { member: describeResources(findStack(input)) },
    }),
    UpdateTerminationProtection: (input) => {
      findStack(input).terminationProtection = input('EnableTerminationProtection') === 'true';
      return {};
    },
    DeleteStack: (input) => {
      const stack = findStack(input);
      for (const name of stack.buckets()) {
        const objects = buckets.get(name)!.size;
        if (objects > 0)
          throw new AwsError(400, 'ValidationError', `the bucket ${name} still holds ${objects} objects`);
        buckets.delete(name);
      }
      stack.action = 'DELETE';
      return {};
    },
  };

  return {
    stacks,
    answer: ({ body }) => {
      const form = new URLSearchParams(body.toString());
      const input: Input = (name) => form.get(name) ?? '';
      const action = actions[input('Action')];
      if (action === undefined)
        throw new AwsError(400, 'InvalidAction', `CloudFormation's ${input('Action')} is not played here`);
      return queryAnswer(input('Action'), action(input));
    },
  };
}

/** The CLI names the uploaded template by its address at S3, path-style. */
function readUploaded(buckets: Buckets, url: string): string {
  const [, bucket = '', ...key] = new URL(url).pathname.split('/').map(decodeURIComponent);
  const object = buckets.get(bucket)?.get(key.join('/'));
  if (object === undefined) throw new AwsError(400, 'ValidationError', `there is no template at ${url}`);
  return object.body.toString();
}

/** `Tags.member.1.Key=…&Tags.member.1.Value=…` */
function readTags(input: Input): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (let index = 1; input(`Tags.member.${index}.Key`) !== ''; index++)
    tags[input(`Tags.member.${index}.Key`)] = input(`Tags.member.${index}.Value`);
  return tags;
}

function describeStack(stack: Stack): XmlValue {
  const outputs = Object.entries(stack.template.Outputs ?? {});
  return {
    StackId: stack.id,
    StackName: stack.name,
    StackStatus: stack.status,
    EnableTerminationProtection: stack.terminationProtection,
    Outputs: {
      member: outputs.map(([OutputKey, { Value }]) => ({ OutputKey, OutputValue: JSON.stringify(Value) })),
    },
  };
}

function describeResources(stack: Stack): readonly XmlValue[] {
  return Object.entries(stack.template.Resources).map(([id, { Type }]) => ({
    LogicalResourceId: id,
    PhysicalResourceId: stack.physicalId(id),
    ResourceType: Type,
  }));
}

/** Newest first. The CLI waits for those of the stack itself. */
function describeEvents({ id, name, action }: Stack): readonly XmlValue[] {
  return ['COMPLETE', 'IN_PROGRESS'].map((progress) => ({
    StackId: id,
    EventId: `${String(action)}-${progress}`,
    StackName: name,
    LogicalResourceId: name,
    ResourceType: 'AWS::CloudFormation::Stack',
    ResourceStatus: `${String(action)}_${progress}`,
  }));
}
