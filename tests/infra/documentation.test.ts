import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { definitions } from '../../infra/aws/settings/definitions.ts';
import { projectRoot } from '../support/local-stack.ts';
import { documentedNames, operations } from '../support/operations-page.ts';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

/** Sources below a folder, by their path. */
function sources(folder: string, ending: RegExp): ReadonlyMap<string, string> {
  const names = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
  return new Map(names.filter((name) => ending.test(name)).map((name) => [name, read(join(folder, name))]));
}

describe('docs/operations.md', () => {
  const fragments = [read('serverless.yml'), ...sources('infra', /\.yml$/).values()].join('\n');

  it('lists exactly the settings that there are', () => {
    expect(documentedNames('Settings')).toEqual(Object.keys(definitions).sort());
  });

  it('lists no setting that nothing reads', () => {
    const resolver = read('infra/aws/settings/resolve-settings.ts');
    const choices = /function choices\(\{([^}]*)\}/.exec(resolver)![1]!;
    const chosen = choices.split(/[\s,]+/);
    const unread = Object.keys(definitions).filter(
      (name) => !chosen.includes(name) && !new RegExp(`custom\\.settings\\.${name}\\b`).test(fragments),
    );
    expect(unread).toEqual([]);
  });

  it('lists exactly the environment variables that the code reads', () => {
    const config = [
      ...`${read('lib/config/config.ts')}${read('lib/config/upstream-config.ts')}`.matchAll(
        /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|STAGE)'/g,
      ),
    ];
    const ports = [...read('infra/local/ports.ts').matchAll(/name: '([A-Z_]+)'/g)];
    const direct = [...sources('infra', /\.ts$/), ...sources('functions', /\.ts$/)]
      .filter(([name]) => !name.startsWith('rehearsal/'))
      .flatMap(([, text]) => [...text.matchAll(/\benv\['([A-Z_]+)'\]/g)]);
    const provider = [...read('serverless.yml').matchAll(/env:([A-Z_]+)/g)];
    const all = [...config, ...ports, ...direct, ...provider].map(([, name]) => name!);
    expect(documentedNames('Environment')).toEqual([...new Set(all)].sort());
  });

  it('says truly which variables the deployment sets', () => {
    const deployed = [
      ...fragments.matchAll(/^ +(?:- \{ Name: )?([A-Z]+(?:_[A-Z]+)*)(?:: |, Value: )'?\$\{/gm),
    ];
    const set = new Set(deployed.map(([, name]) => name!));
    const rows = operations.section('Environment').matchAll(/^\| `(\w+)` +\| (`\w+`|the stage) /gm);
    expect([...rows].map(([, name]) => name).sort()).toEqual([...set].sort());
  });

  it('has a runbook entry for every alarm, and every alarm names its entry', () => {
    const links = [...fragments.matchAll(/AlarmDescription: .* docs\/operations\.md#([\w-]+)$/gm)].map(
      ([, anchor]) => anchor!,
    );
    const alarms = [...fragments.matchAll(/Type: AWS::CloudWatch::Alarm/g)];
    expect(links).toHaveLength(alarms.length);
    const anchors = operations.headings(3).map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    expect([...links].sort()).toEqual(anchors.sort());
  });

  it('links to headings that are there', () => {
    for (const page of ['operations', 'upgrading']) {
      const links = read(`docs/${page}.md`).matchAll(/\]\((?:(\w+)\.md)?#([\w-]+)\)/g);
      for (const [, other = page, anchor] of links) {
        const headings = [...read(`docs/${other}.md`).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
          heading!.toLowerCase().replaceAll(' ', '-'),
        );
        expect(headings).toContain(anchor);
      }
    }
  });
});
