import { jsonNameOf, tagOf, type MessageDeclaration } from './declarations.ts';
import type { FieldValues } from './field-values.ts';
import { nanosTag, secondsTag, type Time } from './time.ts';
import { WireWriter } from './wire.ts';

/** Any of the values; an int64 also as a number. */
type Writable<Values> = {
  readonly [Name in keyof Values]?: Values[Name] | (Values[Name] extends bigint ? number : never);
};

type Value = string | number | bigint | boolean | Uint8Array | Time;

/**
 * Makes a function that writes a message from the values of its fields, in the order of the fields' numbers. As proto3
 * has it, a field that has its default value is left out like one that is not given.
 *
 * @example
 * fieldWriter(GetProjectJobRequestSchema)({ jobId: 'bt1' }); // Uint8Array.of(10, 3, 98, 116, 49)
 */
export function fieldWriter<M extends MessageDeclaration>({
  fields,
}: M): (values: Writable<FieldValues<M>>) => Uint8Array {
  const named = fields.map((field) => ({ ...field, jsonName: jsonNameOf(field), tag: tagOf(field) }));
  return (values) => {
    const writer = new WireWriter();
    for (const { jsonName, tag, kind, repeated } of named) {
      const value = (values as Readonly<Record<string, Value | readonly Value[] | undefined>>)[jsonName];
      if (repeated === true)
        for (const element of (value ?? []) as readonly Value[]) write(writer, tag, element);
      else if (value && !(kind === 'bytes' && (value as Uint8Array).length === 0))
        write(writer, tag, value as Value);
    }
    return writer.finish();
  };
}

function write(writer: WireWriter, tag: number, value: Value): void {
  writer.varint(tag);
  if (typeof value !== 'object' && typeof value !== 'string') {
    writer.varint(typeof value === 'bigint' ? value : Number(value));
    return;
  }
  const bytes =
    typeof value === 'string' ? Buffer.from(value) : value instanceof Uint8Array ? value : timeBytes(value);
  writer.varint(bytes.length).raw(bytes);
}

function timeBytes({ seconds, nanos }: Time): Uint8Array {
  const writer = new WireWriter();
  if (seconds !== 0) writer.varint(secondsTag).varint(seconds);
  if (nanos !== 0) writer.varint(nanosTag).varint(nanos);
  return writer.finish();
}
