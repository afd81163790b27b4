/** Checks the JSON documents in a template that AWS's resource schemas leave open. */
import type { Report } from './check-value.ts';
import { intrinsicOf } from './references.ts';
import { isRecord } from './template.ts';

/** The keys of a document, and which of them must be there. */
interface DocumentKeys {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
const policyKeys: DocumentKeys = { required: ['Statement'], optional: ['Version', 'Id'] };
const statementKeys: DocumentKeys = {
  required: ['Effect', 'Action'],
  optional: ['Sid', 'Principal', 'Resource', 'Condition'],
};

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const redriveKeys: DocumentKeys = { required: ['deadLetterTargetArn', 'maxReceiveCount'], optional: [] };

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
const eventPatternKeys: DocumentKeys = {
  required: [],
  optional: ['source', 'account', 'detail-type', 'detail'],
};

/** Finds documents by the name of their property, at any depth. */
export function checkDocuments(value: unknown, place: string, report: Report): void {
  if (Array.isArray(value))
    for (const [index, one] of value.entries()) checkDocuments(one, `${place}[${index}]`, report);
  if (!isRecord(value)) return;
  for (const [name, document] of Object.entries(value)) {
    const at = `${place}.${name}`;
    if (name === 'PolicyDocument' || name === 'AssumeRolePolicyDocument')
      checkPolicy(document, name, at, report);
    else if (name === 'RedrivePolicy') checkRedrivePolicy(document, at, report);
    else if (name === 'EventPattern') checkKeys(document, eventPatternKeys, at, report);
    else checkDocuments(document, at, report);
  }
}

function checkPolicy(policy: unknown, name: string, place: string, report: Report): void {
  if (!checkKeys(policy, policyKeys, place, report)) return;
  if (![undefined, '2012-10-17'].includes(policy['Version'] as string | undefined))
    report(`${place}.Version`, 'must be 2012-10-17');
  const statements: readonly unknown[] = [policy['Statement'] ?? []].flat();
  for (const [index, statement] of statements.entries()) {
    const at = `${place}.Statement[${index}]`;
    if (!checkKeys(statement, statementKeys, at, report)) continue;
    const { Effect, Action, Resource } = statement;
    if (Effect !== 'Allow' && Effect !== 'Deny') report(`${at}.Effect`, 'must be Allow or Deny');
    for (const action of [Action].flat())
      if (!/^[a-z0-9-]+:[A-Za-z*]+$/.test(String(action)))
        report(`${at}.Action`, `is no action: ${String(action)}`);
    if (Resource === undefined && name === 'PolicyDocument') report(`${at}.Resource`, 'is missing');
    for (const resource of [Resource ?? '*'].flat())
      if (
        intrinsicOf(resource) === undefined &&
        !(typeof resource === 'string' && /^(\*$|arn:)/.test(resource))
      )
        report(`${at}.Resource`, 'is no ARN');
  }
}

function checkRedrivePolicy(policy: unknown, place: string, report: Report): void {
  if (checkKeys(policy, redriveKeys, place, report) && !Number.isInteger(policy['maxReceiveCount']))
    report(`${place}.maxReceiveCount`, 'must be an integer');
}

function checkKeys(
  value: unknown,
  { required, optional }: DocumentKeys,
  place: string,
  report: Report,
): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value)) {
    report(place, 'must be an object');
    return false;
  }
  for (const name of Object.keys(value))
    if (![...required, ...optional].includes(name)) report(`${place}.${name}`, 'is unknown');
  for (const name of required) if (value[name] === undefined) report(`${place}.${name}`, 'is missing');
  return true;
}
