/** The parts of pages that are made of data: `npm run docs` writes them, and a test holds the pages to them. */
import * as grpcServer from '../../lib/config/settings/grpc-server.ts';
import * as surroundings from '../../lib/config/settings/surroundings.ts';
import * as upstreamTokens from '../../lib/config/settings/upstream-tokens.ts';
import { rowsOf, topics } from '../aws/settings/definitions.ts';
import * as localSettings from '../local/settings.ts';
import { byVariable, settingsList, variablesTable } from './settings-lists.ts';

/** The variables that no setting of a deployment gives a value. */
export const surroundingTopics = {
  'Where a process runs': surroundings,
  'Tokens for upstream, instead of `UPSTREAM_KEY_SECRET`': upstreamTokens,
  'The gRPC server': grpcServer,
  '`npm start`': localSettings,
};

/** By the page in docs/, and the name in its markers. */
export const generatedParts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'operations.md': {
    settings: settingsList(topics),
    'variables of settings': variablesTable(rowsOf(topics)),
    'other variables': settingsList(
      Object.fromEntries(Object.entries(surroundingTopics).map(([topic, rows]) => [topic, byVariable(rows)])),
    ),
  },
};

/**
 * A page with its generated parts as they are now.
 *
 * @throws {Error} if it has no markers for one
 */
export function fillPage(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- npm run docs: ${name} -->`, '<!-- end -->'];
    const start = text.indexOf(begin) + begin.length;
    const stop = text.indexOf(end, start);
    if (start < begin.length || stop < 0) throw new Error(`the page has no markers for ${name}`);
    return `${text.slice(0, start)}\n\n${part}\n\n${text.slice(stop)}`;
  }, page);
}
