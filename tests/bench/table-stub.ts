/** A process that answers every GetItem at once with one item: `table-stub.ts`, items as lines of JSON on its input. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers by job id. */
const answers = new Map<string, Buffer>();

process.on('message', ({ jobId, item }: { readonly jobId: string; readonly item: unknown }) => {
  answers.set(jobId, Buffer.from(JSON.stringify({ Item: item })));
  process.send?.('kept');
});
process.once('disconnect', () => process.exit());

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { Key } = JSON.parse(Buffer.concat(chunks).toString()) as { Key: { job_id: { S: string } } };
    const body = answers.get(Key.job_id.S) ?? Buffer.from('{}');
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': body.length,
      'x-amzn-requestid': '0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123',
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
