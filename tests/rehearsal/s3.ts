/** As much of S3 as the serverless CLI calls, path-style. */
import { AwsError, type AwsAnswer, type AwsCall } from './aws-call.ts';
import { toXml } from './xml.ts';

export interface StoredObject {
  readonly body: Buffer;
  /** Of the content, and all that begin with `x-amz-meta-`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lastModified: Date;
}

/** Buckets by name, objects by key. */
export type Buckets = Map<string, Map<string, StoredObject>>;

/**
 * @throws {AwsError}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function answerS3(buckets: Buckets, { method, path, query, headers, body }: AwsCall): AwsAnswer {
  const [, bucketName = '', ...rest] = decodeURIComponent(path).split('/');
  const key = rest.join('/');
  const bucket = buckets.get(bucketName);
  if (bucket === undefined) throw new AwsError(404, 'NoSuchBucket', `there is no bucket ${bucketName}`);
  switch (`${method} ${key === '' ? 'bucket' : 'object'}`) {
    case 'HEAD bucket':
      return { status: 200 };
    case 'GET bucket': {
      const found = [...bucket].filter(([one]) => one.startsWith(query.get('prefix') ?? ''));
      const Contents = found.map(([Key, { lastModified }]) => ({
        Key,
        LastModified: lastModified.toISOString(),
      }));
      return { status: 200, body: toXml('ListBucketResult', { Contents }) };
    }
    case 'POST bucket':
      // DeleteObjects: its body is XML with a `Key` for each.
      for (const [, name] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) bucket.delete(name!);
      return { status: 200, body: toXml('DeleteResult', {}) };
    case 'PUT object':
      if (headers['content-encoding']?.includes('aws-chunked') === true) break;
      bucket.set(key, { body, headers: keptOf(headers), lastModified: new Date() });
      return { status: 200 };
    case 'HEAD object': {
      const object = bucket.get(key);
      if (object === undefined) throw new AwsError(404, 'NotFound', 'there is no such object');
      return {
        status: 200,
        headers: { ...object.headers, 'last-modified': object.lastModified.toUTCString() },
      };
    }
  }
  throw new AwsError(501, 'NotImplemented', `${method} ${path} is not played here`);
}

function keptOf(headers: AwsCall['headers']): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-amz-meta-') || name === 'content-type',
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
