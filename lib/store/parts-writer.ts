/** Writes and deletes the parts of documents that one item cannot hold. */
import {
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { Deadline } from '../deadline.ts';
import { callDynamoDb } from './dynamodb-errors.ts';
import { readUnitBytes } from './encoding.ts';
import { partKey, partKeysBefore } from './generation.ts';
import { key } from './head-item.ts';

/**
 * Bytes of the Job in one part: with the names and keys around them, at most 135 bytes, the item is as near to 400 KB
 * as whole read units go.
 */
const partBytes = 99 * readUnitBytes - 135;

/** Calls to the table under way at once for one document. */
const concurrency = 4;

/**
 * Parts of a generation that no head names are left alone for this long: their writer may still be about to write the
 * head. Longer than a function can run, with room for clocks that differ.
 */
const abandonedAfterMs = 60 * 60 * 1000;

export interface PartsWriter {
  /** Writes a generation's parts; gives their number. */
  write(jobId: string, generation: string, bytes: Uint8Array, deadline: Deadline): Promise<number>;
  /** Deletes a generation's parts. */
  remove(jobId: string, generation: string, parts: number, deadline: Deadline): Promise<void>;
  /** Deletes what writers left behind that crashed before they wrote a head. Called right after a head was written. */
  removeAbandoned(jobId: string, deadline: Deadline): Promise<void>;
}

export interface PartsWriterOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly now: () => Date;
}

export function createPartsWriter({ client, table, now }: PartsWriterOptions): PartsWriter {
  const remove = (jobId: string, parts: readonly string[], deadline: Deadline): Promise<unknown> =>
    pMap(
      parts,
      (part) => {
        const command = new DeleteItemCommand({ TableName: table, Key: key(jobId, part) });
        return callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
      },
      { concurrency },
    );

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
          return callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
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
        const page = await callDynamoDb(deadline, (abortSignal) => client.send(command, { abortSignal }));
        await remove(
          jobId,
          (page.Items ?? []).map((item) => item['part']!.S!),
          deadline,
        );
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
    },
  };
}
