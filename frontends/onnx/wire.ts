/**
 * @file The bytes of an ONNX file, decoded: protobuf's wire format, with limits, and without copying tensor data.
 *
 * A hostile file may nest messages without end, claim lengths beyond its own, or be a gigabyte of two-byte messages. Depth is
 * limited by the generated decoders, lengths by every read below, and the number of objects by `MAX_OBJECTS`, so that decoding
 * takes time and memory proportional to the file.
 */

import protobuf from "protobufjs/minimal.js";
import { decodeModelProto, type FieldReader, type ModelProto } from "./generated/onnx.js";

/** Messages and byte strings in a file. The largest real models have some hundred thousand; each costs up to 500 bytes. */
export const MAX_OBJECTS = 4_000_000;

/** Fields in a file. Unpacked lists count one for each element: a tree ensemble may have ten million. */
export const MAX_FIELDS = 32_000_000;

/** Why a file could not be decoded, and where. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly kind: "corrupt" | "limit";
  /** The byte at which reading stopped. */
  readonly offset: number;

  constructor(kind: "corrupt" | "limit", message: string, offset: number) {
    super(message);
    this.kind = kind;
    this.offset = offset;
  }
}

export interface DecodedModel {
  readonly proto: ModelProto;
  /** Offsets of string fields that are not UTF-8. Each was read with replacement characters. */
  readonly badText: readonly number[];
}

/**
 * Decodes a `ModelProto`. Byte fields and packed lists are views of `file`.
 * @throws WireError where the bytes are no protobuf message of that shape or break a limit.
 */
export function decodeModel(file: Uint8Array): DecodedModel {
  const reader = new WireReader(file);
  try {
    return { proto: decodeModelProto(reader), badText: reader.badText };
  } catch (error) {
    if (error instanceof WireError) throw error;
    // protobufjs throws plain errors and range errors; anything else is a fault of ours.
    if (!(error instanceof Error) || (error.constructor !== Error && error.constructor !== RangeError)) throw error;
    if (error.message === "max depth exceeded")
      throw new WireError("limit", "messages are nested too deeply", reader.pos);
    if (error instanceof RangeError) throw new WireError("corrupt", "the data ends within a field", reader.pos);
    throw new WireError("corrupt", error.message, reader.pos);
  }
}

/** What protobufjs's reader gives; its own types promise `Long`s where `WireReader` has bigints. */
interface BaseReader {
  readonly buf: Uint8Array;
  pos: number;
  len: number;
  tag(): number;
  size(): number;
  float(): number;
  double(): number;
  int32(): number;
  skipType(wireType: number, depth: number, field: number): void;
}
const Base = protobuf.Reader as unknown as new (bytes: Uint8Array) => BaseReader;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of `bytes`, or `undefined` where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Like `decodeUtf8`, with U+FFFD for what is not UTF-8. */
export function decodeUtf8Leniently(bytes: Uint8Array): string {
  return lenientUtf8.decode(bytes);
}

class WireReader extends Base implements FieldReader {
  readonly badText: number[] = [];
  #objects = 0;
  #fields = 0;

  override tag(): number {
    if (++this.#fields > MAX_FIELDS)
      throw new WireError("limit", `the file has more than ${MAX_FIELDS} fields`, this.pos);
    return super.tag();
  }

  /** The generated decoders call this before each message. */
  override size(): number {
    this.#countObject();
    return super.size();
  }

  bytes(): Uint8Array {
    this.#countObject();
    return this.#view();
  }

  string(): string {
    const start = this.pos;
    const bytes = this.#view();
    const short = shortAscii(bytes);
    if (short !== undefined) return short;
    const text = decodeUtf8(bytes);
    if (text !== undefined) return text;
    this.badText.push(start);
    return decodeUtf8Leniently(bytes);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    const [value, next] = readVarint64(this.buf, this.pos, this.len);
    if (next < 0) throw new WireError("corrupt", "a number that does not end", this.pos);
    this.pos = next;
    return value;
  }

  floats(to: (number | Uint8Array)[]): void {
    to.push(this.bytes());
  }
  doubles(to: (number | Uint8Array)[]): void {
    to.push(this.bytes());
  }
  int32s(to: (number | Uint8Array)[]): void {
    to.push(this.bytes());
  }
  int64s(to: (bigint | Uint8Array)[]): void {
    to.push(this.bytes());
  }
  uint64s(to: (bigint | Uint8Array)[]): void {
    to.push(this.bytes());
  }

  #view(): Uint8Array {
    const start = this.pos;
    const length = super.size();
    const end = this.pos + length;
    if (end > this.len)
      throw new WireError("corrupt", `a field of ${length} bytes, of which ${this.len - this.pos} are there`, start);
    const view = this.buf.subarray(this.pos, end);
    this.pos = end;
    return view;
  }

  #countObject(): void {
    if (++this.#objects > MAX_OBJECTS)
      throw new WireError("limit", `the file has more than ${MAX_OBJECTS} messages`, this.pos);
  }
}

/** Nearly all names are short and ASCII; a `TextDecoder` costs more than reading them. */
function shortAscii(bytes: Uint8Array): string | undefined {
  if (bytes.length > 48) return undefined;
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** An unsigned varint of up to ten bytes at `pos`, and the position after it; that is -1 where it does not end before `end`. */
export function readVarint64(bytes: Uint8Array, pos: number, end: number): readonly [value: bigint, next: number] {
  let small = 0;
  for (let i = 0; i < 4; i++) {
    if (pos + i >= end) return [0n, -1];
    const byte = bytes[pos + i]!;
    small |= (byte & 127) << (7 * i);
    if (byte < 128) return [BigInt(small), pos + i + 1];
  }
  let value = BigInt(small);
  for (let i = 4; i < 10; i++) {
    if (pos + i >= end) return [0n, -1];
    const byte = bytes[pos + i]!;
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return [BigInt.asUintN(64, value), pos + i + 1];
  }
  return [0n, -1];
}
