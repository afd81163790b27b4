import { jobToJson } from '../../job/job-type.ts';
import type { JobAnswer } from '../../reading/get-job.ts';
import { decodeJobId, parseJobId } from '../../rpc/get-job-request.ts';

/** How the messages of an RPC are written. */
export interface Codec {
  /** @throws {Status} INVALID_ARGUMENT */
  readJobId(message: Uint8Array): string;
  /** Bytes, or a text to be sent in UTF-8. */
  writeJob(answer: JobAnswer): Uint8Array | string;
}

/** The stored bytes are the answer. */
const proto: Codec = { readJobId: decodeJobId, writeJob: ({ job }) => job };

const json: Codec = {
  readJobId: (message) => parseJobId(Buffer.from(message).toString()),
  writeJob: ({ job }) => jobToJson(job),
};

/** By the names that Connect and gRPC-Web give them. */
export const codecs: Readonly<Record<string, Codec | undefined>> = { proto, json };
