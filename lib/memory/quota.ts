import { createQuota, type Quota, type QuotaOptions } from '../store/quota.ts';
import { step } from './step.ts';

/** @returns makes a quota that shares its permits with every other one that it made */
export function createMemoryQuota(): (options: QuotaOptions) => Quota {
  /** The moment of the next permit, in microseconds since 1970. */
  let nextUs = 0;
  return (options) =>
    createQuota(
      ({ nowUs, spacingUs, latestUs, neverUs }, deadline) =>
        step(deadline, () => {
          const permitUs = nextUs < nowUs || nextUs > neverUs ? nowUs : nextUs;
          if (permitUs > latestUs) return undefined;
          nextUs = permitUs + spacingUs;
          return permitUs;
        }),
      options,
    );
}
