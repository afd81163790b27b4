/** CPU of one warm Get, the whole handler as it is deployed, against a table that answers at once. */
import { execFile, fork } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { serverlessScript } from '../../infra/local/deployment.ts';
import { snapshotDocument } from '../../lib/job/merge.ts';
import { createDynamoDbJobStore } from '../../lib/store/dynamodb-job-store.ts';
import { functionEnvironment, httpEvent, lambdaContext } from '../support/functions.ts';
import { projectRoot } from '../support/local-stack.ts';
import { unzip } from '../support/unzip.ts';
import { Deadline } from '../../lib/deadline.ts';
import { benchJobs } from './jobs.ts';
import { measureAsync } from './measure.ts';
import { cpuFigures, type Figure } from './report.ts';

type Item = Record<string, AttributeValue>;
type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<{ statusCode: number }>;

export async function getGroup(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-get-'));
  const stub = fork(join(import.meta.dirname, 'table-stub.ts'));
  try {
    const [port] = (await once(stub, 'message')) as [number];
    const endpoint = `http://127.0.0.1:${port}`;
    Object.assign(process.env, functionEnvironment(endpoint, 'jobs'));
    const handler = await packagedGet(folder);
    const figures: Figure[] = [];
    for (const { name: size, bytes } of benchJobs.filter(({ name }) => name !== 'huge')) {
      const jobId = `bench-${size}`;
      stub.send({ jobId, item: onTheWire(await headItem(jobId, bytes)) });
      await once(stub, 'message');
      const events = eventsFor(jobId);
      const run = (event: APIGatewayProxyEventV2) => async (): Promise<unknown> => {
        const answer = await handler(event, lambdaContext());
        if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
        return answer;
      };
      const sdk = new DynamoDBClient({});
      const key = { job_id: { S: jobId }, part: { S: 'head' } };
      const measured = await measureAsync([
        { name: 'ours, REST JSON', run: run(events.rest) },
        { name: 'ours, Connect binary', run: run(events.connect) },
        { name: 'ours, gRPC-Web binary', run: run(events.grpcWeb) },
        {
          name: 'bare default SDK GetItem',
          run: () => sdk.send(new GetItemCommand({ TableName: 'jobs', Key: key })),
        },
        {
          name: 'hand-signed node:http',
          run: handSigned(port, JSON.stringify({ TableName: 'jobs', Key: key })),
        },
      ]);
      sdk.destroy();
      figures.push(...cpuFigures('get', `${size}, ${bytes.length} bytes`, measured));
    }
    return figures;
  } finally {
    stub.disconnect();
    await rm(folder, { recursive: true });
  }
}

/** The handler of the packaged artifact. */
async function packagedGet(folder: string): Promise<Handler> {
  const command = [serverlessScript, 'package', '--stage', 'bench', '--package', join(folder, 'package')];
  await promisify(execFile)(process.execPath, command, { cwd: projectRoot });
  await unzip(join(folder, 'package', 'get.zip'), folder);
  const file = pathToFileURL(join(folder, 'functions/get.mjs')).href;
  return ((await import(file)) as { handler: Handler }).handler;
}

/** The item that the store writes. */
async function headItem(jobId: string, job: Uint8Array): Promise<Item> {
  let written: Item = {};
  const send = (command: { readonly input: { readonly Item?: Item } }): Promise<object> => {
    written = command.input.Item ?? written;
    return Promise.resolve({});
  };
  const store = createDynamoDbJobStore({
    client: { send } as never,
    table: 'jobs',
    tombstoneDays: 30,
    log: () => undefined,
  });
  await store.put(jobId, snapshotDocument(job, 7n), {
    expect: 'nothing-newer',
    deadline: new Deadline(60_000),
  });
  return written;
}

/** DynamoDB's JSON has bytes in base64. */
function onTheWire(item: Item): unknown {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') },
    ]),
  );
}

function eventsFor(jobId: string) {
  const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
  const message = Buffer.concat([Buffer.from([0x0a, jobId.length]), Buffer.from(jobId)]);
  const post = (contentType: string, body: Buffer): APIGatewayProxyEventV2 => ({
    ...httpEvent('POST', path, { 'content-type': contentType }),
    body: body.toString('base64'),
    isBase64Encoded: true,
  });
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  return {
    rest: httpEvent('GET', `/datasphere/v2/jobs/${jobId}`),
    connect: post('application/proto', message),
    grpcWeb: post('application/grpc-web+proto', frame),
  };
}

/**
 * The least that a GetItem can cost: one signed request on a connection that stays open, its JSON parsed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function handSigned(port: number, body: string): () => Promise<unknown> {
  const agent = new Agent({ keepAlive: true });
  const host = `127.0.0.1:${port}`;
  const region = process.env['AWS_REGION']!;
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return () => {
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    const target = 'DynamoDB_20120810.GetItem';
    const signed = 'content-type;host;x-amz-date;x-amz-target';
    const type = 'application/x-amz-json-1.0';
    const canonical = `POST\n/\n\ncontent-type:${type}\nhost:${host}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${signed}\n${hash(body)}`;
    const scope = `${day}/${region}/dynamodb/aws4_request`;
    const key = [region, 'dynamodb', 'aws4_request'].reduce(
      hmac,
      hmac(`AWS4${process.env['AWS_SECRET_ACCESS_KEY']!}`, day),
    );
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash(canonical)}`).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${process.env['AWS_ACCESS_KEY_ID']!}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    const headers = { authorization, 'content-type': type, 'x-amz-date': time, 'x-amz-target': target };
    return new Promise((resolve, reject) => {
      const call = request({ agent, port, host: '127.0.0.1', method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        });
      });
      call.once('error', reject);
      call.end(body);
    });
  };
}
