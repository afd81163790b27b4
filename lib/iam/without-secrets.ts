/** The most characters that are kept of what another service says of a failure. */
const textLimit = 500;

/** What tokens of this trade look like: a JWT, and an IAM token. */
const tokenLike = /\b(?:eyJ|t1\.)[\w.=-]+/g;

/**
 * Another service's words of a failure, fit for the log: it may repeat the token that it did not like.
 *
 * @param secret what was sent to it
 */
export function withoutSecrets(text: string, secret: string | undefined): string {
  const struck = secret === undefined || secret === '' ? text : text.replaceAll(secret, '[token]');
  return struck.replace(tokenLike, '[token]').slice(0, textLimit);
}
