import type { Field, Message } from './schema.ts';
import { longestTimeText } from './time.ts';

/** A message type as the JSON writer wants it: its fields at the index of their tags. */
export type MessageLayout = readonly (FieldLayout | undefined)[];

/** All that the JSON writer needs of a field. Every layout has the same shape, which keeps the writer's loop fast. */
export interface FieldLayout {
  readonly kind: Field['kind'];
  /** Whether the field may stand on the wire more than once: lists and maps. */
  readonly many: boolean;
  /** Whether the default value is left out. */
  readonly implicit: boolean;
  /** One bit a oneof of the message; 0 outside a oneof. */
  readonly oneofBit: number;
  /** `,"jsonName":`, and the bracket that opens a list or a map. */
  readonly prefix: Ascii;
  /** The bracket that closes a list or a map; 0 for other fields. */
  readonly close: number;
  /** For enums: the JSON of each value that has a name, at the index of its number; else empty. */
  readonly values: readonly (Ascii | undefined)[];
  /** For messages: the layout of the field's type. */
  readonly inner: () => MessageLayout;
}

/** ASCII text in words of four bytes, the last one filled up with zeros, which may be written past its end. */
export interface Ascii {
  readonly words: Int32Array;
  readonly length: number;
}

/**
 * Bytes that the JSON writer may write before it asks for room again: a field's prefix, a value, and the bracket after it.
 * Strings, messages and maps ask for the room that they need.
 */
export const spareBytes = 128;

const layouts = new Map<Message, MessageLayout>();

/**
 * The layout of a message type, made when it is first asked for.
 *
 * @throws {Error} naming a field that might need more than `spareBytes`
 */
export function layoutOf(type: Message): MessageLayout {
  let layout = layouts.get(type);
  if (layout === undefined) {
    const oneofs = [...new Set(type.fields.map((field) => field.oneof).filter((name) => name !== undefined))];
    const byTag: FieldLayout[] = [];
    for (const field of type.fields) byTag[field.tag] = layoutOfField(type, field, oneofs);
    layouts.set(type, (layout = byTag));
  }
  return layout;
}

function layoutOfField(type: Message, field: Field, oneofs: readonly string[]): FieldLayout {
  const { kind, jsonName, many, message, oneof, values: names = {} } = field;
  if (kind === 'bytes') throw new Error(`${field.name}: bytes have no JSON here`);
  const oneofBit = oneof === undefined ? 0 : 1 << oneofs.indexOf(oneof);
  const [open, close] = field.repeated === true ? '[]' : many ? '{}' : ['', ''];
  const values: Ascii[] = [];
  for (const [number, name] of Object.entries(names)) values[Number(number)] = ascii(`"${name}"`);
  const prefix = ascii(`,${JSON.stringify(jsonName)}:${open!}`);
  const needed = Math.max(writtenBytes(prefix), prefix.length + longestValue(kind, values) + 1);
  if (needed > spareBytes) {
    throw new Error(
      `${type.fullName}.${field.name} takes up to ${needed} bytes of JSON, more than the ${spareBytes} that are spare: raise spareBytes`,
    );
  }
  let inner: MessageLayout | undefined;
  return {
    kind,
    many,
    implicit: !many && oneofBit === 0,
    oneofBit,
    prefix,
    close: close === '' ? 0 : close!.charCodeAt(0),
    values,
    inner: () => (inner ??= layoutOf(message!)),
  };
}

/** The most bytes that are written for a value without asking for room. */
function longestValue(kind: Field['kind'], values: readonly Ascii[]): number {
  if (kind === 'bool') return 'false'.length;
  if (kind === 'int64') return '"-9223372036854775808"'.length;
  if (kind === 'timestamp' || kind === 'duration') return longestTimeText + 2;
  if (kind !== 'enum') return 0;
  return values.reduce((most, value) => Math.max(most, writtenBytes(value)), '-2147483648'.length);
}

/** With the zeros that fill up the last word. */
function writtenBytes({ words }: Ascii): number {
  return words.length * 4;
}

function ascii(text: string): Ascii {
  const bytes = new Uint8Array(Math.ceil(text.length / 4) * 4);
  Buffer.from(bytes.buffer).write(text, 'latin1');
  return { words: new Int32Array(bytes.buffer), length: text.length };
}
