/** A DynamoDB engine in a process of its own, so that its CPU does not count; says what it was asked when it is asked. */
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';

let writes = 0;
let reads = 0;
const server = dynalite({ createTableMs: 0 });
server.on('request', ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) => {
  const operation = String(headers['x-amz-target']).split('.')[1];
  if (operation === 'PutItem' || operation === 'DeleteItem') writes++;
  else if (operation === 'GetItem' || operation === 'Query') reads++;
});
process.on('message', () => process.send!({ reads, writes }));
process.once('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  process.send!((server.address() as AddressInfo).port);
});
