import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { Status } from '../runtime/status.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb } from './call.ts';
import { partKey } from './generation.ts';
import { headPart, key, readHead, type Head, type Item } from './head-item.ts';
import type { JobReader, ReadOptions, StoredJob } from '../store/job-store.ts';

export interface DynamoDbJobReaderOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
  /** The clock. */
  readonly now?: () => Date;
}

/** How often a document is read whose parts are replaced meanwhile. */
const replacedReadsLimit = 5;

/**
 * Reads documents from DynamoDB: one GetItem for a document, and one more for each part of a large one.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
 */
export function createDynamoDbJobReader({
  client,
  table,
  now = () => new Date(),
}: DynamoDbJobReaderOptions): JobReader {
  const getItem = async (
    jobId: string,
    part: string,
    { consistent, deadline, meter }: ReadOptions,
  ): Promise<Item | undefined> => {
    const command = new GetItemCommand({
      TableName: table,
      Key: key(jobId, part),
      ConsistentRead: consistent,
      ReturnConsumedCapacity: meter && 'TOTAL',
    });
    const { Item, ConsumedCapacity } = await callDynamoDb(client, command, deadline);
    if (meter !== undefined) meter.readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
    return Item;
  };

  /** The bytes of a head's parts, end to end; undefined if one of them is missing. */
  const getParts = async (jobId: string, head: Head, options: ReadOptions): Promise<Buffer | undefined> => {
    const parts = await Promise.all(
      Array.from({ length: head.parts }, (_, index) =>
        getItem(jobId, partKey(head.generation, index), options),
      ),
    );
    const bytes = parts.map((part) => part?.['job']?.B).filter((part) => part !== undefined);
    return bytes.length === head.parts ? Buffer.concat(bytes) : undefined;
  };

  const read = async (jobId: string, options: ReadOptions): Promise<StoredJob | undefined> => {
    let { consistent } = options;
    for (let read = 0; read < replacedReadsLimit; read++) {
      const readAtMs = now().getTime();
      const item = await getItem(jobId, headPart, { ...options, consistent });
      if (item === undefined) return undefined;
      const head = readHead(item);
      if (options.caller?.mayRead(head.projectId) === false) return undefined;
      if (head.parts === 0) return { ...head.decode(), readAtMs };
      const job = await getParts(jobId, head, { ...options, consistent });
      if (job !== undefined) return { ...head.decode(job), readAtMs };
      // A newer generation has replaced this one, or a lagging read does not see the parts yet.
      consistent = true;
    }
    throw new Status('JOB_CHANGES_TOO_FAST', 'the job changes faster than it can be read', {
      details: [{ type: 'RetryInfo', retryDelayMs: 1000 }],
    });
  };

  return {
    async get(jobId, options) {
      const { meter } = options;
      if (meter === undefined) return read(jobId, options);
      const startMs = performance.now();
      meter.reads++;
      try {
        return await read(jobId, options);
      } finally {
        meter.latencyMs += performance.now() - startMs;
      }
    },
  };
}
