import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../rehearsal/aws-call.ts';
import { startAwsEndpoint, type AwsEndpoint } from '../rehearsal/aws-endpoint.ts';
import { checkDeployed, checkRemoved } from '../rehearsal/expectations.ts';
import { rehearse } from '../rehearsal/rehearse.ts';

const silent = (): void => undefined;

describe('npm run deploy:rehearse', () => {
  it('deploys, deploys again what has not changed, shows and removes a stage with the real CLI', async () => {
    const { calls, problems } = await rehearse({ stage: 'rehearsal', params: [], say: silent });
    expect(problems).toEqual([]);
    const uploads = calls.filter((call) => call.startsWith('s3 PUT')).map((call) => call.split('/').at(-1));
    expect(uploads.sort()).toEqual([
      'compiled-cloudformation-template.json',
      'get.zip',
      'serverless-state.json',
      'sync.zip',
    ]);
    expect(calls.filter((call) => call === 'cloudformation ExecuteChangeSet')).toHaveLength(2);
    const made = ['CreateChangeSet', 'ExecuteChangeSet', 'DeleteStack'];
    for (const name of made) expect(calls).toContain(`cloudformation ${name}`);
  }, 120_000);

  it('shows that prod cannot be removed by mistake', async () => {
    const { calls, problems } = await rehearse({ stage: 'prod', params: [], say: silent });
    expect(problems).toEqual([]);
    expect(calls).toContain('cloudformation UpdateTerminationProtection');
    expect(calls).not.toContain('cloudformation DeleteStack');
  }, 120_000);

  it('shows that the stage of this machine is not deployed', async () => {
    const { calls, problems } = await rehearse({ stage: 'local', params: [], say: silent });
    expect(problems).toEqual([
      expect.stringMatching(/^deploy: it ended with 1:[^]*The stage local is for this machine/),
    ]);
    expect(calls.filter((call) => !call.startsWith('sts '))).toEqual([]);
  }, 120_000);

  it('says once what the CLI says where that refuses', async () => {
    const { problems } = await rehearse({ stage: 'rehearsal', params: ['auth=none'], say: silent });
    expect(problems).toEqual([
      expect.stringMatching(/^deploy: it ended with 1:[^]*auth=none lets everybody read everything/),
    ]);
  }, 120_000);
});

describe('what a rehearsal expects of AWS', () => {
  let aws: AwsEndpoint;
  const call = (input: Readonly<Record<string, string>>): string => {
    const body = Buffer.from(new URLSearchParams({ StackName: 's', ...input }).toString());
    const request: AwsCall = {
      service: 'cloudformation',
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: {},
      body,
    };
    return String(aws.cloudFormation.answer(request).body);
  };
  const deploy = (resources: Readonly<Record<string, unknown>>): void => {
    for (let time = 0; time < 2; time++) {
      call({
        Action: 'CreateChangeSet',
        ChangeSetName: 'c',
        TemplateBody: JSON.stringify({ Resources: resources }),
        'Tags.member.1.Key': 'stage',
        'Tags.member.1.Value': 'x',
      });
      call({ Action: 'ExecuteChangeSet' });
    }
  };
  const code = (S3Key: string) => ({
    F: { Type: 'AWS::Lambda::Function', Properties: { Role: 'r', Code: { S3Bucket: 'b', S3Key } } },
  });

  beforeEach(async () => {
    aws = await startAwsEndpoint();
    await aws.stop();
  });

  it('is a template without mistakes', () => {
    expect(() => {
      deploy({ T: { Type: 'AWS::SQS::Queue', Properties: { QueueNme: 'q' } } });
    }).toThrow('T.QueueNme: is unknown; QueueName is known');
  });

  it('is code that was uploaded whole, and its template', () => {
    deploy(code('a/get.zip'));
    expect(checkDeployed(aws, 'x')).toEqual([
      'the code of F was not uploaded',
      'the template was not uploaded',
    ]);
    const body = Buffer.from('PK');
    const object = { body, headers: { 'content-type': 'application/zip' }, lastModified: new Date() };
    aws.buckets.set('b', new Map([['a/get.zip', object]]));
    expect(checkDeployed(aws, 'y')).toEqual([
      'the stack does not have its stage as a tag',
      'the code of F is no zip archive',
      'the code of F is not what the CLI meant to upload',
      'the template was not uploaded',
    ]);
  });

  it('is that nothing is left but the table', () => {
    const table = (more: object) => ({
      T: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [] }, ...more },
    });
    deploy(table({}));
    expect(checkRemoved(aws)).toContain('the stack is UPDATE_COMPLETE');
    call({ Action: 'DeleteStack' });
    aws.buckets.set('b', new Map());
    expect(checkRemoved(aws)).toEqual(['buckets are left: b', 'the table would be deleted with the stack']);
    aws.buckets.clear();
    deploy(table({ DeletionPolicy: 'Retain' }));
    call({ Action: 'DeleteStack' });
    expect(checkRemoved(aws)).toEqual([]);
  });
});
