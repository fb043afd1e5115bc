/**
 * @file Reads a FlatBuffer into plain records along a schema. Only for bytes that `verifyFlatBuffer` has passed: nothing
 * is checked here. Absent lists read as empty ones, absent scalars as their defaults, and what the schema calls optional
 * is then no property at all; a union's record carries the member's name as `kind`.
 */

import { type FlatField, type FlatSchema, type FlatType, inlineBytes } from "./flat-schema.js";

interface Walk {
  readonly schema: FlatSchema;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly utf8: InstanceType<typeof TextDecoder>;
  /** Strings by position: shared ones are made once. */
  readonly strings: Map<number, string>;
}

type FlatRecord = Record<string, unknown>;

/** The root table as a record. */
export function decodeFlatBuffer(schema: FlatSchema, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Without ignoreBOM a string that begins with U+FEFF would lose it.
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const walk: Walk = { schema, view, bytes, utf8, strings: new Map() };
  return readTable(walk, follow(walk, 0), schema.root, {});
}

function follow(walk: Walk, at: number): number {
  return at + walk.view.getUint32(at, true);
}

/** Where slot `id` of the table stands, or 0 if it is absent. */
function locate(walk: Walk, position: number, id: number): number {
  const vtable = position - walk.view.getInt32(position, true);
  const slot = 4 + 2 * id;
  if (slot >= walk.view.getUint16(vtable, true)) return 0;
  const offset = walk.view.getUint16(vtable + slot, true);
  return offset === 0 ? 0 : position + offset;
}

function readTable(walk: Walk, position: number, name: string, record: FlatRecord): FlatRecord {
  for (const field of walk.schema.tables[name]!) {
    const at = locate(walk, position, field.id);
    if (at !== 0) record[field.name] = readField(walk, field, position, at);
    else if (!field.optional) record[field.name] = absentValue(walk, field);
  }
  return record;
}

function absentValue(walk: Walk, { type, otherwise }: FlatField): unknown {
  if (type.kind === "vector") return [];
  if (type.kind === "enum") return walk.schema.enums[type.name]![otherwise]!;
  return type.kind === "scalar" && type.scalar === "bool" ? otherwise === 1 : otherwise;
}

function readField(walk: Walk, field: FlatField, position: number, at: number): unknown {
  const { type } = field;
  if (type.kind !== "union") return readValue(walk, type, at);
  const member = walk.schema.unions[type.name]![walk.bytes[locate(walk, position, field.id - 1)]! - 1]!;
  return readTable(walk, follow(walk, at), member.table, { kind: member.kind });
}

function readValue(walk: Walk, type: FlatType, at: number): unknown {
  switch (type.kind) {
    case "scalar":
      return readScalar(walk.view, type.scalar, at);
    case "enum":
      return walk.schema.enums[type.name]![walk.bytes[at]!]!;
    case "string":
      return readString(walk, follow(walk, at));
    case "table":
      return readTable(walk, follow(walk, at), type.name, {});
    case "vector":
      return readVector(walk, type.element, follow(walk, at));
    case "union":
      throw new Error("a union stands only in a table's field");
  }
}

function readScalar(view: DataView, scalar: "bool" | "u32" | "i64" | "u64", at: number): number | boolean {
  switch (scalar) {
    case "bool":
      return view.getUint8(at) === 1;
    case "u32":
      return view.getUint32(at, true);
    case "i64":
      return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
    case "u64":
      return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  }
}

function readString(walk: Walk, position: number): string {
  const known = walk.strings.get(position);
  if (known !== undefined) return known;
  const length = walk.view.getUint32(position, true);
  const text = walk.utf8.decode(walk.bytes.subarray(position + 4, position + 4 + length));
  walk.strings.set(position, text);
  return text;
}

function readVector(walk: Walk, element: FlatType, position: number): readonly unknown[] {
  const count = walk.view.getUint32(position, true);
  const size = inlineBytes(element);
  return Array.from({ length: count }, (_, k) => readValue(walk, element, position + 4 + k * size));
}
