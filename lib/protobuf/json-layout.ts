import type { Field, Message } from './schema.ts';

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

const layouts = new Map<Message, MessageLayout>();

/** The layout of a message type, made when it is first asked for. */
export function layoutOf(type: Message): MessageLayout {
  let layout = layouts.get(type);
  if (layout === undefined) {
    const oneofs = [...new Set(type.fields.map((field) => field.oneof).filter((name) => name !== undefined))];
    const byTag: FieldLayout[] = [];
    for (const field of type.fields) byTag[field.tag] = layoutOfField(field, oneofs);
    layouts.set(type, (layout = byTag));
  }
  return layout;
}

function layoutOfField(field: Field, oneofs: readonly string[]): FieldLayout {
  const { kind, jsonName, many, message, oneof, values: names = {} } = field;
  if (kind === 'bytes') throw new Error(`${field.name}: bytes have no JSON here`);
  const oneofBit = oneof === undefined ? 0 : 1 << oneofs.indexOf(oneof);
  const [open, close] = field.repeated === true ? '[]' : many ? '{}' : ['', ''];
  const values: Ascii[] = [];
  for (const [number, name] of Object.entries(names)) values[Number(number)] = ascii(`"${name}"`);
  let inner: MessageLayout | undefined;
  return {
    kind,
    many,
    implicit: !many && oneofBit === 0,
    oneofBit,
    prefix: ascii(`,${JSON.stringify(jsonName)}:${open!}`),
    close: close === '' ? 0 : close!.charCodeAt(0),
    values,
    inner: () => (inner ??= layoutOf(message!)),
  };
}

function ascii(text: string): Ascii {
  const bytes = new Uint8Array(Math.ceil(text.length / 4) * 4);
  Buffer.from(bytes.buffer).write(text, 'latin1');
  return { words: new Int32Array(bytes.buffer), length: text.length };
}
