/** As much of S3 as the serverless CLI calls, path-style. */
import { createHash } from 'node:crypto';
import { AwsError, type AwsAnswer, type AwsCall } from './aws-call.ts';
import { toXml } from './xml.ts';

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  /** Without its prefix `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly lastModified: Date;
}

/** Buckets by name, objects by key. */
export type Buckets = Map<string, Map<string, StoredObject>>;

/**
 * @throws {AwsError}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function answerS3(buckets: Buckets, call: AwsCall): AwsAnswer {
  const [, bucketName = '', ...rest] = decodeURIComponent(call.path).split('/');
  const key = rest.join('/');
  const bucket = buckets.get(bucketName);
  if (bucket === undefined) throw new AwsError(404, 'NoSuchBucket', `there is no bucket ${bucketName}`);
  switch (`${call.method} ${key === '' ? 'bucket' : 'object'}`) {
    case 'HEAD bucket':
      return { status: 200, headers: { 'x-amz-bucket-region': 'eu-central-1' } };
    case 'GET bucket':
      return list(bucketName, bucket, call.query.get('prefix') ?? '');
    case 'POST bucket':
      return removeAll(bucket, call.body.toString());
    case 'PUT object':
      return put(bucket, key, call);
    case 'HEAD object':
      return head(bucket, key);
    default:
      throw new AwsError(501, 'NotImplemented', `${call.method} ${call.path} is not played here`);
  }
}

function put(bucket: Map<string, StoredObject>, key: string, { headers, body }: AwsCall): AwsAnswer {
  if (headers['content-encoding']?.includes('aws-chunked') === true)
    throw new AwsError(501, 'NotImplemented', 'bodies in signed chunks are not played here');
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .map(([name, value]) => [name.slice('x-amz-meta-'.length), value ?? '']);
  bucket.set(key, {
    body,
    contentType: headers['content-type'] ?? '',
    metadata: Object.fromEntries(metadata) as Record<string, string>,
    lastModified: new Date(),
  });
  return { status: 200, headers: { etag: etag(body) } };
}

function head(bucket: ReadonlyMap<string, StoredObject>, key: string): AwsAnswer {
  const object = bucket.get(key);
  if (object === undefined) throw new AwsError(404, 'NotFound', 'there is no such object');
  const metadata = Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    status: 200,
    headers: {
      ...(Object.fromEntries(metadata) as Record<string, string>),
      'content-type': object.contentType,
      'last-modified': object.lastModified.toUTCString(),
      etag: etag(object.body),
    },
  };
}

function list(name: string, bucket: ReadonlyMap<string, StoredObject>, prefix: string): AwsAnswer {
  const found = [...bucket].filter(([key]) => key.startsWith(prefix));
  const Contents = found.map(([Key, { body, lastModified }]) => ({
    Key,
    LastModified: lastModified.toISOString(),
    ETag: etag(body),
    Size: body.length,
  }));
  const result = { Name: name, Prefix: prefix, KeyCount: found.length, IsTruncated: false, Contents };
  return { status: 200, body: toXml('ListBucketResult', result) };
}

/** DeleteObjects: its body is XML with a `Key` for each. */
function removeAll(bucket: Map<string, StoredObject>, body: string): AwsAnswer {
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);
  for (const key of keys) bucket.delete(key);
  return { status: 200, body: toXml('DeleteResult', { Deleted: keys.map((Key) => ({ Key })) }) };
}

function etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
