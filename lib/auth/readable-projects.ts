import type { Caller } from './authenticator.ts';

/** Stands for every project in a list of them. */
const everyProject = '*';

/** A caller who may read the projects listed. What is not a project's id grants nothing, nor does an empty text. */
export function readableProjects(listed: readonly unknown[]): Caller {
  const projects = new Set(listed.filter((project) => typeof project === 'string' && project !== ''));
  const readsEverything = projects.has(everyProject);
  return { mayRead: (projectId) => readsEverything || projects.has(projectId), readsEverything };
}
