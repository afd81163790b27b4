/** Writes and deletes the parts of documents that one item cannot hold. */
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { Deadline } from '../runtime/deadline.ts';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb } from './call.ts';
import { generationOf, partKey, partKeysBefore } from './generation.ts';
import { headPart, key } from './head-item.ts';

/** Calls of the table that are under way for one document. */
const concurrency = 4;

/**
 * Parts that no head names are left alone for this long, in milliseconds: their writer may still be about to write the
 * head. It has the half minute that sync may run; two more minutes are room for clocks that differ. It is less than the
 * queue's visibility timeout, so that the next reader of a crashed writer's message finds what that writer left behind.
 */
const abandonedAfterMs = 150_000;

export interface PartsWriter {
  /** Writes the parts of a generation. @returns how many there are */
  write(jobId: string, generation: string, bytes: Uint8Array, deadline: Deadline): Promise<number>;
  /** Deletes the parts of a generation. */
  remove(jobId: string, generation: string, parts: number, deadline: Deadline): Promise<void>;
  /** Deletes old parts that the head does not name: their writers crashed, or could not delete them. */
  removeAbandoned(jobId: string, deadline: Deadline): Promise<void>;
}

export interface PartsWriterOptions {
  readonly client: DynamoDb;
  readonly table: string;
  readonly now: () => Date;
  /** The most bytes that one part holds. */
  readonly partBytes: number;
}

export function createPartsWriter({ client, table, now, partBytes }: PartsWriterOptions): PartsWriter {
  const remove = (jobId: string, parts: readonly string[], deadline: Deadline): Promise<unknown> =>
    pMap(
      parts,
      (part) => {
        const command = new DeleteItemCommand({ TableName: table, Key: key(jobId, part) });
        return callDynamoDb(client, command, deadline);
      },
      { concurrency },
    );

  const readGeneration = async (jobId: string, deadline: Deadline): Promise<string | undefined> => {
    const command = new GetItemCommand({
      TableName: table,
      Key: key(jobId, headPart),
      ProjectionExpression: 'generation',
      ConsistentRead: true,
    });
    const { Item } = await callDynamoDb(client, command, deadline);
    return Item?.['generation']?.S;
  };

  return {
    async write(jobId, generation, bytes, deadline) {
      const parts = Math.ceil(bytes.length / partBytes);
      const indexes = Array.from({ length: parts }, (_, index) => index);
      await pMap(
        indexes,
        (index) => {
          const job = { B: bytes.subarray(index * partBytes, (index + 1) * partBytes) };
          const item = { ...key(jobId, partKey(generation, index)), job };
          const command = new PutItemCommand({ TableName: table, Item: item });
          return callDynamoDb(client, command, deadline);
        },
        { concurrency },
      );
      return parts;
    },

    async remove(jobId, generation, parts, deadline) {
      const names = Array.from({ length: parts }, (_, index) => partKey(generation, index));
      await remove(jobId, names, deadline);
    },

    async removeAbandoned(jobId, deadline) {
      const input = {
        TableName: table,
        KeyConditionExpression: 'job_id = :job_id AND part < :before',
        ExpressionAttributeValues: {
          ':job_id': { S: jobId },
          ':before': { S: partKeysBefore(new Date(now().getTime() - abandonedAfterMs)) },
        },
        ProjectionExpression: 'part',
      };
      let from: QueryCommandOutput['LastEvaluatedKey'];
      do {
        const command = new QueryCommand({ ...input, ...(from && { ExclusiveStartKey: from }) });
        const page = await callDynamoDb(client, command, deadline);
        const parts = (page.Items ?? []).map((item) => item['part']!.S!);
        if (parts.length > 0) {
          const current = await readGeneration(jobId, deadline);
          const abandoned = parts.filter((part) => generationOf(part) !== current);
          await remove(jobId, abandoned, deadline);
        }
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    },
  };
}
