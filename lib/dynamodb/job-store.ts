/**
 * The engine that DynamoDB speaks, and so does YDB's Document API. One table holds everything: a head item for each job
 * (head-item.ts), the parts of documents that one item cannot hold (parts-writer.ts), and an item for each lease, quota and
 * backfill. `client/` makes the calls. Every conditional write says beside it why its condition is right.
 */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../runtime/deadline.ts';
import type { LiveDocument } from '../job/document.ts';
import { Status } from '../runtime/status.ts';
import { failureFields } from '../telemetry/failure-fields.ts';
import type { Log } from '../telemetry/log.ts';
import { conditionFor, type Condition } from './conditions.ts';
import { createDynamoDbJobReader } from './job-reader.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb, isConditionFailure } from './call.ts';
import { encodeJob } from './encoding.ts';
import { newGeneration, randomNonce } from './generation.ts';
import { headItemWithoutJob, itemSize, readHead, tombstoneItem, type Item } from './head-item.ts';
import type { JobStore, StoredJob } from '../store/job-store.ts';
import { createPartsWriter } from './parts-writer.ts';
import { dynamoDbSizeLimits, type SizeLimits } from './size-limits.ts';

export interface DynamoDbJobStoreOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
  /** How long a deleted job's tombstone is kept. */
  readonly tombstoneDays: number;
  /** Whether the table has the index by project, so that items get its attributes; false unless set. */
  readonly indexed?: boolean;
  readonly log: Log;
  /** The clock. */
  readonly now?: () => Date;
  /** DynamoDB's unless set. */
  readonly limits?: SizeLimits;
  /** Tells apart the writes of one millisecond; random unless set. */
  readonly nonce?: () => string;
}

/** Bytes of the attributes `encoding` and `parts`, and of the name of `job`. */
const jobAttributesSize = 24;

/**
 * Keeps documents in DynamoDB: one PutItem for a write, with a condition on what the head held before. A document that one
 * item cannot hold is first written as parts of a new generation. The write of the head then makes them visible.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
 */
export function createDynamoDbJobStore(options: DynamoDbJobStoreOptions): JobStore {
  const {
    client,
    table,
    tombstoneDays,
    indexed = false,
    log,
    now = () => new Date(),
    limits = dynamoDbSizeLimits,
    nonce = randomNonce,
  } = options;
  const reader = createDynamoDbJobReader({ client, table, now });
  const partsWriter = createPartsWriter({ client, table, now, partBytes: limits.partBytes });

  const putHead = async (item: Item, condition: Condition, deadline: Deadline): Promise<HeadWrite> => {
    const command = new PutItemCommand({
      TableName: table,
      Item: item,
      ...condition,
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const result = await callDynamoDb(client, command, deadline);
      return { written: true, replaced: result.Attributes };
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      return { written: false, inTheWay: error.Item };
    }
  };

  /** What the table holds now. It is read if the failure brought no item, as with dynalite, or if the document has parts. */
  const readCurrent = (
    jobId: string,
    item: Item | undefined,
    deadline: Deadline,
  ): Promise<StoredJob | undefined> => {
    const head = item && readHead(item);
    return head?.parts === 0
      ? Promise.resolve(head.decode())
      : reader.get(jobId, { consistent: true, deadline });
  };

  /**
   * Deletes the parts that the replaced head named, and parts that other writers left behind. The new head is durable by
   * then, so a failure loses nothing and must not fail the write: a later write finds what is left.
   */
  const tidyUp = async (
    jobId: string,
    replaced: Item | undefined | 'unknown',
    parts: number,
    deadline: Deadline,
  ) => {
    const former = replaced === undefined || replaced === 'unknown' ? undefined : readHead(replaced);
    const formerParts = former?.parts ?? 0;
    try {
      if (formerParts > 0) await partsWriter.remove(jobId, former!.generation, formerParts, deadline);
      if (parts > 0 || formerParts > 0 || replaced === 'unknown')
        await partsWriter.removeAbandoned(jobId, deadline);
    } catch (error) {
      log('warn', 'parts of a replaced document were left behind', { jobId, ...failureFields(error) });
    }
  };

  return {
    get: (jobId, readOptions) => reader.get(jobId, readOptions),

    removeLeftovers: (jobId, deadline) => partsWriter.removeAbandoned(jobId, deadline),

    async put(jobId, document, { expect, deadline }) {
      const syncedAt = now();
      const generation = newGeneration(syncedAt, nonce());
      const condition = conditionFor(document, expect);
      const layout = document.deleted
        ? { item: tombstoneItem(jobId, syncedAt, tombstoneDays), rest: undefined }
        : layOut(headItemWithoutJob(jobId, document, generation, syncedAt, indexed), document, limits);
      const parts = layout.rest ? await partsWriter.write(jobId, generation, layout.rest, deadline) : 0;
      const item = parts === 0 ? layout.item : { ...layout.item, parts: { N: String(parts) } };

      const result = await putHead(item, condition, deadline);
      if (result.written) {
        await tidyUp(jobId, result.replaced, parts, deadline);
        return { written: true };
      }
      const current = await readCurrent(jobId, result.inTheWay, deadline);
      // If an answer is lost, the SDK sends the request again: then this very write is in its own way.
      if (current?.generation === generation) {
        await tidyUp(jobId, 'unknown', parts, deadline);
        return { written: true };
      }
      if (parts > 0) await partsWriter.remove(jobId, generation, parts, deadline);
      return { written: false, current };
    },
  };
}

type HeadWrite =
  | { readonly written: true; readonly replaced: Item | undefined }
  | { readonly written: false; readonly inTheWay: Item | undefined };

interface Layout {
  /** The head item, complete unless there is a rest. */
  readonly item: Item;
  /** The Job's stored bytes, if they do not fit into the head. */
  readonly rest: Uint8Array | undefined;
}

function layOut(head: Item, document: LiveDocument, limits: SizeLimits): Layout {
  const overhead = itemSize(head) + jobAttributesSize;
  const { bytes, encoding } = encodeJob(document.job, overhead);
  refuseTooLarge(document, bytes.length, overhead, limits);
  const item: Item = encoding === undefined ? head : { ...head, encoding: { S: encoding } };
  if (overhead + bytes.length <= limits.headBytes)
    return { item: { ...item, job: { B: bytes } }, rest: undefined };
  return { item, rest: bytes };
}

function refuseTooLarge(
  document: LiveDocument,
  storedBytes: number,
  overhead: number,
  { headBytes, documentBytes }: SizeLimits,
): void {
  if (storedBytes <= documentBytes && overhead <= headBytes / 2) return;
  throw new Status(
    'DOCUMENT_TOO_LARGE',
    `the job takes ${storedBytes} bytes in the table, of ${document.job.length} before compression, and its ` +
      `${document.later.length} patches since the last snapshot ${overhead} more; at most ${documentBytes} and ` +
      `${headBytes / 2} can be kept`,
  );
}
