/** What one would build instead: a handler that answers the same JSON from the job in a form of its own. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Item } from '../../../lib/dynamodb/head-item.ts';

/** A Job as proto3 JSON has it. */
export type JobJson = Readonly<Record<string, unknown>> & { readonly id: string };

export type GetHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export interface Peer {
  readonly name: string;
  readonly table: string;
  /** Where the job is, and what it is stored as, in the words of the library itself. */
  readonly key: Item;
  readonly item: Item;
  readonly handler: GetHandler;
}

/** The last segment of the path. */
export const jobIdOf = (event: APIGatewayProxyEventV2): string =>
  event.rawPath.slice(event.rawPath.lastIndexOf('/') + 1);

export const jsonAnswer = (job: unknown): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(job),
});
