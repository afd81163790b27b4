/** `npm run audit`: the known vulnerabilities of production packages, as the registry lists them. */
import { projectRoot } from '../local/deployment.ts';
import { npm } from '../sbom/npm.ts';

/** What `npm audit --json` prints. Without the field `vulnerabilities`, the registry did not answer. */
interface Audit {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

/** Neither success nor failure. `.ci/run` knows this code, which sysexits.h calls EX_TEMPFAIL. */
const notAnswered = 75;

const { stdout } = await npm(['audit', '--omit', 'dev', '--json'], projectRoot);
const { message, error, vulnerabilities } = JSON.parse(stdout) as Audit;
if (vulnerabilities === undefined) {
  // A mirror of the registry often has the packages, but not the advisories. That says nothing about the packages.
  process.exitCode = notAnswered;
  console.log(
    `Nothing was checked, because the registry does not answer audits: ${message ?? error?.summary ?? 'it gives no reason'}`,
  );
} else {
  const found = Object.entries(vulnerabilities);
  for (const [name, { severity, range }] of found) console.log(`${severity}: ${name} ${range}`);
  console.log(`${found.length} production packages have known vulnerabilities.`);
  if (found.length > 0) process.exitCode = 1;
}
