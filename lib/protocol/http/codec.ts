import { messageToJson } from '../../protobuf/json.ts';
import type { Message } from '../../protobuf/schema.ts';
import { decodeRequest, parseRequest } from '../../rpc/read-request.ts';

/** How the messages of an RPC are written. */
export interface Codec {
  /** @throws {Status} INVALID_ARGUMENT */
  readRequest(type: Message, message: Uint8Array): object;
  /** Bytes, or a text to be sent in UTF-8. */
  write(type: Message, message: Uint8Array): Uint8Array | string;
}

/** The response's bytes are the answer. */
const proto: Codec = { readRequest: decodeRequest, write: (_, message) => message };

const json: Codec = {
  readRequest: (type, message) => parseRequest(type, Buffer.from(message).toString()),
  write: messageToJson,
};

/** By the names that Connect and gRPC-Web give them. */
export const codecs: Readonly<Record<string, Codec | undefined>> = { proto, json };
