import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Resource, SpecDatabase } from '@aws-cdk/service-spec-types';
import { checkDocuments } from './check-document.ts';
import { checkProperties, type Report } from './check-value.ts';
import { findCycle } from './dependencies.ts';
import { referencesIn, type Reference } from './references.ts';
import type { Template, TemplateResource } from './template.ts';

const sections = ['AWSTemplateFormatVersion', 'Description', 'Resources', 'Outputs'];

const resourceAttributes = [
  'Type',
  'Properties',
  'DependsOn',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'UpdatePolicy',
];

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html */
const aliasUpdate = 'CodeDeployLambdaAliasUpdate';
const aliasUpdateProperties = ['ApplicationName', 'DeploymentGroupName'];

const deletionPolicies = ['Delete', 'Retain', undefined];

/**
 * Checks a template against AWS's published resource schemas, without asking AWS: the type of every resource, names,
 * presence and types of properties at any depth, references to resources and to their attributes, and that resources do
 * not depend on each other in a circle. It does not know ranges, enum values, or limits of names.
 *
 * @returns what is wrong, place by place; nothing where all is well
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
export function checkTemplate(template: Template): readonly string[] {
  const problems: string[] = [];
  const report: Report = (place, problem) => problems.push(`${place}: ${problem}`);
  const db = loadSchemas();
  for (const section of Object.keys(template))
    if (!sections.includes(section)) report(section, 'is not a known section');
  for (const [id, resource] of Object.entries(template.Resources)) checkResource(db, id, resource, report);
  for (const [id, resource] of Object.entries(template.Resources)) {
    for (const reference of referencesIn([resource.Properties, resource.UpdatePolicy]))
      checkReference(db, template, reference, id, report);
    for (const dependency of [resource.DependsOn ?? []].flat())
      if (!Object.hasOwn(template.Resources, dependency))
        report(`${id}.DependsOn`, `there is no ${dependency}`);
  }
  for (const [name, { Value }] of Object.entries(template.Outputs ?? {}))
    for (const reference of referencesIn(Value))
      checkReference(db, template, reference, `Outputs.${name}`, report);
  const cycle = findCycle(template);
  if (cycle !== undefined) report(cycle[0]!, `depends on itself: ${cycle.join(' → ')}`);
  return problems;
}

let schemas: SpecDatabase | undefined;

/** They take half a second to unpack. */
export function loadSchemas(): SpecDatabase {
  return (schemas ??= loadAwsServiceSpecSync());
}

function findSchema(db: SpecDatabase, type: string): Resource | undefined {
  return db.lookup('resource', 'cloudFormationType', 'equals', type)[0];
}

function checkResource(db: SpecDatabase, id: string, resource: TemplateResource, report: Report): void {
  if (!/^[A-Za-z0-9]{1,255}$/.test(id)) report(id, 'a logical id must be letters and digits');
  const schema = findSchema(db, resource.Type);
  if (schema === undefined) {
    report(id, `there is no resource type ${resource.Type}`);
    return;
  }
  for (const name of Object.keys(resource))
    if (!resourceAttributes.includes(name)) report(`${id}.${name}`, 'is not an attribute of resources');
  for (const name of ['DeletionPolicy', 'UpdateReplacePolicy'])
    if (!deletionPolicies.includes(resource[name] as string | undefined))
      report(`${id}.${name}`, `is unknown: ${String(resource[name])}`);
  const properties = resource.Properties ?? {};
  checkProperties(db, schema.properties, properties, id, report);
  checkDocuments(properties, id, report);
  for (const [name, policy] of Object.entries(resource.UpdatePolicy ?? {}))
    for (const property of Object.keys(policy as object))
      if (name !== aliasUpdate || !aliasUpdateProperties.includes(property))
        report(`${id}.UpdatePolicy.${name}.${property}`, 'is unknown');
}

function checkReference(
  db: SpecDatabase,
  { Resources }: Template,
  { id, attribute }: Reference,
  place: string,
  report: Report,
): void {
  const resource = Object.hasOwn(Resources, id) ? Resources[id] : undefined;
  if (resource === undefined) report(place, `refers to ${id}, which is not there`);
  else if (attribute !== undefined) {
    const known = Object.keys(findSchema(db, resource.Type)?.attributes ?? {});
    if (!known.includes(attribute))
      report(
        place,
        `refers to ${id}.${attribute}; ${resource.Type} has ${known.join(', ') || 'no attributes'}`,
      );
  }
}
