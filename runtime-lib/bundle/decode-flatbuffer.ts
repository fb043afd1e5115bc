/**
 * @file Reads a FlatBuffer into plain records along a schema. Only for bytes that `verifyFlatBuffer` has passed: nothing
 * is checked here. Absent lists read as empty ones, absent scalars as their defaults, and what the schema calls optional
 * is then no property at all; a union's record carries the member's name as `kind`. Fields that the schema calls lazy are
 * read on first access, so that opening a bundle does not pay for a schedule that nobody looks at.
 */

import { type FlatField, type FlatScalar, type FlatSchema, type FlatType, inlineBytes } from "./flat-schema.js";

interface Walk {
  readonly schema: FlatSchema;
  readonly view: DataView;
  /** The same bytes; decodes short strings several times faster than a TextDecoder. */
  readonly text: Buffer;
  /** Strings by position: shared ones are made once. */
  readonly strings: Map<number, string>;
  /** For every kind of table, the layouts that its vtables give. */
  readonly layouts: Map<string, Map<number, readonly FieldLayout[]>>;
}

/** Where the tables that share a vtable have a field. */
interface FieldLayout {
  readonly field: FlatField;
  /** From the table; 0 where it is absent. */
  readonly offset: number;
  readonly tagOffset: number;
}

type FlatRecord = Record<string, unknown>;

/** The root table as a record. */
export function decodeFlatBuffer(schema: FlatSchema, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const walk: Walk = { schema, view, text, strings: new Map(), layouts: new Map() };
  return readTable(walk, follow(walk, 0), schema.root, {});
}

function follow(walk: Walk, at: number): number {
  return at + walk.view.getUint32(at, true);
}

function readTable(walk: Walk, position: number, name: string, record: FlatRecord): FlatRecord {
  for (const { field, offset, tagOffset } of layoutOf(walk, position, name)) {
    const { type } = field;
    if (offset === 0) record[field.name] = absentValue(walk, field);
    else if (field.lazy) defineLazy(record, field.name, () => readValue(walk, type, position + offset));
    else if (type.kind !== "union") record[field.name] = readValue(walk, type, position + offset);
    else record[field.name] = readUnion(walk, type.name, position + offset, position + tagOffset);
  }
  return record;
}

function defineLazy(record: FlatRecord, name: string, read: () => unknown): void {
  const define = (attributes: PropertyDescriptor): void => {
    Object.defineProperty(record, name, { ...attributes, enumerable: true, configurable: true });
  };
  define({
    get: () => {
      const value = read();
      define({ value, writable: true });
      return value;
    },
  });
}

/** The fields that the record of the table at `position` has. */
function layoutOf(walk: Walk, position: number, name: string): readonly FieldLayout[] {
  const vtable = position - walk.view.getInt32(position, true);
  let layouts = walk.layouts.get(name);
  if (layouts === undefined) {
    layouts = new Map();
    walk.layouts.set(name, layouts);
  }
  let layout = layouts.get(vtable);
  if (layout === undefined) {
    layout = readLayout(walk, vtable, name);
    layouts.set(vtable, layout);
  }
  return layout;
}

function readLayout(walk: Walk, vtable: number, name: string): readonly FieldLayout[] {
  const vtableBytes = walk.view.getUint16(vtable, true);
  const slot = (id: number): number => (4 + 2 * id < vtableBytes ? walk.view.getUint16(vtable + 4 + 2 * id, true) : 0);
  return walk.schema.tables[name]!.map((field) => {
    const tagOffset = field.type.kind === "union" ? slot(field.id - 1) : 0;
    return { field, offset: slot(field.id), tagOffset };
  }).filter(({ field, offset }) => offset !== 0 || !field.optional);
}

function absentValue(walk: Walk, { type, otherwise }: FlatField): unknown {
  if (type.kind === "vector") return [];
  if (type.kind === "enum") return walk.schema.enums[type.name]![otherwise]!;
  return type.kind === "scalar" && type.scalar === "bool" ? otherwise === 1 : otherwise;
}

function readUnion(walk: Walk, name: string, at: number, tagAt: number): FlatRecord {
  const member = walk.schema.unions[name]![walk.view.getUint8(tagAt) - 1]!;
  return readTable(walk, follow(walk, at), member.table, { kind: member.kind });
}

function readValue(walk: Walk, type: FlatType, at: number): unknown {
  switch (type.kind) {
    case "scalar":
      return readScalar(walk.view, type.scalar, at);
    case "enum":
      return walk.schema.enums[type.name]![walk.view.getUint8(at)]!;
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

function readScalar(view: DataView, scalar: FlatScalar, at: number): number | boolean {
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
  const text = walk.text.toString("utf8", position + 4, position + 4 + length);
  walk.strings.set(position, text);
  return text;
}

function readVector(walk: Walk, element: FlatType, position: number): readonly unknown[] {
  const count = walk.view.getUint32(position, true);
  const size = inlineBytes(element);
  const values: unknown[] = [];
  for (let k = 0; k < count; k++) values.push(readValue(walk, element, position + 4 + k * size));
  return values;
}
