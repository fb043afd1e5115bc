/**
 * @file A structural verifier of FlatBuffers, driven by a schema. The TypeScript library has none: it reads zeros outside
 * the buffer and believes every vector length.
 *
 * Invariant: bytes that pass can be walked along the schema without leaving them, in time and memory linear in their
 * length. Every reference stays inside and aligned, every string is UTF-8, nesting and table count are limited, and the
 * extents of all tables, vectors and distinct strings reached add up to no more than the file has, so that shared or
 * overlapping parts cannot make a small file expand.
 */

import { inFile, runtimeFault } from "../diagnostic.js";
import {
  type FlatField,
  type FlatScalar,
  type FlatSchema,
  type FlatType,
  flatLimits,
  inlineBytes,
} from "./flat-schema.js";

interface Walk {
  readonly schema: FlatSchema;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly utf8: InstanceType<typeof TextDecoder>;
  /** Positions of the strings already seen. */
  readonly strings: Set<number>;
  /** For every kind of table, the layouts that its vtables give; see `layoutOf`. */
  readonly layouts: Map<string, Map<number, Layout>>;
  tables: number;
  /** Bytes that parts not yet reached may still take. */
  remaining: number;
}

/** A field of some table: what messages speak of. */
interface Subject {
  readonly table: string;
  readonly field: FlatField;
}

/** A field that stands in a table and whose bytes may be wrong. */
interface PresentField {
  readonly subject: Subject;
  /** From the table; 0 for a union of which only the tag stands there. */
  readonly offset: number;
  /** Of a union, its tag; 0 where it is absent. */
  readonly tagOffset: number;
}

/** What a vtable says about the tables that use it, found to be possible. */
interface Layout {
  readonly tableBytes: number;
  readonly fields: readonly PresentField[];
}

const rootBytes = 4;
const headerBytes = 8;

/**
 * Throws a `RuntimeFault` (PS5003) with the offset of the first byte that cannot be right.
 * `file` names the bytes in the message.
 */
export function verifyFlatBuffer(schema: FlatSchema, bytes: Uint8Array, file: string): void {
  verifyIdentifier(schema, bytes, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const remaining = bytes.length;
  const walk: Walk = { schema, view, bytes, file, utf8, strings: new Set(), layouts: new Map(), tables: 0, remaining };
  if (bytes.length > flatLimits.bytes) {
    fail(walk, 0, `the file has ${bytes.length} bytes; the limit is ${flatLimits.bytes}`);
  }
  claim(walk, headerBytes, 0);
  verifyTable(walk, follow(walk, 0), schema.root, 1);
}

/** Throws a `RuntimeFault` (PS5003) for bytes too few to be a file of the schema, or without its identifier. */
export function verifyIdentifier(schema: FlatSchema, bytes: Uint8Array, file: string): void {
  if (bytes.length < headerBytes) fail({ file }, 0, `the file has ${bytes.length} bytes, too few for a header`);
  for (let k = 0; k < 4; k++) {
    if (bytes[rootBytes + k] === schema.identifier.charCodeAt(k)) continue;
    fail({ file }, rootBytes + k, `the file does not carry the identifier "${schema.identifier}"`);
  }
}

function fail({ file }: Pick<Walk, "file">, offset: number, message: string): never {
  throw runtimeFault("PS5003", message, {
    at: inFile(file, offset),
    fix: "the file is damaged or was not written by Persimmons: export the model again",
  });
}

/** Accounts for a part of the file that is reached for the first time. */
function claim(walk: Walk, bytes: number, offset: number): void {
  walk.remaining -= bytes;
  if (walk.remaining < 0) fail(walk, offset, "parts of the file overlap: together they are larger than the file");
}

/** The position that the reference at `at` (inside the file, aligned) points to; at least 4 bytes stand there. */
function follow(walk: Walk, at: number): number {
  const target = at + walk.view.getUint32(at, true);
  if (target === at) fail(walk, at, "a reference is null");
  if (target % 4 !== 0) fail(walk, at, `a reference to byte ${target} is not aligned to 4 bytes`);
  if (target + 4 > walk.bytes.length) fail(walk, at, `a reference to byte ${target} leaves the file`);
  return target;
}

function verifyTable(walk: Walk, position: number, name: string, depth: number): void {
  if (depth > flatLimits.depth) fail(walk, position, `tables nest deeper than ${flatLimits.depth}`);
  if (++walk.tables > flatLimits.tables) fail(walk, position, `there are more than ${flatLimits.tables} tables`);
  const { tableBytes, fields } = layoutOf(walk, position, name);
  if (position + tableBytes > walk.bytes.length) fail(walk, position, `a ${name} leaves the file`);
  claim(walk, tableBytes, position);
  for (const present of fields) {
    const { type } = present.subject.field;
    if (type.kind === "union") verifyUnion(walk, type.name, present, position, depth);
    else verifyValue(walk, type, position + present.offset, present.subject, depth);
  }
}

/**
 * The layout of the table at `position`. Tables of one kind share few vtables, so each is examined once, and once more
 * for positions that are multiples of 4 and not of 8, where fields of 8 bytes are aligned otherwise.
 */
function layoutOf(walk: Walk, position: number, name: string): Layout {
  const vtable = position - walk.view.getInt32(position, true);
  const key = vtable * 2 + (position % 8) / 4;
  let layouts = walk.layouts.get(name);
  if (layouts === undefined) {
    layouts = new Map();
    walk.layouts.set(name, layouts);
  }
  let layout = layouts.get(key);
  if (layout === undefined) {
    layout = readLayout(walk, vtable, position, name);
    layouts.set(key, layout);
  }
  return layout;
}

function readLayout(walk: Walk, vtable: number, position: number, name: string): Layout {
  const { view, bytes } = walk;
  if (vtable < 0 || vtable + 4 > bytes.length) fail(walk, position, `the vtable of a ${name} is outside the file`);
  if (vtable % 2 !== 0) fail(walk, position, `the vtable of a ${name} at byte ${vtable} is not aligned`);
  const vtableBytes = view.getUint16(vtable, true);
  const tableBytes = view.getUint16(vtable + 2, true);
  if (vtableBytes < 4 || vtableBytes % 2 !== 0) fail(walk, vtable, `a vtable cannot have ${vtableBytes} bytes`);
  if (vtable + vtableBytes > bytes.length) fail(walk, vtable, `the vtable of a ${name} leaves the file`);
  if (tableBytes < 4) fail(walk, vtable + 2, `a table cannot have ${tableBytes} bytes`);
  const fields: PresentField[] = [];
  for (const field of walk.schema.tables[name]!) {
    const subject = { table: name, field };
    const offset = readSlot(walk, subject, field.id, inlineBytes(field.type), vtable, position);
    const tagOffset = field.type.kind === "union" ? readSlot(walk, subject, field.id - 1, 1, vtable, position) : 0;
    if (offset === 0 && tagOffset === 0 && field.required) failIn(walk, subject, position, "is missing");
    const anyValue = field.type.kind === "scalar" && field.type.scalar === "u32";
    if ((offset !== 0 || tagOffset !== 0) && !anyValue) fields.push({ subject, offset, tagOffset });
  }
  return { tableBytes, fields };
}

/** What slot `id` of a vtable says for the table at `position`: the offset of a field of `bytes` bytes, 0 where it is absent. */
function readSlot(walk: Walk, subject: Subject, id: number, bytes: number, vtable: number, position: number): number {
  const slot = 4 + 2 * id;
  if (slot + 2 > walk.view.getUint16(vtable, true)) return 0;
  const offset = walk.view.getUint16(vtable + slot, true);
  const tableBytes = walk.view.getUint16(vtable + 2, true);
  if (offset === 0) return 0;
  if (offset < 4 || offset + bytes > tableBytes) failIn(walk, subject, vtable + slot, "is outside its table");
  if ((position + offset) % bytes !== 0) failIn(walk, subject, vtable + slot, `is not aligned to ${bytes} bytes`);
  return offset;
}

/** A fault in a field's value. The text is made here alone: verifying is quick because it builds no messages. */
function failIn(walk: Walk, { table, field }: Subject, offset: number, message: string): never {
  fail(walk, offset, `field ${field.name} of a ${table} ${message}`);
}

/** A union is its tag and its table together: both there or both absent. */
function verifyUnion(walk: Walk, name: string, present: PresentField, position: number, depth: number): void {
  const { subject, offset, tagOffset } = present;
  const members = walk.schema.unions[name]!;
  const tag = tagOffset === 0 ? 0 : walk.bytes[position + tagOffset]!;
  if (tag > members.length) failIn(walk, subject, position + tagOffset, `has tag ${tag}; ${members.length} are known`);
  if (tag === 0 && offset !== 0) failIn(walk, subject, position + offset, "is a table without a tag");
  if (tag !== 0 && offset === 0) failIn(walk, subject, position + tagOffset, "is a tag without a table");
  if (tag !== 0) verifyTable(walk, follow(walk, position + offset), members[tag - 1]!.table, depth + 1);
  else if (subject.field.required) failIn(walk, subject, position, "is missing");
}

/** The value of `type` that stands at `at`, which is inside the file and aligned. */
function verifyValue(walk: Walk, type: FlatType, at: number, subject: Subject, depth: number): void {
  switch (type.kind) {
    case "scalar":
      verifyScalar(walk, type.scalar, at, subject);
      return;
    case "enum": {
      const known = walk.schema.enums[type.name]!.length;
      const value = walk.bytes[at]!;
      if (value >= known) failIn(walk, subject, at, `has value ${value}; ${known} are known`);
      return;
    }
    case "string":
      verifyString(walk, follow(walk, at), subject);
      return;
    case "table":
      verifyTable(walk, follow(walk, at), type.name, depth + 1);
      return;
    case "vector":
      verifyVector(walk, type.element, follow(walk, at), subject, depth);
      return;
    case "union":
      throw new Error("a union stands only in a table's field");
  }
}

function verifyScalar(walk: Walk, scalar: FlatScalar, at: number, subject: Subject): void {
  if (scalar === "u32") return;
  if (scalar === "bool") {
    if (walk.bytes[at]! > 1) failIn(walk, subject, at, `is a boolean with value ${walk.bytes[at]}`);
    return;
  }
  const high = scalar === "i64" ? walk.view.getInt32(at + 4, true) : walk.view.getUint32(at + 4, true);
  const value = high * 2 ** 32 + walk.view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) failIn(walk, subject, at, `is about ${value}, beyond 53 bits`);
}

function verifyString(walk: Walk, position: number, subject: Subject): void {
  if (walk.strings.has(position)) return;
  walk.strings.add(position);
  const { bytes } = walk;
  const length = walk.view.getUint32(position, true);
  const start = position + 4;
  const end = start + length;
  if (end >= bytes.length) failIn(walk, subject, position, `is a string of ${length} bytes that leaves the file`);
  claim(walk, 4 + length + 1, position);
  if (bytes[end] !== 0) failIn(walk, subject, end, "is a string that does not end with a zero byte");
  let at = start;
  while (at < end && bytes[at]! < 0x80) at++;
  if (at < end) verifyUtf8(walk, start, end, subject);
}

function verifyUtf8(walk: Walk, start: number, end: number, subject: Subject): void {
  try {
    walk.utf8.decode(walk.bytes.subarray(start, end));
  } catch {
    failIn(walk, subject, start, "is a string that is not UTF-8");
  }
}

function verifyVector(walk: Walk, element: FlatType, position: number, subject: Subject, depth: number): void {
  const count = walk.view.getUint32(position, true);
  const size = inlineBytes(element);
  const start = position + 4;
  // count < 2^32 and size <= 8: the product is exact.
  if (start + count * size > walk.bytes.length) {
    failIn(walk, subject, position, `is a list of ${count} elements that leaves the file`);
  }
  if (count > 0 && start % size !== 0) failIn(walk, subject, start, `has elements not aligned to ${size} bytes`);
  claim(walk, 4 + count * size, position);
  if (element.kind === "scalar" && element.scalar === "u32") return;
  for (let k = 0; k < count; k++) verifyValue(walk, element, start + k * size, subject, depth);
}
