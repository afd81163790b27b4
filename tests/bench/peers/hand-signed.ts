import { createHash, createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/**
 * The least that a GetItem can cost: one signed request on a connection that stays open, its JSON parsed.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function handSignedGetItem(port: number, body: string): () => Promise<unknown> {
  const agent = new Agent({ keepAlive: true });
  const host = `127.0.0.1:${port}`;
  const region = process.env['AWS_REGION']!;
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return () => {
    const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const day = time.slice(0, 8);
    const target = 'DynamoDB_20120810.GetItem';
    const signed = 'content-type;host;x-amz-date;x-amz-target';
    const type = 'application/x-amz-json-1.0';
    const canonical = `POST\n/\n\ncontent-type:${type}\nhost:${host}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${signed}\n${hash(body)}`;
    const scope = `${day}/${region}/dynamodb/aws4_request`;
    const key = [region, 'dynamodb', 'aws4_request'].reduce(
      hmac,
      hmac(`AWS4${process.env['AWS_SECRET_ACCESS_KEY']!}`, day),
    );
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash(canonical)}`).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${process.env['AWS_ACCESS_KEY_ID']!}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    const headers = { authorization, 'content-type': type, 'x-amz-date': time, 'x-amz-target': target };
    return new Promise((resolve, reject) => {
      const call = request({ agent, port, host: '127.0.0.1', method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        });
      });
      call.once('error', reject);
      call.end(body);
    });
  };
}
