/**
 * @file Writes records as a FlatBuffer along a schema. Deterministic: the bytes depend on the records alone. Empty lists
 * and default scalars are left out; equal strings are stored once; tables and lists never.
 */

import { Builder, type Offset } from "flatbuffers";
import { runtimeFault } from "../diagnostic.js";
import { type FlatField, type FlatSchema, type FlatType, flatLimits, inlineBytes } from "./flat-schema.js";

interface Walk {
  readonly schema: FlatSchema;
  readonly builder: Builder;
  readonly strings: Map<string, Offset>;
  tables: number;
}

type FlatRecord = Readonly<Record<string, unknown>>;

const loneSurrogate = /\p{Surrogate}/u;

/**
 * The bytes of `root`. Throws a `RuntimeFault` (PS5005, exit 4) where the program is too large or nests too deep for the
 * format, and an `Error` where a record does not fit the schema, which is its maker's fault.
 */
export function encodeFlatBuffer(schema: FlatSchema, root: FlatRecord): Uint8Array {
  const walk: Walk = { schema, builder: new Builder(64 * 1024), strings: new Map(), tables: 0 };
  walk.builder.finish(writeTable(walk, schema.root, root, 1), schema.identifier);
  const bytes = walk.builder.asUint8Array().slice();
  if (bytes.length > flatLimits.bytes)
    throw beyondLimit(`the manifest would have ${bytes.length} bytes`, flatLimits.bytes);
  return bytes;
}

function beyondLimit(what: string, limit: number): Error {
  return runtimeFault("PS5005", `${what}; the format's limit is ${limit}`, {
    exitCode: 4,
    fix: "split the model into several, or reduce the nesting of its control flow",
  });
}

/** References of a table are written before it: FlatBuffers grow downwards. */
function writeTable(walk: Walk, name: string, record: FlatRecord, depth: number): Offset {
  if (depth > flatLimits.depth) throw beyondLimit("the program nests too deep", flatLimits.depth);
  if (++walk.tables > flatLimits.tables) throw beyondLimit("the program has too many parts", flatLimits.tables);
  const fields = walk.schema.tables[name]!;
  const references = fields.map((field) => writeReference(walk, field, name, record[field.name], depth));
  walk.builder.startObject(fields.length === 0 ? 0 : fields.at(-1)!.id + 1);
  fields.forEach((field, k) => {
    addField(walk, field, name, record[field.name], references[k]!);
  });
  return walk.builder.endObject();
}

/** The offset of what the field refers to; 0 for an inline or absent value. */
function writeReference(walk: Walk, field: FlatField, name: string, value: unknown, depth: number): Offset {
  const { type } = field;
  if (type.kind === "scalar" || type.kind === "enum") return 0;
  if (value === undefined) {
    if (field.optional) return 0;
    throw new Error(`field ${field.name} of a ${name} is missing`);
  }
  switch (type.kind) {
    case "string":
      return writeString(walk, value as string);
    case "table":
      return writeTable(walk, type.name, value as FlatRecord, depth + 1);
    case "union":
      return writeTable(walk, unionMember(walk, type.name, value).table, value as FlatRecord, depth + 1);
    case "vector":
      return writeVector(walk, type.element, value as readonly unknown[], depth);
  }
}

function unionMember(walk: Walk, union: string, value: unknown): { readonly tag: number; readonly table: string } {
  const kind = (value as { readonly kind: string }).kind;
  const members = walk.schema.unions[union]!;
  const k = members.findIndex((member) => member.kind === kind);
  if (k < 0) throw new Error(`'${kind}' is no member of ${union}`);
  return { tag: k + 1, table: members[k]!.table };
}

function writeString(walk: Walk, text: string): Offset {
  const known = walk.strings.get(text);
  if (known !== undefined) return known;
  if (loneSurrogate.test(text)) throw new Error(`the string ${JSON.stringify(text)} is not well-formed Unicode`);
  const offset = walk.builder.createString(text);
  walk.strings.set(text, offset);
  return offset;
}

function writeVector(walk: Walk, element: FlatType, values: readonly unknown[], depth: number): Offset {
  if (values.length === 0) return 0;
  const { builder } = walk;
  const size = inlineBytes(element);
  const inline =
    element.kind === "string"
      ? values.map((value) => writeString(walk, value as string))
      : element.kind === "table"
        ? values.map((value) => writeTable(walk, element.name, value as FlatRecord, depth + 1))
        : values;
  builder.startVector(size, values.length, size);
  for (let k = values.length - 1; k >= 0; k--) {
    if (element.kind === "scalar" && size === 8) builder.addInt64(BigInt(checked(inline[k], element.scalar)));
    else if (element.kind === "scalar" && size === 4) builder.addInt32(checked(inline[k], element.scalar) | 0);
    else if (element.kind === "string" || element.kind === "table") builder.addOffset(inline[k] as Offset);
    else throw new Error(`lists of ${element.kind} are not supported`);
  }
  return builder.endVector();
}

function addField(walk: Walk, field: FlatField, name: string, value: unknown, reference: Offset): void {
  const { builder } = walk;
  const { type, id } = field;
  if (type.kind === "union" && reference !== 0)
    builder.addFieldInt8(id - 1, unionMember(walk, type.name, value).tag, 0);
  if (type.kind !== "scalar" && type.kind !== "enum") {
    builder.addFieldOffset(id, reference, 0);
    return;
  }
  if (value === undefined) {
    if (field.optional) return;
    throw new Error(`field ${field.name} of a ${name} is missing`);
  }
  // What is optional has no default: it is written whenever it is present.
  const otherwise = field.optional ? null : field.otherwise;
  if (type.kind === "enum") {
    builder.addFieldInt8(id, enumValue(walk, type.name, value as string), otherwise);
    return;
  }
  const number = checked(value, type.scalar);
  if (type.scalar === "bool") builder.addFieldInt8(id, number, otherwise);
  else if (type.scalar === "u32") builder.addFieldInt32(id, number | 0, otherwise);
  else builder.addFieldInt64(id, BigInt(number), otherwise === null ? null : BigInt(otherwise));
}

function enumValue(walk: Walk, name: string, value: string): number {
  const k = walk.schema.enums[name]!.indexOf(value);
  if (k < 0) throw new Error(`'${value}' is no ${name}`);
  return k;
}

const ranges = {
  bool: [0, 1],
  u32: [0, 2 ** 32 - 1],
  i64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  u64: [0, Number.MAX_SAFE_INTEGER],
} as const;

function checked(value: unknown, scalar: keyof typeof ranges): number {
  const number = typeof value === "boolean" ? Number(value) : value;
  const [least, greatest] = ranges[scalar];
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < least || number > greatest) {
    throw new Error(`${String(value)} is no ${scalar}`);
  }
  return number;
}
