/** Runs what may fail, but only in the ways that are documented. */
export function expectedOnly<T>(names: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}
