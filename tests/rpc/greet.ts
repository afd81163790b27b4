/** A unary method, all of it. */
import { WireWriter } from '../../lib/protobuf/wire.ts';
import type { UnaryMethod } from '../../lib/rpc/method.ts';
import { Status } from '../../lib/runtime/status.ts';
import { parseProto } from '../support/parse-proto.ts';

const proto = parseProto(`
  syntax = "proto3";
  package toy.v1;
  service Greeter {
    rpc Greet(GreetRequest) returns (Greeting);
  }
  enum Tone {
    TONE_UNSPECIFIED = 0;
    WARM = 1;
  }
  message GreetRequest {
    string name = 1;
    repeated string titles = 2;
    int64 times = 3;
    Tone tone = 4;
    map<string, string> labels = 5;
    bool loud = 6;
  }
  message Greeting {
    string text = 1;
    int64 times = 2;
  }
`);

export const greeter = proto.service('toy.v1.Greeter');

interface GreetRequest {
  readonly name: string;
  readonly titles: readonly string[];
  readonly times: bigint;
  readonly tone: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly loud: boolean;
}

export const greet: UnaryMethod<GreetRequest> = {
  kind: 'unary',
  service: 'toy.v1.Greeter',
  name: 'Greet',
  requestType: proto.type('toy.v1.GreetRequest'),
  responseType: proto.type('toy.v1.Greeting'),
  restPath: '/toy/greetings/{name}',
  facts: ({ name }) => ({ greeted: name }),
  answer: ({ name, titles, times, tone, labels, loud }, { credentials }) => {
    if (name === 'nobody') throw new Status('JOB_NOT_FOUND', 'there is nobody to greet');
    const words = [tone === 1 ? 'Dear' : 'Hello', ...titles, name, ...Object.entries(labels).flat()];
    const text = words.join(' ') + (credentials.authorization ?? '');
    const greeting = new WireWriter().lengthDelimited(1, Buffer.from(loud ? text.toUpperCase() : text));
    return Promise.resolve({
      message: greeting
        .varint(2 << 3)
        .varint(Number(times))
        .finish(),
      metadata: { 'x-greeted': name },
      etag: `"${name}"`,
      record: { fields: { words: words.length }, counts: {} },
    });
  },
};
