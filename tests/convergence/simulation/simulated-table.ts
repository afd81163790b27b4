import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/** A call, by the SDK's names. */
export interface TableCall {
  readonly operation: 'GetItem' | 'PutItem' | 'DeleteItem' | 'Query';
  readonly input: {
    readonly Key?: Item;
    readonly Item?: Item;
    readonly ConsistentRead?: boolean;
    readonly ConditionExpression?: string;
    readonly KeyConditionExpression?: string;
    readonly ProjectionExpression?: string;
    readonly ExpressionAttributeValues?: Item;
    readonly ExclusiveStartKey?: Item;
    readonly ReturnValues?: string;
    readonly ReturnValuesOnConditionCheckFailure?: string;
  };
}

export interface TableOptions {
  /** Whether a failed condition brings the item that failed it, as DynamoDB does and dynalite does not. */
  readonly returnsItemOnFailure: boolean;
  /** How many versions ago a read that need not be consistent may look; 0 for the newest. Asked for each such read. */
  readonly lag: () => number;
  /** Called with each item that was written, and what it replaced. */
  readonly written?: (item: Item, replaced: Item | undefined) => void;
  /** Items in one page of a query. */
  readonly pageSize: number;
}

/** A condition that did not hold, as the SDK raises it. */
export class ConditionalCheckFailedException extends Error {
  override readonly name = 'ConditionalCheckFailedException';
  readonly Item: Item | undefined;

  constructor(item: Item | undefined) {
    super('The conditional request failed');
    this.Item = item;
  }
}

/** The part of DynamoDB that the store uses, in memory: one call at a time, each whole or not at all. */
export class SimulatedTable {
  private readonly items = new Map<string, Map<string, Item>>();
  /** What each item was, newest last; undefined where it was not there. */
  private readonly versions = new Map<string, (Item | undefined)[]>();
  private readonly options: TableOptions;

  constructor(options: TableOptions) {
    this.options = options;
  }

  /** @throws {ConditionalCheckFailedException} */
  execute({ operation, input }: TableCall): Record<string, unknown> {
    switch (operation) {
      case 'GetItem': {
        const item = this.read(input.Key!, input.ConsistentRead === true);
        return item === undefined ? {} : { Item: project(item, input.ProjectionExpression) };
      }
      case 'PutItem':
        return this.put(input);
      case 'DeleteItem':
        this.replace(input.Key!, undefined);
        return {};
      case 'Query':
        return this.query(input);
    }
  }

  /** What is there, without a call. */
  peek(jobId: string, part: string): Item | undefined {
    return this.items.get(jobId)?.get(part);
  }

  /** Sort keys of a job's items, in order. */
  parts(jobId: string): readonly string[] {
    return [...(this.items.get(jobId)?.keys() ?? [])].sort();
  }

  private read(key: Item, consistent: boolean): Item | undefined {
    const [jobId, part] = names(key);
    const versions = this.versions.get(`${jobId}/${part}`) ?? [];
    const lag = consistent ? 0 : this.options.lag();
    return versions[versions.length - 1 - lag];
  }

  private put(input: TableCall['input']): Record<string, unknown> {
    const item = input.Item!;
    const current = this.peek(...names(item));
    if (!holds(input.ConditionExpression, input.ExpressionAttributeValues, current)) {
      const asked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      throw new ConditionalCheckFailedException(
        asked && this.options.returnsItemOnFailure ? current : undefined,
      );
    }
    this.replace(item, item);
    this.options.written?.(item, current);
    return input.ReturnValues === 'ALL_OLD' && current !== undefined ? { Attributes: current } : {};
  }

  private query({
    KeyConditionExpression,
    ExpressionAttributeValues,
    ExclusiveStartKey,
    ProjectionExpression,
  }: TableCall['input']) {
    if (KeyConditionExpression !== 'job_id = :job_id AND part < :before')
      throw new Error(`the simulated table has no query ${String(KeyConditionExpression)}`);
    const jobId = ExpressionAttributeValues![':job_id']!.S!;
    const before = ExpressionAttributeValues![':before']!.S!;
    const from = ExclusiveStartKey?.['part']?.S ?? '';
    const found = this.parts(jobId).filter((part) => part < before && part > from);
    const page = found.slice(0, this.options.pageSize);
    const more = found.length > page.length;
    return {
      Items: page.map((part) => project(this.peek(jobId, part)!, ProjectionExpression)),
      ...(more && { LastEvaluatedKey: { job_id: { S: jobId }, part: { S: page.at(-1)! } } }),
    };
  }

  private replace(key: Item, item: Item | undefined): void {
    const [jobId, part] = names(key);
    const items = this.items.get(jobId) ?? new Map<string, Item>();
    this.items.set(jobId, items);
    if (item === undefined) items.delete(part);
    else items.set(part, item);
    const versions = this.versions.get(`${jobId}/${part}`) ?? [];
    this.versions.set(`${jobId}/${part}`, versions);
    versions.push(item);
  }
}

function names(key: Item): [string, string] {
  return [key['job_id']!.S!, key['part']!.S!];
}

function project(item: Item, expression: string | undefined): Item {
  if (expression === undefined) return item;
  const wanted = expression.split(',').map((name) => name.trim());
  return Object.fromEntries(Object.entries(item).filter(([name]) => wanted.includes(name)));
}

/** The conditions that the store writes, and no others: a new one must be given its meaning here. */
function holds(condition: string | undefined, values: Item | undefined, current: Item | undefined): boolean {
  switch (condition) {
    case undefined:
      return true;
    case 'attribute_not_exists(job_id)':
      return current === undefined;
    case 'attribute_not_exists(expires_at)':
      return current?.['expires_at'] === undefined;
    case 'generation = :generation':
      return current?.['generation'] !== undefined && current['generation'].S === values![':generation']!.S;
    case 'attribute_not_exists(job_id) OR revision < :snapshot':
      return (
        current === undefined ||
        (current['revision'] !== undefined &&
          BigInt(current['revision'].N!) < BigInt(values![':snapshot']!.N!))
      );
    default:
      throw new Error(`the simulated table has no condition ${condition}`);
  }
}
