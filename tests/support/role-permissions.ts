/** What the roles of a packaged template allow, and what a table was called for, in the words of IAM. */
import type { Template } from '../template/template.ts';
import type { Call } from './dynamodb-proxy.ts';

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

export const tableArn = { 'Fn::GetAtt': ['JobTable', 'Arn'] };

/** What Lambda does in a function's name, which no local engine sees. */
export const byLambda = {
  /** @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html */
  logs: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  /** When the mapping is made. @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
  mapping: ['sqs:GetQueueAttributes'],
  /** DynamoDB asks for the caller. @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html */
  key: ['kms:Decrypt'],
};

/** What a role allows, each once, as `action on resource`. */
export function allowed({ Resources }: Template, role: string): readonly string[] {
  const own = Resources[role]!.Properties!['Policies'] as readonly { readonly PolicyDocument: unknown }[];
  const attached = Object.values(Resources)
    .filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' && JSON.stringify(Properties!['Roles']).includes(`"${role}"`),
    )
    .map(({ Properties }) => Properties!);
  const statements = [...own, ...attached].flatMap(
    ({ PolicyDocument }) => (PolicyDocument as PolicyDocument).Statement,
  );
  return statements.flatMap(({ Action, Resource }) => on(Resource, [Action].flat())).sort();
}

export function on(resource: unknown, actions: Iterable<string>): readonly string[] {
  return [...new Set(actions)].map((action) => `${action} on ${JSON.stringify(resource)}`);
}

/** Calls of one table, as `action on resource`. */
export function callsOnTable(calls: readonly Call[]): readonly string[] {
  const found = calls.flatMap(({ operation, body: { IndexName } }) => {
    const index = { 'Fn::Join': ['', [tableArn, `/index/${String(IndexName)}`]] };
    return on(IndexName === undefined ? tableArn : index, [`dynamodb:${operation}`]);
  });
  return [...new Set(found)];
}
