/** The longest job id, in characters. */
export const jobIdMaxLength = 64;

/**
 * What is wrong with a job id, or undefined where nothing is.
 *
 * @example
 * describeJobIdProblem(''); // 'must not be empty'
 */
export function describeJobIdProblem(jobId: string): string | undefined {
  if (jobId === '') return 'must not be empty';
  if (jobId.length > jobIdMaxLength) {
    return `must be at most ${String(jobIdMaxLength)} characters long, has ${String(jobId.length)}`;
  }
  if (!/^[A-Za-z0-9_-]+$/.test(jobId)) return 'may only have letters, digits, hyphens and underscores';
  return undefined;
}
