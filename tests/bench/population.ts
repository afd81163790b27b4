/** Jobs as a service has them: most with a few files, some with hundreds. */
import { jobWithFiles } from './jobs.ts';
import { createRandom } from '../../infra/upstream-stand-in/random.ts';

/** Files per job: log-normal, half of the jobs with at most 11, nine in ten with at most 46. */
const median = 11;
const ninetieth = 46;
const normalNinetieth = 1.2816;

/** The bytes of so many seeded jobs. */
export function population(count: number): readonly Uint8Array[] {
  const random = createRandom(20_261_124);
  const sigma = Math.log(ninetieth / median) / normalNinetieth;
  return Array.from({ length: count }, (_, index) => {
    const files = Math.round(median * Math.exp(sigma * random.normal()));
    return jobWithFiles(files, 1000 + index);
  });
}
