/** One Get in all the forms in which it comes through the HTTP trigger. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { gzipFromBytes } from '../../lib/protocol/http/content-encoding.ts';
import { httpEvent, lambdaContext } from '../support/functions.ts';
import type { GetHandler } from './peers/peer.ts';

export interface GetEvent {
  readonly name: string;
  readonly event: APIGatewayProxyEventV2;
  /** What it is answered with. */
  readonly statusCode: number;
}

/** The first is plain REST JSON. */
export async function getEvents(
  handler: GetHandler,
  jobId: string,
  job: Uint8Array,
): Promise<readonly GetEvent[]> {
  const path = `/datasphere/v2/jobs/${jobId}`;
  const plain = httpEvent('GET', path);
  const { headers } = await handler(plain, lambdaContext());
  const message = Buffer.concat([Buffer.from([0x0a, jobId.length]), Buffer.from(jobId)]);
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  const events = [
    { name: 'REST JSON', event: plain, statusCode: 200 },
    { name: 'Connect binary', event: call('application/proto', message), statusCode: 200 },
    { name: 'gRPC-Web binary', event: call('application/grpc-web+proto', frame), statusCode: 200 },
    {
      name: 'REST, not modified',
      event: httpEvent('GET', path, { 'if-none-match': String(headers?.['etag']) }),
      statusCode: 304,
    },
  ];
  const gzip = {
    name: 'REST JSON, gzip',
    event: httpEvent('GET', path, { 'accept-encoding': 'gzip' }),
    statusCode: 200,
  };
  return job.length < gzipFromBytes ? events : [...events, gzip];
}

function call(contentType: string, body: Buffer): APIGatewayProxyEventV2 {
  const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';
  return {
    ...httpEvent('POST', path, { 'content-type': contentType }),
    body: body.toString('base64'),
    isBase64Encoded: true,
  };
}
