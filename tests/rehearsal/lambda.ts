/** As much of Lambda as the serverless CLI calls: when a function was last changed. */
import { AwsError, type AwsAnswer, type AwsCall } from './aws-call.ts';
import type { Stack } from './stack.ts';

/**
 * @throws {AwsError}
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
 */
export function answerLambda(stacks: ReadonlyMap<string, Stack>, { method, path }: AwsCall): AwsAnswer {
  const name = /^\/2015-03-31\/functions\/([^/]+)$/.exec(path)?.[1];
  if (method !== 'GET' || name === undefined)
    throw new AwsError(501, 'NotImplemented', `${method} ${path} is not played here`);
  const owner = [...stacks.values()].find(({ template }) =>
    Object.values(template.Resources).some(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties?.['FunctionName'] === name,
    ),
  );
  if (owner === undefined)
    throw new AwsError(404, 'ResourceNotFoundException', `there is no function ${name}`);
  const Configuration = { FunctionName: name, LastModified: owner.changedAt.toISOString() };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Configuration }),
  };
}
