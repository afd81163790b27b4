/** CPU of one warm Get, the whole handler as it is deployed, against a table that answers at once. */
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { jobToJson } from '../../lib/job/job-type.ts';
import { key as keyOf } from '../../lib/dynamodb/head-item.ts';
import { functionEnvironment, lambdaContext } from '../support/functions.ts';
import type { Figure } from './figure.ts';
import { getEvents, type GetEvent } from './get-events.ts';
import { large, small, typical, type BenchJob } from './jobs.ts';
import { measure, type Contestant } from './measure.ts';
import { packageFunctions } from './packaged.ts';
import { documentClientPeer } from './peers/document-client.ts';
import { dynamoDbToolboxPeer } from './peers/dynamodb-toolbox.ts';
import { electroDbPeer } from './peers/electrodb.ts';
import { handSignedGetItem } from './peers/hand-signed.ts';
import type { GetHandler, JobJson, Peer } from './peers/peer.ts';
import { storedItems } from './stored-items.ts';
import { startStubTable, type StubTable } from './stub-table.ts';

const table = 'jobs';

export async function getGroup(): Promise<readonly Figure[]> {
  const packaged = await packageFunctions();
  const stub = await startStubTable();
  try {
    Object.assign(process.env, functionEnvironment(stub.endpoint, table));
    const { handler } = (await import(packaged.get)) as { handler: GetHandler };
    const figures: Figure[] = [];
    for (const job of [small, typical, large]) {
      const subject = `${job.name} job, ${job.bytes.length} bytes of protobuf`;
      const contestants = await getContestants(handler, stub, job);
      figures.push(...(await measure({ group: 'get', subject }, contestants, { turnMs: 120 })));
    }
    return figures;
  } finally {
    stub.stop();
    await packaged.remove();
  }
}

/** All of them, each having given the answer that it must. */
export async function getContestants(
  handler: GetHandler,
  stub: StubTable,
  { bytes }: BenchJob,
): Promise<readonly Contestant[]> {
  const job = JSON.parse(jobToJson(bytes)) as JobJson;
  const key = keyOf(job.id, 'head');
  for (const item of await storedItems(job.id, bytes))
    await stub.keep(table, keyOf(job.id, item['part']!.S!), item);
  const peers: readonly Peer[] = [documentClientPeer(job), electroDbPeer(job), dynamoDbToolboxPeer(job)];
  for (const peer of peers) await stub.keep(peer.table, peer.key, peer.item);

  const events = await getEvents(handler, job.id, bytes);
  await Promise.all(peers.map((peer) => requireAnswer(peer.name, peer.handler, events[0]!, job)));
  await requireAnswer('ours', handler, events[0]!, job);
  const sdk = new DynamoDBClient({});
  return [
    ...events.map((event) => ({ name: `ours, ${event.name}`, run: calling(handler, event) })),
    {
      name: 'bare default SDK GetItem',
      run: () => sdk.send(new GetItemCommand({ TableName: table, Key: key })),
    },
    {
      name: 'bare default SDK GetItem of map attributes',
      run: () => sdk.send(new GetItemCommand({ TableName: peers[0]!.table, Key: peers[0]!.key })),
    },
    ...peers.map(({ name, handler: peer }) => ({ name, run: calling(peer, events[0]!) })),
    {
      name: 'hand-signed node:http',
      run: handSignedGetItem(stub.port, JSON.stringify({ TableName: table, Key: key })),
    },
  ];
}

async function requireAnswer(
  name: string,
  handler: GetHandler,
  { event }: GetEvent,
  job: JobJson,
): Promise<void> {
  const { statusCode, body } = await handler(event, lambdaContext());
  if (statusCode !== 200 || !isDeepStrictEqual(JSON.parse(body!), job))
    throw new Error(`${name} does not answer with the job: ${String(statusCode)} ${body!.slice(0, 500)}`);
}

function calling(handler: GetHandler, { event, statusCode }: GetEvent): () => Promise<unknown> {
  return async () => {
    const answer = await handler(event, lambdaContext());
    if (answer.statusCode !== statusCode) throw new Error(`answered ${String(answer.statusCode)}`);
    return answer;
  };
}
