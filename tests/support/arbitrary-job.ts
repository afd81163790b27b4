/** Random Jobs over the descriptors, so that every field of every message occurs. */
import {
  create,
  ScalarType,
  toBinary,
  type DescField,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { jobDesc } from './job-descriptors.ts';

export interface JobShape {
  /** Stay within what the official client's codec can hold: int64 to 2^53, times in milliseconds, known enum values. */
  readonly plain: boolean;
  /** Add unknown fields, at any depth. */
  readonly unknownFields?: boolean;
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    'ежедневный отчёт',
    '"quoted"\\\n\t\u0000\u0007\u001f',
    '\u2028\u2029',
    '😀',
    '{"a":[1]}',
  ),
);
const safeInteger = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n });
const int64 = fc.oneof(
  safeInteger,
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
);

type Build = (message: Message) => Message;

/** A Job's bytes, as `@bufbuild/protobuf` writes them. */
export function arbitraryJob(shape: JobShape): fc.Arbitrary<Uint8Array> {
  return arbitraryMessage(jobDesc, shape).map((message) => toBinary(jobDesc, message));
}

export function arbitraryMessage(desc: DescMessage, shape: JobShape): fc.Arbitrary<Message> {
  if (desc.typeName === 'google.protobuf.Timestamp') return arbitraryTimestamp(desc, shape);
  if (desc.typeName === 'google.protobuf.Duration') return arbitraryDuration(desc, shape);
  const members = desc.members.map((member): fc.Arbitrary<Build> => {
    if (member.kind === 'field') return fc.oneof(fc.constant(unchanged), buildField(member, shape));
    return fc.oneof(fc.constant(unchanged), ...member.fields.map((field) => buildField(field, shape)));
  });
  const unknown =
    shape.unknownFields === true
      ? fc.oneof(fc.constant(unchanged), arbitraryUnknown)
      : fc.constant(unchanged);
  return fc
    .tuple(fc.tuple(...members), unknown)
    .map(([builds, addUnknown]) =>
      [...builds, addUnknown].reduce((message, build) => build(message), create(desc)),
    );
}

const unchanged: Build = (message) => message;

function buildField(field: DescField, shape: JobShape): fc.Arbitrary<Build> {
  return arbitraryValue(field, shape).map((value) => (message: Message) => {
    assign(message, field, value);
    return message;
  });
}

/** Sets a field by its local name; in a oneof with its case. */
function assign(message: Message, field: DescField, value: unknown): void {
  const record = message as unknown as Record<string, unknown>;
  if (field.oneof === undefined) record[field.localName] = value;
  else record[field.oneof.localName] = { case: field.localName, value };
}

function arbitraryValue(field: DescField, shape: JobShape): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      if (field.scalar === ScalarType.STRING) return text;
      if (field.scalar === ScalarType.BOOL) return fc.boolean();
      return shape.plain ? safeInteger : int64;
    case 'enum': {
      const known = fc.constantFrom(...field.enum.values.map(({ number }) => number));
      return shape.plain ? known : fc.oneof(known, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    }
    case 'message':
      return arbitraryMessage(field.message, shape);
    case 'list': {
      const element: fc.Arbitrary<unknown> =
        field.listKind === 'message' ? arbitraryMessage(field.message, shape) : text;
      return fc.array(element, { minLength: 1, maxLength: 3 });
    }
    case 'map':
      return fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        text,
        { minKeys: 1, maxKeys: 3 },
      );
  }
}

function arbitraryTimestamp(desc: DescMessage, { plain }: JobShape): fc.Arbitrary<Message> {
  const seconds = plain
    ? fc.bigInt({ min: 0n, max: 4_102_444_800n })
    : fc.oneof(
        fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }),
        fc.constantFrom(0n, -1n, -62_135_596_800n),
      );
  const nanos = plain ? fc.integer({ min: 0, max: 999 }).map((ms) => ms * 1_000_000) : arbitraryNanos;
  return fc.record({ seconds, nanos }).map((init) => create(desc, init));
}

const arbitraryNanos = fc.oneof(
  fc.constantFrom(0, 1, 1000, 1_000_000, 999_999_999),
  fc.integer({ min: 0, max: 999_999_999 }),
);

function arbitraryDuration(desc: DescMessage, { plain }: JobShape): fc.Arbitrary<Message> {
  const limit = plain ? 1_000_000n : 315_575_999_999n;
  const size = fc.record({ seconds: fc.bigInt({ min: 0n, max: limit }), nanos: arbitraryNanos });
  return fc.tuple(size, fc.boolean()).map(([{ seconds, nanos }, negative]) => {
    const whole = plain ? 0 : nanos;
    return create(
      desc,
      negative && !plain ? { seconds: -seconds, nanos: -whole } : { seconds, nanos: whole },
    );
  });
}

/** Field numbers that no message of the Job's tree has. */
const arbitraryUnknown: fc.Arbitrary<Build> = fc
  .record({
    no: fc.integer({ min: 100, max: 5000 }),
    data: fc.uint8Array({ maxLength: 6 }),
    varint: fc.boolean(),
  })
  .map(({ no, data, varint }) => (message: Message) => {
    const wireType = varint ? WireType.Varint : WireType.LengthDelimited;
    const body = varint
      ? new BinaryWriter().uint32(data.length).finish()
      : new BinaryWriter().bytes(data).finish();
    message.$unknown = [...(message.$unknown ?? []), { no, wireType, data: body }];
    return message;
  });
