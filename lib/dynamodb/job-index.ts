import { QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import type { DynamoDb } from './client/client.ts';
import { callDynamoDb } from './call.ts';
import { indexName, readIndexItem } from './index-attributes.ts';
import type { IndexedJob, JobIndex } from '../store/job-index.ts';

export interface DynamoDbJobIndexOptions {
  readonly client: DynamoDb;
  /** Name of the table. */
  readonly table: string;
}

/**
 * Reads the index by project with Query: half a read unit for about forty jobs. DynamoDB brings the index up to date some
 * milliseconds after a write.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 */
export function createDynamoDbJobIndex({ client, table }: DynamoDbJobIndexOptions): JobIndex {
  return {
    async list(projectId, { dueBefore, deadline }) {
      const due = dueBefore === undefined ? '' : ' AND look_at <= :due';
      const input = {
        TableName: table,
        IndexName: indexName,
        KeyConditionExpression: `project_id = :project${due}`,
        ExpressionAttributeValues: {
          ':project': { S: projectId },
          ...(dueBefore && { ':due': { N: String(Math.floor(dueBefore.getTime() / 1000)) } }),
        },
      };
      const jobs = new Map<string, IndexedJob>();
      let from: QueryCommandOutput['LastEvaluatedKey'];
      do {
        const command = new QueryCommand({ ...input, ...(from && { ExclusiveStartKey: from }) });
        const page = await callDynamoDb(client, command, deadline);
        for (const item of page.Items ?? []) {
          const job = readIndexItem(item);
          jobs.set(job.jobId, job);
        }
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return jobs;
    },
  };
}
