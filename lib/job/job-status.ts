import { enums } from './generated/schema.ts';

const names = enums['JobStatus']!;

/** The name of a JobStatus number; the number itself where this version does not know it. */
export function jobStatusName(status: number): string {
  return names[status] ?? String(status);
}
