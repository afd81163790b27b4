/**
 * A process that answers every GetItem at once, from items that it was given, and takes every other call without doing
 * anything: `table-stub.ts`, started by stub-table.ts.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Item } from '../../lib/dynamodb/head-item.ts';
import type { KeptItem } from './stub-table.ts';

const address = (table: string, key: Item): string =>
  `${table} ${JSON.stringify(Object.entries(key).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;

/** Bodies of answers by table and key, and by table alone for those that answer every key alike. */
const answers = new Map<string, Buffer>();
const nothing = Buffer.from('{}');

process.on('message', ({ table, key, item }: KeptItem) => {
  answers.set(key === undefined ? table : address(table, key), Buffer.from(JSON.stringify({ Item: item })));
  process.send?.('kept');
});
process.once('disconnect', () => process.exit());

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    let body: Buffer = nothing;
    if (request.headers['x-amz-target'] === 'DynamoDB_20120810.GetItem') {
      const call = JSON.parse(Buffer.concat(chunks).toString()) as { Key: Item; TableName: string };
      body = answers.get(call.TableName) ?? answers.get(address(call.TableName, call.Key)) ?? nothing;
    }
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
