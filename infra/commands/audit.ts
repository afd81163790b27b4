/** `npm run audit`: known vulnerabilities of what is in production, as far as the registry tells. */
import { projectRoot } from '../local/deployment.ts';
import { npm } from '../sbom/npm.ts';

/** What `npm audit --json` prints; no vulnerabilities, not even none, where the registry did not answer. */
interface Audit {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

/** Neither success nor failure; `.ci/run` knows it. sysexits.h calls it EX_TEMPFAIL. */
const notAnswered = 75;

const { stdout } = await npm(['audit', '--omit', 'dev', '--json'], projectRoot);
const { message, error, vulnerabilities } = JSON.parse(stdout) as Audit;
if (vulnerabilities === undefined) {
  // A mirror of the registry often has the packages and not the advisories; that says nothing of the packages.
  process.exitCode = notAnswered;
  console.log(
    `Nothing was checked, as the registry does not answer audits: ${message ?? error?.summary ?? 'it gives no reason'}`,
  );
} else {
  const found = Object.entries(vulnerabilities);
  for (const [name, { severity, range }] of found) console.log(`${severity}: ${name} ${range}`);
  console.log(`${found.length} production packages have known vulnerabilities.`);
  if (found.length > 0) process.exitCode = 1;
}
