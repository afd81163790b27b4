import type { About } from './setting.ts';

/** Marks what the functions' bundles leave out of a row: infra/bundle/plugins.ts makes this an empty function there. */
export function about(facts: About): About {
  return facts;
}
