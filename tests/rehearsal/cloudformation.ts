/** As much of CloudFormation as the serverless CLI calls, in AWS's query protocol. */
import { checkTemplate } from '../template/check-template.ts';
import type { Template } from '../template/template.ts';
import { AwsError, type AwsAnswer, type AwsCall } from './aws-call.ts';
import { readQueryTags, queryAnswer } from './query-protocol.ts';
import type { Buckets } from './s3.ts';
import { Stack } from './stack.ts';
import type { XmlValue } from './xml.ts';

export interface CloudFormation {
  readonly stacks: ReadonlyMap<string, Stack>;
  /** Every template that was handed over, in order. */
  readonly templates: readonly Template[];
  /** @throws {AwsError} */
  readonly answer: (call: AwsCall) => AwsAnswer;
}

type Action = (input: URLSearchParams) => XmlValue;

/**
 * Plays CloudFormation: keeps stacks, checks each template, and makes the buckets that templates ask for.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
 */
export function createCloudFormation(buckets: Buckets): CloudFormation {
  const stacks = new Map<string, Stack>();
  const templates: Template[] = [];

  const findStack = (input: URLSearchParams): Stack => {
    const name = input.get('StackName') ?? '';
    const stack = stacks.get(name) ?? [...stacks.values()].find(({ id }) => id === name);
    if (stack === undefined)
      throw new AwsError(400, 'ValidationError', `Stack with id ${name} does not exist`);
    return stack;
  };

  const readTemplate = (input: URLSearchParams): Template => {
    const template = JSON.parse(
      input.get('TemplateBody') ?? readUploaded(buckets, input.get('TemplateURL') ?? ''),
    ) as Template;
    const problems = checkTemplate(template);
    if (problems.length > 0)
      throw new AwsError(400, 'ValidationError', `Template format error: ${problems.join('; ')}`);
    return template;
  };

  const actions: Readonly<Record<string, Action>> = {
    DescribeStacks: (input) => ({ Stacks: { member: [describeStack(findStack(input))] } }),

    CreateChangeSet: (input) => {
      const name = input.get('StackName') ?? '';
      const stack = stacks.get(name) ?? new Stack(name);
      stack.proposed = readTemplate(input);
      stack.tags = readQueryTags(input);
      templates.push(stack.proposed);
      stacks.set(name, stack);
      return { Id: input.get('ChangeSetName') ?? '', StackId: stack.id };
    },
    DescribeChangeSet: (input) => ({
      ChangeSetName: input.get('ChangeSetName') ?? '',
      StackId: findStack(input).id,
      StackName: findStack(input).name,
      Status: 'CREATE_COMPLETE',
      ExecutionStatus: 'AVAILABLE',
    }),
    ExecuteChangeSet: (input) => {
      const stack = findStack(input);
      stack.execute();
      for (const [id, { Type }] of Object.entries(stack.template.Resources))
        if (Type === 'AWS::S3::Bucket' && !buckets.has(stack.physicalId(id)))
          buckets.set(stack.physicalId(id), new Map());
      return {};
    },
    DeleteChangeSet: () => ({}),

    ValidateTemplate: (input) => {
      readTemplate(input);
      return {};
    },
    DescribeStackEvents: (input) => ({ StackEvents: { member: describeEvents(findStack(input)) } }),
    DescribeStackResource: (input) => {
      const stack = findStack(input);
      const id = input.get('LogicalResourceId') ?? '';
      if (!Object.hasOwn(stack.template.Resources, id))
        throw new AwsError(400, 'ValidationError', `Resource ${id} does not exist for stack ${stack.name}`);
      const PhysicalResourceId = stack.physicalId(id);
      return { StackResourceDetail: { LogicalResourceId: id, PhysicalResourceId } };
    },
    ListStackResources: (input) => ({
      StackResourceSummaries: { member: describeResources(findStack(input)) },
    }),
    UpdateTerminationProtection: (input) => {
      const stack = findStack(input);
      stack.terminationProtection = input.get('EnableTerminationProtection') === 'true';
      return { StackId: stack.id };
    },
    DeleteStack: (input) => {
      const stack = findStack(input);
      for (const [id, { Type }] of Object.entries(stack.template.Resources)) {
        if (Type !== 'AWS::S3::Bucket') continue;
        const objects = buckets.get(stack.physicalId(id))?.size ?? 0;
        if (objects > 0)
          throw new AwsError(400, 'ValidationError', `the bucket ${id} still holds ${objects} objects`);
        buckets.delete(stack.physicalId(id));
      }
      stack.delete();
      return {};
    },
  };

  return {
    stacks,
    templates,
    answer: ({ body }) => {
      const input = new URLSearchParams(body.toString());
      const name = input.get('Action') ?? '';
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined)
        throw new AwsError(400, 'InvalidAction', `CloudFormation's ${name} is not played here`);
      return queryAnswer(name, action(input));
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

function describeStack(stack: Stack): XmlValue {
  return {
    StackId: stack.id,
    StackName: stack.name,
    StackStatus: stack.status,
    CreationTime: new Date(0).toISOString(),
    EnableTerminationProtection: stack.terminationProtection,
    Outputs: { member: stack.outputs().map(({ key, value }) => ({ OutputKey: key, OutputValue: value })) },
  };
}

function describeResources(stack: Stack): readonly XmlValue[] {
  return Object.entries(stack.template.Resources).map(([id, { Type }]) => ({
    LogicalResourceId: id,
    PhysicalResourceId: stack.physicalId(id),
    ResourceType: Type,
    ResourceStatus: 'CREATE_COMPLETE',
    LastUpdatedTimestamp: new Date(0).toISOString(),
  }));
}

/** Newest first. */
function describeEvents(stack: Stack): readonly XmlValue[] {
  return stack.events.toReversed().map(({ id, logicalId, type, status }) => ({
    StackId: stack.id,
    EventId: id,
    StackName: stack.name,
    LogicalResourceId: logicalId,
    ResourceType: type,
    ResourceStatus: status,
    Timestamp: new Date(0).toISOString(),
  }));
}
