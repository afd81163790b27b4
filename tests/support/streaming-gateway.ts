/** A real HTTP server in front of a handler whose bodies may come in pieces. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { HttpHandler } from '../../lib/protocol/http/http-handler.ts';
import type { HttpRequest, HttpResponse, StreamedResponse } from '../../lib/protocol/http/http-message.ts';
import type { Gateway } from './lambda-gateway.ts';

export async function startStreamingGateway(
  handle: HttpHandler<HttpResponse | StreamedResponse>,
): Promise<Gateway> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const { status, headers, body } = await handle(await toRequest(incoming));
      outgoing.writeHead(status, headers);
      if (typeof body === 'string' || body instanceof Uint8Array) outgoing.end(body);
      else await pipe(body, outgoing);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function toRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url!, 'http://localhost');
  return {
    method: incoming.method!,
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers as HttpRequest['headers'],
    body: Buffer.concat(chunks),
  };
}

async function pipe(body: AsyncIterable<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, void>;
  outgoing.once('close', () => void pieces.return?.());
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true || outgoing.destroyed) break;
    if (!outgoing.write(value)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}
