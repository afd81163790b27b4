import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkTemplate } from '../template/check-template.ts';
import type { Template } from '../template/template.ts';
import { dropRequired, misspell, mistype, redirect, type Mutant } from '../support/template-mutants.ts';
import { packageVariants } from '../support/template-variants.ts';

let templates: ReadonlyMap<string, Template>;
beforeAll(async () => {
  // Between them they have everything that any has.
  const names = ['a stage with a signed function URL and a key', 'a stage with everything else'];
  templates = await packageVariants(names);
  expect(templates.size).toBe(names.length);
}, 90_000);

describe('the check of templates', () => {
  it.each<[string, (template: Template) => Iterable<Mutant>]>([
    ['a misspelt property', misspell],
    ['a missing property that is required', dropRequired],
    ['a value of another type', mistype],
    ['a reference to what is not there', redirect],
  ])(
    'catches %s, wherever it is',
    (_, mutate) => {
      const missed: string[] = [];
      let count = 0;
      for (const [name, template] of templates)
        for (const mutant of mutate(template)) {
          count++;
          if (checkTemplate(mutant.template).length === 0) missed.push(`${name}: ${mutant.place}`);
        }
      expect(missed).toEqual([]);
      expect(count).toBeGreaterThan(30 * templates.size);
    },
    60_000,
  );

  const broken = (resources: Readonly<Record<string, unknown>>): readonly string[] =>
    checkTemplate({ Resources: resources } as unknown as Template);

  it('says where and what', () => {
    const Type = 'AWS::SQS::Queue';
    expect(broken({ A: { Type: 'AWS::SQS::Qeue' } })).toEqual([
      'A: there is no resource type AWS::SQS::Qeue',
    ]);
    expect(broken({ A: { Type, Properties: { QueueNme: 'q' } } })).toEqual([
      'A.QueueNme: is unknown; QueueName is known',
    ]);
    expect(broken({ A: { Type, Properties: { DelaySeconds: 'soon' } } })).toEqual([
      'A.DelaySeconds: must be an integer, is "soon"',
    ]);
    expect(broken({ A: { Type, Properties: { QueueName: { 'Fn::Sub': '${B.Arn}' } } } })).toEqual([
      'A: refers to B, which is not there',
    ]);
    expect(broken({ A: { Type, Properties: { QueueName: { 'Fn::Select': [0, ['q']] } } } })).toEqual([
      'A.QueueName: Fn::Select is not known to this check',
    ]);
    const role = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] } } };
    const policies = (Policies: unknown) => ({
      A: { ...role, Properties: { ...role.Properties, Policies } },
    });
    expect(broken(policies({ 'Fn::Sub': 'text' }))).toEqual(['A.Policies: must not be a text']);
    expect(broken(policies([{ Ref: 'AWS::Region' }]))).toEqual(['A.Policies[0]: must not be what Ref gives']);
    expect(broken({ A: { Type, DependsOn: 'C' } })).toEqual(['A.DependsOn: there is no C']);
    expect(broken({ A: { Type, Retain: true } })).toEqual(['A.Retain: is not an attribute of resources']);
    expect(broken({ A: { Type: 'AWS::Lambda::Alias', Properties: {} } })).toEqual([
      'A.FunctionName: is missing',
      'A.FunctionVersion: is missing',
      'A.Name: is missing',
    ]);
  });

  it('finds resources that wait for each other', () => {
    const queue = (id: string) => ({
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } },
    });
    expect(broken({ A: queue('B'), B: queue('A') })).toEqual(['A: depends on itself: A → B → A']);
  });
});
