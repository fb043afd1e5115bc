/**
 * @file The values of a tensor in one form: dense, row-major, little-endian, one byte for each element of fewer than 8 bits.
 * Decoded when asked for and not kept, so that a model costs the memory of its file.
 */

import { compileError } from "../../ir/diagnostic.js";
import { denseBytes, elementType, type OnnxDtype } from "./dtypes.js";
import { onnxCode } from "./problems.js";
import type { OnnxPayload, OnnxTensor } from "./records.js";
import { copyFixed, eachInteger, type Runs } from "./runs.js";

/** The most bytes one tensor may take in memory at once; larger ones are read with `ExternalRange.stream`. */
const MAX_IN_MEMORY = 2 ** 32 - 1;

/**
 * The elements of `tensor`: `elements * width` bytes, where types of fewer than 8 bits take a byte each (i4 and i2 with their sign
 * extended), complex numbers are real and imaginary part, and a bool is 0 or 1. Often a view of the file: do not write to it.
 * @throws CompileError where external data has gone or changed, or the tensor does not fit in memory.
 */
export function tensorBytes(tensor: OnnxTensor): Uint8Array {
  const { dtype, elements, payload } = tensor;
  const size = denseBytes(dtype, elements);
  if (size > MAX_IN_MEMORY) throw tooLarge(tensor, size);
  switch (payload.kind) {
    case "bytes":
      return fromPacked(payload.bytes, dtype, elements);
    case "external":
      return fromPacked(payload.range.read(0, payload.range.length), dtype, elements);
    case "field":
      return fromField(payload, dtype, elements);
    case "splat":
      return repeat(payload.element, size);
    case "strings":
      throw new Error("a tensor of strings has no bytes");
  }
}

function tooLarge(tensor: OnnxTensor, size: number): Error {
  const message = `tensor '${tensor.name}' of ${size} bytes is too large to be held in memory at once`;
  return compileError(onnxCode.tensor, message, { at: tensor.at, exitCode: 4 });
}

/** The bytes that every element of a tensor in memory has, or `undefined` where elements differ (or there is none). */
export function splatElement(tensor: OnnxTensor): Uint8Array | undefined {
  const { payload, elements } = tensor;
  if (elements === 0 || payload.kind === "external" || payload.kind === "strings") return undefined;
  if (payload.kind === "splat") return payload.element;
  const bytes = tensorBytes(tensor);
  const width = bytes.length / elements;
  for (let i = width; i < bytes.length; i++) {
    if (bytes[i] !== bytes[i - width]) return undefined;
  }
  return bytes.slice(0, width);
}

function repeat(element: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  if (element.length === 1) return out.fill(element[0]!);
  if (element.every((byte) => byte === 0)) return out;
  for (let i = 0; i < size; i += element.length) out.set(element, i);
  return out;
}

function fromPacked(bytes: Uint8Array, dtype: OnnxDtype, elements: number): Uint8Array {
  if (dtype === "i1") return normalBools(bytes);
  return elementType(dtype).bits < 8 ? unpackSubByte(bytes, dtype, elements) : bytes;
}

/** Any byte but 0 is true; only a producer's mistake needs the copy. */
function normalBools(bytes: Uint8Array): Uint8Array {
  return bytes.some((b) => b > 1) ? bytes.map((b) => (b === 0 ? 0 : 1)) : bytes;
}

/**
 * `elements` values of 2, 4 or 6 bits, packed from the least significant bit up, as one byte each. Signed integers have their
 * sign extended. `bytes` holds at least `ceil(elements * bits / 8)` bytes.
 */
export function unpackSubByte(bytes: Uint8Array, dtype: OnnxDtype, elements: number): Uint8Array {
  const { bits, signed } = elementType(dtype);
  const out = new Uint8Array(elements);
  const mask = (1 << bits) - 1;
  const sign = signed === true ? 1 << (bits - 1) : 0;
  for (let i = 0, bit = 0; i < elements; i++, bit += bits) {
    const byte = Math.floor(bit / 8);
    const pair = bytes[byte]! | ((bytes[byte + 1] ?? 0) << 8);
    const value = (pair >> (bit % 8)) & mask;
    out[i] = (value ^ sign) - sign;
  }
  return out;
}

function fromField(payload: OnnxPayload & { kind: "field" }, dtype: OnnxDtype, elements: number): Uint8Array {
  const out = new Uint8Array(denseBytes(dtype, elements));
  if (payload.field === "float") copyFixed(payload.runs, 4, out);
  else if (payload.field === "double") copyFixed(payload.runs, 8, out);
  else if (dtype === "ui4" || dtype === "i4" || dtype === "f4E2M1FN" || dtype === "ui2" || dtype === "i2")
    return unpackSubByte(lowBytes(payload.runs, elements), dtype, elements);
  else copyIntegers(payload.runs, dtype, out);
  return out;
}

/** 4- and 2-bit types are packed in the list as they are in raw data: each value is a byte of several elements. */
function lowBytes(runs: Runs, atMost: number): Uint8Array {
  const out = new Uint8Array(atMost);
  let i = 0;
  eachInteger(runs, (low) => {
    out[i++] = low;
  });
  return out;
}

/** Values are taken modulo their width, as ONNX's own reader takes them: writers disagree about the sign of 8 and 16-bit ones. */
function copyIntegers(runs: Runs, dtype: OnnxDtype, out: Uint8Array): void {
  const view = new DataView(out.buffer);
  const width = denseBytes(dtype, 1);
  const mask = elementType(dtype).bits === 6 ? 63 : 255;
  let at = 0;
  eachInteger(runs, (low, high) => {
    if (dtype === "i1") out[at] = low === 0 && high === 0 ? 0 : 1;
    else if (width === 1) out[at] = low & mask;
    else if (width === 2) view.setUint16(at, low & 0xffff, true);
    else view.setUint32(at, low, true);
    if (width === 8) view.setUint32(at + 4, high, true);
    at += width;
  });
}
