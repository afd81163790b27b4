/** What AWS must have got after each step of a rehearsal. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sbomName } from '../../infra/sbom/write-sbom.ts';
import type { AwsEndpoint } from './aws-endpoint.ts';
import type { StoredObject } from './s3.ts';

/** A zip archive begins so. */
const zipMagic = Buffer.from('PK\u0003\u0004', 'latin1');

/** Everything that the stack needs is uploaded, whole. CloudFormation as it is played here took no template with a mistake. */
export function checkDeployed({ buckets, cloudFormation }: AwsEndpoint, stage: string): readonly string[] {
  const problems: string[] = [];
  const [stack] = cloudFormation.stacks.values();
  if (stack?.status !== 'UPDATE_COMPLETE') return [`the stack is ${stack?.status ?? 'missing'}`];
  if (stack.tags['stage'] !== stage) problems.push('the stack does not have its stage as a tag');
  const objects = new Map([...buckets.values()].flatMap((bucket) => [...bucket]));
  for (const [id, { Type, Properties = {} }] of Object.entries(stack.template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { S3Key } = Properties['Code'] as { readonly S3Key: string };
    const archive = objects.get(S3Key);
    if (archive === undefined) problems.push(`the code of ${id} was not uploaded`);
    else problems.push(...checkArchive(id, archive));
  }
  const uploaded = [...objects].find(([key]) => key.endsWith('/compiled-cloudformation-template.json'))?.[1];
  if (uploaded === undefined) problems.push('the template was not uploaded');
  else if (uploaded.body.toString() !== JSON.stringify(stack.template))
    problems.push('the template that was uploaded is not the one of the stack');
  return problems;
}

/** What is in production is listed where the CLI leaves its artifacts. */
export function checkListed(serviceFolder: string): readonly string[] {
  const isThere = existsSync(join(serviceFolder, '.serverless', sbomName));
  return isThere ? [] : [`there is no ${sbomName}`];
}

function checkArchive(id: string, { body, headers }: StoredObject): readonly string[] {
  const problems: string[] = [];
  if (headers['content-type'] !== 'application/zip' || !body.subarray(0, 4).equals(zipMagic))
    problems.push(`the code of ${id} is no zip archive`);
  if (headers['x-amz-meta-filesha256'] !== createHash('sha256').update(body).digest('base64'))
    problems.push(`the code of ${id} is not what the CLI meant to upload`);
  return problems;
}

/** The stack and what was uploaded are gone; the jobs are not. */
export function checkRemoved({ buckets, cloudFormation }: AwsEndpoint): readonly string[] {
  const [stack] = cloudFormation.stacks.values();
  const problems: string[] = [];
  if (stack?.status !== 'DELETE_COMPLETE') problems.push(`the stack is ${stack?.status ?? 'missing'}`);
  if (buckets.size > 0) problems.push(`buckets are left: ${[...buckets.keys()].join(', ')}`);
  // A stage with the setting existingTable has none of its own.
  for (const { Type, DeletionPolicy } of Object.values(stack?.template.Resources ?? {}))
    if (Type === 'AWS::DynamoDB::Table' && DeletionPolicy !== 'Retain')
      problems.push('the table would be deleted with the stack');
  return problems;
}
