import { fetchWithin, readText } from '../runtime/fetch-within.ts';
import { Status } from '../runtime/status.ts';
import { withoutSecrets } from './without-secrets.ts';

/** How long a token may take to come, all of it, in milliseconds. */
const timeoutMs = 5000;

/** The most bytes that the answer with a token may have; a token has some two hundred. */
const sizeLimit = 64 * 1024;

/** What a token service answered with HTTP 200. */
export interface TokenAnswer {
  /** What of the JSON's fields is text or a number. */
  readonly fields: ReadonlyMap<string, string | number>;
  /** The service's own time, in milliseconds since 1970; undefined where it does not tell. */
  readonly dateMs: number | undefined;
}

/** The service understood and said no. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  /** As TokenAnswer's. */
  readonly dateMs: number | undefined;

  constructor(message: string, dateMs: number | undefined) {
    super(message);
    this.dateMs = dateMs;
  }
}

export interface TokenRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What in the body nobody may see. */
  readonly secret?: string;
}

/**
 * Asks a token service. A redirect is a failure: the address is a setting, and what is sent there is a secret.
 *
 * @param service its name for people, such as `the IAM token service`
 * @throws {TokenRefusedError}
 * @throws {Status} UNAVAILABLE where no answer comes in time, or none that can be used
 */
export async function requestToken(request: TokenRequest, service: string): Promise<TokenAnswer> {
  const { url, secret, ...init } = request;
  let response: Response;
  let text: string;
  try {
    [response, text] = await fetchWithin(
      timeoutMs,
      url,
      init,
      async (answer) => [answer, await readText(answer, sizeLimit, 'the answer')] as const,
    );
  } catch (error) {
    throw new Status('SERVICE_TOKEN_UNAVAILABLE', `${service} does not answer`, { cause: error });
  }
  const { status } = response;
  const date = Date.parse(response.headers.get('date') ?? '');
  const dateMs = Number.isNaN(date) ? undefined : date;
  if (status === 200) return { fields: readFields(text, service), dateMs };
  const words = `HTTP ${status}: ${withoutSecrets(text, secret)}`;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    throw new TokenRefusedError(words, dateMs);
  throw new Status('SERVICE_TOKEN_UNAVAILABLE', `${service} fails`, { cause: new Error(words) });
}

function readFields(text: string, service: string): TokenAnswer['fields'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the text, in which a token may be.
  }
  if (typeof value !== 'object' || value === null)
    throw new Status('SERVICE_TOKEN_UNAVAILABLE', `the answer of ${service} is no JSON object`);
  return new Map(
    Object.entries(value).filter(
      (entry): entry is [string, string | number] =>
        typeof entry[1] === 'string' || typeof entry[1] === 'number',
    ),
  );
}
