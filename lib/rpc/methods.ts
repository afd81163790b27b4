import type { GetJobDeps } from '../reading/get-job.ts';
import { getMethod } from './get.ts';
import type { Method } from './method.ts';

/** All methods that are served, with what they need. */
export function createMethods(deps: GetJobDeps): readonly Method[] {
  return [getMethod(deps)];
}
