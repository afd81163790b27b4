/** A method that answers with a stream, all of it. */
import { WireWriter } from '../../lib/protobuf/wire.ts';
import type { ServerStreamingMethod, StreamMessage } from '../../lib/rpc/method.ts';
import type { Deadline } from '../../lib/runtime/deadline.ts';
import { invalidArgument, Status } from '../../lib/runtime/status.ts';
import { parseProto } from '../support/parse-proto.ts';

const proto = parseProto(`
  syntax = "proto3";
  package toy.v1;
  service Counter {
    rpc CountDown(CountDownRequest) returns (stream Count);
  }
  message CountDownRequest {
    int64 from = 1;
    bool fail = 2;
    bool stall = 3;
    bool large = 4;
  }
  message Count {
    int64 left = 1;
    string filling = 2;
  }
`);

export const counter = proto.service('toy.v1.Counter');

interface CountDownRequest {
  readonly from: bigint;
  /** Whether it fails after the first count. */
  readonly fail: boolean;
  /** Whether it says no more after the first count. */
  readonly stall: boolean;
  readonly large: boolean;
}

/** How many counts were made, and how many streams have ended. */
export const counted = { counts: 0, ends: 0 };

export const countDown: ServerStreamingMethod<CountDownRequest> = {
  kind: 'server-streaming',
  service: 'toy.v1.Counter',
  name: 'CountDown',
  requestType: proto.type('toy.v1.CountDownRequest'),
  responseType: proto.type('toy.v1.Count'),
  restPath: '/toy:countDown',
  answer: async (request, { deadline }) => {
    if (request.from < 1n) throw invalidArgument('from', 'must be at least 1');
    return Promise.resolve(counts(request, deadline));
  },
};

async function* counts(
  { from, fail, stall, large }: CountDownRequest,
  deadline: Deadline,
): AsyncGenerator<StreamMessage> {
  try {
    for (let left = Number(from); left > 0; left--) {
      counted.counts++;
      const count = new WireWriter()
        .varint(1 << 3)
        .varint(left)
        .lengthDelimited(2, Buffer.from(large ? 'x'.repeat(100_000) : ''));
      yield { message: count.finish(), id: String(left) };
      if (fail) throw new Status('STORE_UNAVAILABLE', 'the count is lost');
      if (stall) await deadline.wait(new Promise(() => undefined));
    }
  } finally {
    counted.ends++;
  }
}
