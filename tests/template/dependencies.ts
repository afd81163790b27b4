import { referencesIn } from './references.ts';
import type { Template } from './template.ts';

/**
 * A circle of resources that each need the next one first, which CloudFormation refuses.
 *
 * @returns the ids in their order, the first one again at the end; undefined where there is none
 */
export function findCycle({ Resources }: Template): readonly string[] | undefined {
  const needs = new Map(
    Object.entries(Resources).map(([id, resource]) => [
      id,
      new Set([
        ...[resource.DependsOn ?? []].flat(),
        ...referencesIn([resource.Properties, resource.UpdatePolicy]).map((reference) => reference.id),
      ]),
    ]),
  );
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const next of needs.get(id) ?? []) {
      const cycle = visit(next, [...path, id]);
      if (cycle !== undefined) return cycle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const cycle = visit(id, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
