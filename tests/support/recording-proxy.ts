/** A loopback proxy in front of an engine that speaks one of AWS's JSON protocols, and notes what is called. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordingProxy {
  readonly endpoint: string;
  /** Operations such as `ReceiveMessage`, each once. */
  readonly operations: ReadonlySet<string>;
  readonly stop: () => Promise<void>;
}

export async function startRecordingProxy(engine: string): Promise<RecordingProxy> {
  const operations = new Set<string>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const target = String(request.headers['x-amz-target']);
    operations.add(target.split('.').at(-1)!);
    const headers = { 'content-type': String(request.headers['content-type']), 'x-amz-target': target };
    const answered = await fetch(engine, { method: 'POST', headers, body: Buffer.concat(chunks) });
    response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => {
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
