import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** Keys that sign a request; part of an identity of the AWS SDK. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The parts of an AWS SDK request that a signature covers. */
export interface SignableRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

export interface RequestSignerOptions {
  /** Asked for each request, so it has to cache and renew them itself. */
  readonly credentials: () => Promise<SigningCredentials>;
  readonly region: () => Promise<string>;
  readonly service: string;
}

/** Puts what authorizes a request into its headers. */
export interface RequestAuthorizer {
  authorize<T extends SignableRequest>(
    request: T,
    options?: { readonly signingDate?: Date | undefined },
  ): Promise<T>;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** Headers that a signature covers, in order; the others may be changed on the way. */
const signedNames = [
  'content-type',
  'host',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-target',
];

/**
 * Signs requests as the SDK's own signer does, for a service whose requests are all POSTs without a query. It keeps the
 * key of the day, and leaves out what such a request cannot have. A test compares the two.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createRequestSigner({
  credentials,
  region,
  service,
}: RequestSignerOptions): RequestAuthorizer {
  let cached: { readonly id: string; readonly key: KeyObject } | undefined;
  const signingKey = (secret: string, day: string, regionName: string): KeyObject => {
    const id = `${secret} ${day} ${regionName}`;
    if (cached?.id !== id) {
      const key = [regionName, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, day));
      // Making a key of bytes takes five times as long as signing with it.
      cached = { id, key: createSecretKey(key) };
    }
    return cached.key;
  };

  return {
    async authorize(request, { signingDate = new Date() } = {}) {
      const { method, hostname, port, path, headers, body = '' } = request;
      if (method !== 'POST' || !(typeof body === 'string' || body instanceof Uint8Array))
        throw new Error('only a POST with its body at hand can be signed here');
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
      const regionName = await region();
      const time = signingDate.toISOString().replaceAll(/[-:]|\.\d+/g, '');
      const day = time.slice(0, 8);
      headers['host'] ??= port === undefined ? hostname : `${hostname}:${port}`;
      const contentHash = sha256(body);
      headers['x-amz-content-sha256'] = contentHash;
      headers['x-amz-date'] = time;
      if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;

      const names = signedNames.filter((name) => headers[name] !== undefined);
      const signedHeaders = names.join(';');
      const lines = names.map((name) => `${name}:${headers[name]!.trim()}\n`).join('');
      const canonical = `POST\n${canonicalPath(path)}\n\n${lines}\n${signedHeaders}\n${contentHash}`;
      const scope = `${day}/${regionName}/${service}/aws4_request`;
      const text = `${algorithm}\n${time}\n${scope}\n${sha256(canonical)}`;
      const signature = hmac(signingKey(secretAccessKey, day, regionName), text).toString('hex');
      headers['authorization'] =
        `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
      return request;
    },
  };
}

/**
 * The path of a URL, normalized and encoded once more.
 *
 * @param path as `URL` gives it: encoded, and without `.` and `..`
 */
function canonicalPath(path: string): string {
  if (path === '/') return path;
  return encodeURIComponent(path.replace(/\/+/g, '/'))
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: string | Uint8Array): string {
  return hash('sha256', content);
}
