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
import { type FlatField, type FlatSchema, type FlatType, flatLimits, inlineBytes } from "./flat-schema.js";

interface Walk {
  readonly schema: FlatSchema;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly utf8: InstanceType<typeof TextDecoder>;
  /** Positions of the strings already seen. */
  readonly strings: Set<number>;
  tables: number;
  /** Bytes that parts not yet reached may still take. */
  remaining: number;
}

/** A table that stands inside the file, with its vtable. */
interface Frame {
  readonly position: number;
  readonly tableBytes: number;
  readonly vtable: number;
  readonly vtableBytes: number;
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
  const walk: Walk = { schema, view, bytes, file, utf8, strings: new Set(), tables: 0, remaining: bytes.length };
  if (bytes.length > flatLimits.bytes)
    fail(walk, 0, `the file has ${bytes.length} bytes; the limit is ${flatLimits.bytes}`);
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
  const frame = readFrame(walk, position, name);
  claim(walk, frame.tableBytes, position);
  for (const field of walk.schema.tables[name]!) verifyField(walk, frame, name, field, depth);
}

function readFrame(walk: Walk, position: number, name: string): Frame {
  const { view, bytes } = walk;
  const vtable = position - view.getInt32(position, true);
  if (vtable < 0 || vtable + 4 > bytes.length) fail(walk, position, `the vtable of a ${name} is outside the file`);
  if (vtable % 2 !== 0) fail(walk, position, `the vtable of a ${name} at byte ${vtable} is not aligned`);
  const vtableBytes = view.getUint16(vtable, true);
  const tableBytes = view.getUint16(vtable + 2, true);
  if (vtableBytes < 4 || vtableBytes % 2 !== 0) fail(walk, vtable, `a vtable cannot have ${vtableBytes} bytes`);
  if (vtable + vtableBytes > bytes.length) fail(walk, vtable, `the vtable of a ${name} leaves the file`);
  if (tableBytes < 4) fail(walk, vtable + 2, `a table cannot have ${tableBytes} bytes`);
  if (position + tableBytes > bytes.length) fail(walk, position, `a ${name} leaves the file`);
  return { position, tableBytes, vtable, vtableBytes };
}

/** Where the value of slot `id` stands, or 0 if it is absent. */
function locate(walk: Walk, frame: Frame, id: number, bytes: number, what: string): number {
  const slot = 4 + 2 * id;
  if (slot + 2 > frame.vtableBytes) return 0;
  const offset = walk.view.getUint16(frame.vtable + slot, true);
  if (offset === 0) return 0;
  if (offset < 4 || offset + bytes > frame.tableBytes) fail(walk, frame.vtable + slot, `${what} is outside its table`);
  const at = frame.position + offset;
  if (at % bytes !== 0) fail(walk, at, `${what} is not aligned to ${bytes} bytes`);
  return at;
}

function verifyField(walk: Walk, frame: Frame, name: string, field: FlatField, depth: number): void {
  const { type, id } = field;
  const what = `field ${field.name} of a ${name}`;
  const at = locate(walk, frame, id, inlineBytes(type), what);
  if (type.kind === "union") {
    verifyUnion(walk, frame, field, at, what, depth);
    return;
  }
  if (at !== 0) verifyValue(walk, type, at, what, depth);
  else if (field.required) fail(walk, frame.position, `${what} is missing`);
}

/** A union is its tag and its table together: both there or both absent. */
function verifyUnion(walk: Walk, frame: Frame, field: FlatField, at: number, what: string, depth: number): void {
  if (field.type.kind !== "union") return;
  const members = walk.schema.unions[field.type.name]!;
  const tagAt = locate(walk, frame, field.id - 1, 1, `the tag of ${what}`);
  const tag = tagAt === 0 ? 0 : walk.bytes[tagAt]!;
  if (tag > members.length) fail(walk, tagAt, `${what} has tag ${tag}; ${members.length} are known`);
  if ((tag === 0) !== (at === 0))
    fail(walk, frame.position, `${what} has a tag without a table, or a table without a tag`);
  if (tag !== 0) verifyTable(walk, follow(walk, at), members[tag - 1]!.table, depth + 1);
  else if (field.required) fail(walk, frame.position, `${what} is missing`);
}

/** The value of `type` that stands at `at`, which is inside the file and aligned. */
function verifyValue(walk: Walk, type: FlatType, at: number, what: string, depth: number): void {
  switch (type.kind) {
    case "scalar":
      verifyScalar(walk, type.scalar, at, what);
      return;
    case "enum": {
      const known = walk.schema.enums[type.name]!.length;
      const value = walk.bytes[at]!;
      if (value >= known) fail(walk, at, `${what} has value ${value}; ${known} are known`);
      return;
    }
    case "string":
      verifyString(walk, follow(walk, at), what);
      return;
    case "table":
      verifyTable(walk, follow(walk, at), type.name, depth + 1);
      return;
    case "vector":
      verifyVector(walk, type.element, follow(walk, at), what, depth);
      return;
    case "union":
      throw new Error("a union stands only in a table's field");
  }
}

function verifyScalar(walk: Walk, scalar: "bool" | "u32" | "i64" | "u64", at: number, what: string): void {
  if (scalar === "u32") return;
  if (scalar === "bool") {
    if (walk.bytes[at]! > 1) fail(walk, at, `${what} is a boolean with value ${walk.bytes[at]}`);
    return;
  }
  const value = scalar === "i64" ? walk.view.getBigInt64(at, true) : walk.view.getBigUint64(at, true);
  if (!Number.isSafeInteger(Number(value))) fail(walk, at, `${what} is ${value}, beyond 53 bits`);
}

function verifyString(walk: Walk, position: number, what: string): void {
  if (walk.strings.has(position)) return;
  walk.strings.add(position);
  const length = walk.view.getUint32(position, true);
  const start = position + 4;
  const end = start + length;
  if (end >= walk.bytes.length) fail(walk, position, `${what} is a string of ${length} bytes that leaves the file`);
  claim(walk, 4 + length + 1, position);
  if (walk.bytes[end] !== 0) fail(walk, end, `${what} is a string that does not end with a zero byte`);
  for (let at = start; at < end; at++) {
    if (walk.bytes[at]! < 0x80) continue;
    verifyUtf8(walk, start, end, what);
    return;
  }
}

function verifyUtf8(walk: Walk, start: number, end: number, what: string): void {
  try {
    walk.utf8.decode(walk.bytes.subarray(start, end));
  } catch {
    fail(walk, start, `${what} is a string that is not UTF-8`);
  }
}

function verifyVector(walk: Walk, element: FlatType, position: number, what: string, depth: number): void {
  const count = walk.view.getUint32(position, true);
  const size = inlineBytes(element);
  const start = position + 4;
  // count < 2^32 and size <= 8: the product is exact.
  if (start + count * size > walk.bytes.length) {
    fail(walk, position, `${what} is a list of ${count} elements that leaves the file`);
  }
  if (count > 0 && start % size !== 0) fail(walk, start, `the elements of ${what} are not aligned to ${size} bytes`);
  claim(walk, 4 + count * size, position);
  if (element.kind === "scalar" && element.scalar === "u32") return;
  for (let k = 0; k < count; k++) verifyValue(walk, element, start + k * size, what, depth);
}
