/** The whole HTTP handler: REST, the readers of Connect and of gRPC-Web, and all headers. */
import { openDoor } from '../../../lib/auth/none.ts';
import { snapshotDocument } from '../../../lib/job/merge.ts';
import type { HttpRequest } from '../../../lib/protocol/http/http-message.ts';
import { checkAnswer } from '../check-answer.ts';
import { jobBytes } from '../../support/documents.ts';
import { getPath } from '../../support/http2-frames.ts';
import { httpHandler } from '../../support/protocols.ts';

const document = snapshotDocument(jobBytes({ id: 'a', name: '"é"' }), 7n);
const stored = { document, syncedAt: new Date(0), generation: '1' };
const handle = httpHandler({
  store: { get: (jobId) => Promise.resolve(jobId === 'a' ? stored : undefined) },
  authenticator: openDoor,
  log: () => undefined,
});

type Form = (text: string, bytes: Uint8Array) => Partial<HttpRequest>;

const post =
  (contentType: string): Form =>
  (_, body) => ({ headers: { 'content-type': contentType }, body });
const header =
  (name: string, contentType?: string): Form =>
  (text) => ({
    path: contentType === undefined ? '/datasphere/v2/jobs/a' : getPath,
    method: contentType === undefined ? 'GET' : 'POST',
    headers: { [name]: text, ...(contentType !== undefined && { 'content-type': contentType }) },
  });

/** What of a request the bytes are. */
export const forms: readonly Form[] = [
  post('application/json'),
  post('application/proto'),
  post('application/grpc-web+proto'),
  post('application/grpc-web+json'),
  post('application/grpc-web-text'),
  (text) => ({ method: 'GET', path: `/datasphere/v2/jobs/${text}` }),
  (text) => ({ method: 'GET', path: '/datasphere/v2/jobs/a', query: new URLSearchParams(text) }),
  (text) => ({ method: 'GET', query: new URLSearchParams(text) }),
  (text) => ({ method: text, path: '/datasphere/v2/jobs/a' }),
  (text) => ({ path: text }),
  ...[
    'x-field-mask',
    'x-min-revision',
    'x-consistent-read',
    'x-request-id',
    'if-none-match',
    'accept-encoding',
  ].map((name) => header(name)),
  header('connect-timeout-ms', 'application/json'),
  header('connect-protocol-version', 'application/json'),
  header('content-encoding', 'application/proto'),
  header('grpc-timeout', 'application/grpc-web'),
  header('grpc-encoding', 'application/grpc-web-text'),
  header('content-type'),
];

/** The first byte chooses the form. Every answer is one of the error table, in the form of its protocol. */
export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = data.subarray(1);
  const form = forms[(data[0] ?? 0) % forms.length]!;
  const request: HttpRequest = {
    method: 'POST',
    path: getPath,
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(),
    ...form(Buffer.from(bytes).toString(), bytes),
  };
  checkAnswer(request, await handle(request));
}
