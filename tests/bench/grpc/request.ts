/** Gets of the benchmark, as they go over the wire. */
export const path = '/yandex.cloud.datasphere.v2.jobs.ProjectJobService/Get';

/** Ids of the jobs that are there; all have the same length. */
export const jobId = (index: number): string => `bench-${String(index).padStart(6, '0')}`;

/** @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests */
export function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** A GetProjectJobRequest in its frame. */
export function request(id: string): Buffer {
  const text = Buffer.from(id);
  return frame(Buffer.concat([Buffer.from([(1 << 3) | 2, text.length]), text]));
}
