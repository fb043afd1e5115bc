/**
 * @file NumPy's .npy files, versions 1 to 3, as the runtime's tensors and back.
 *
 * Types that NumPy has are written as NumPy writes them. For the others (bf16, 8-bit floats, integers narrower than a byte,
 * each one per element) the header carries a *tag*: a record of one field whose name is the type, `[('bf16', '<u2')]`.
 * `np.load(f)['bf16']` gives its bits, and `.view(ml_dtypes.bfloat16)` its values. What ml_dtypes itself writes has lost
 * the type (`<V2`, `<V1`, `<f1`); such a file is taken for whatever type is expected of it, if the sizes fit.
 * Source: numpy/lib/_format_impl.py, which documents the format.
 */

import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { compileError } from "../ir/diagnostic.js";
import { checkedProduct, dtypeNames, findDtype } from "../runtime-lib/bundle/dtype.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { cliCode, fileError } from "./faults.js";

/** NumPy's own types: kind and bytes. */
const numpyCodes: ReadonlyMap<string, string> = new Map([
  ["f64", "f8"],
  ["f32", "f4"],
  ["f16", "f2"],
  ["i1", "b1"],
  ["i8", "i1"],
  ["i16", "i2"],
  ["i32", "i4"],
  ["i64", "i8"],
  ["ui8", "u1"],
  ["ui16", "u2"],
  ["ui32", "u4"],
  ["ui64", "u8"],
  ["complex<f32>", "c8"],
  ["complex<f64>", "c16"],
]);

const dtypeOfCode = new Map([...numpyCodes].map(([dtype, code]) => [code, dtype]));

/** `<` for what has an order of bytes, `|` for single bytes. */
const ordered = (code: string): string => (code.slice(1) === "1" ? `|${code}` : `<${code}`);

/** How the header describes elements of `dtype`. */
function descriptionOf(dtype: string): string {
  const code = numpyCodes.get(dtype);
  if (code !== undefined) return `'${ordered(code)}'`;
  const bytes = findDtype(dtype)!.bytes;
  const signed = /^i\d/.test(dtype) ? "i" : "u";
  return `[('${dtype}', '${ordered(signed + bytes)}')]`;
}

/** The file's bytes up to the data, which starts at a multiple of 64. */
function headerOf({ dtype, shape }: TensorData): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': ${descriptionOf(dtype)}, 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, " ");
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(length, 8);
  header.write(text, 10, "latin1");
  header.write("\n", 9 + length, "latin1");
  return header;
}

/** Writes a tensor. Throws (exit 5) where the file cannot be written. */
export function writeNpy(file: string, tensor: TensorData): void {
  let fd: number | undefined;
  try {
    fd = openSync(file, "w");
    for (const part of [headerOf(tensor), tensor.bytes]) {
      for (let done = 0; done < part.length; ) done += writeSync(fd, part, done, Math.min(slice, part.length - done));
    }
  } catch (error) {
    throw fileError(file, "write", error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Node reads and writes at most 2 GiB at once. */
const slice = 1 << 30;

interface Header {
  /** Kind, bytes and order: "<f4"; of a tagged file the code of the bits. */
  readonly code: string;
  readonly tag: string | undefined;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/**
 * Reads a tensor. `expected` is the type it is wanted as, which decides for files that do not say theirs. Throws exit 5
 * where the file cannot be read, exit 2 where it holds no such tensor.
 */
export function readNpy(file: string, expected?: string): TensorData {
  let fd: number | undefined;
  try {
    fd = openSync(file, "r");
    return readFrom(fd, file, expected);
  } catch (error) {
    if (error instanceof Error && "code" in error && "syscall" in error) throw fileError(file, "read", error);
    throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readFrom(fd: number, file: string, expected: string | undefined): TensorData {
  const size = fstatSync(fd).size;
  const start = readBytes(fd, 0, Math.min(12, size), file);
  if (size < 12 || start.toString("latin1", 0, 6) !== "\x93NUMPY") throw malformed(file, "it is no .npy file");
  const wide = start[6]! > 1;
  if (start[6]! < 1 || start[6]! > 3) throw malformed(file, `version ${start[6]} of the format is not known`);
  const begin = wide ? 12 : 10;
  const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
  if (length > 1 << 20 || begin + length > size) throw malformed(file, "its header is cut short");
  const header = parseHeader(readBytes(fd, begin, length, file).toString("latin1"), file);
  const dtype = dtypeOf(header, file, expected);
  const bytes = checkedProduct([...header.shape, findDtype(dtype)!.bytes]);
  if (bytes === undefined || begin + length + bytes > size) {
    throw malformed(file, `its data is cut short: ${dtype} [${header.shape.join(", ")}] in ${size} bytes`);
  }
  const data = readBytes(fd, begin + length, bytes, file);
  if (header.code.startsWith(">")) swapBytes(data, dtype);
  const inOrder = header.fortran ? toRowMajor(data, header.shape, findDtype(dtype)!.bytes) : data;
  extendNarrow(inOrder, dtype);
  return { dtype, shape: header.shape, bytes: inOrder };
}

function readBytes(fd: number, position: number, length: number, file: string): Buffer {
  // Not from the pool: the data must lie at a multiple of its element's size.
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const got = readSync(fd, bytes, done, Math.min(slice, length - done), position + done);
    if (got === 0) throw malformed(file, "it was cut short while it was read");
    done += got;
  }
  return bytes;
}

const field = {
  descr: /'descr'\s*:\s*(?:'([^']*)'|\[\s*\(\s*'([^']*)'\s*,\s*'([^']*)'\s*\)\s*,?\s*\])\s*,?/,
  fortran: /'fortran_order'\s*:\s*(True|False)\s*,?/,
  shape: /'shape'\s*:\s*\(\s*((?:\d+L?\s*,\s*)*(?:\d+L?\s*)?)\)\s*,?/,
};

function parseHeader(text: string, file: string): Header {
  const [descr, fortran, shape] = [field.descr.exec(text), field.fortran.exec(text), field.shape.exec(text)];
  if (/'descr'\s*:\s*'\|?O/.test(text)) throw malformed(file, "it holds Python objects, which are never read");
  const rest = [descr, fortran, shape].reduce((left, match) => left.replace(match?.[0] ?? "", ""), text);
  if (descr === null || fortran === null || shape === null || rest.replace(/\s/g, "") !== "{}") {
    throw malformed(file, `its header is not one that is understood: ${text.trim().slice(0, 120)}`);
  }
  const sizes = shape[1]!.split(",").filter((size) => size.trim() !== "");
  if (sizes.length > 64) throw malformed(file, `it has ${sizes.length} dimensions`);
  return {
    code: descr[1] ?? descr[3]!,
    tag: descr[2],
    fortran: fortran[1] === "True",
    shape: sizes.map((size) => Number.parseInt(size, 10)),
  };
}

function dtypeOf({ code, tag }: Header, file: string, expected: string | undefined): string {
  const match = /^([<>|=]?)([a-zA-Z])(\d+)$/.exec(code);
  const bytes = Number(match?.[3] ?? 0);
  if (tag !== undefined) {
    const facts = dtypeNames.includes(tag) ? findDtype(tag) : undefined;
    if (facts?.bytes === bytes && (match?.[2] === "u" || match?.[2] === "i")) return tag;
    throw malformed(file, `its elements are records ('${tag}'), not numbers`);
  }
  const own = dtypeOfCode.get(`${match?.[2]}${bytes}`);
  if (own !== undefined) return own;
  const isRaw = match?.[2] === "V" || code === "<f1";
  if (!isRaw) throw malformed(file, `its elements are of type '${code}', which models do not have`);
  if (expected !== undefined && findDtype(expected)?.bytes === bytes) return expected;
  throw malformed(file, `its elements are ${bytes} bytes of an unknown type ('${code}')`);
}

function swapBytes(data: Uint8Array, dtype: string): void {
  const unit = dtype.startsWith("complex") ? findDtype(dtype)!.bytes / 2 : findDtype(dtype)!.bytes;
  for (let at = 0; at < data.length; at += unit) data.subarray(at, at + unit).reverse();
}

/** Sets the spare bits of types narrower than a byte as models want them: copies of the sign, or zeros. */
function extendNarrow(data: Uint8Array, dtype: string): void {
  const { bits } = findDtype(dtype)!;
  if (bits >= 8) return;
  const spare = 8 - bits;
  const signed = dtype === "i2" || dtype === "i4";
  for (let i = 0; i < data.length; i++) {
    const high = (data[i]! << spare) & 0xff;
    data[i] = signed ? ((high << 24) >> 24) >> spare : high >> spare;
  }
}

/** The same elements, the last dimension fastest. */
function toRowMajor(data: Uint8Array, shape: readonly number[], unit: number): Uint8Array {
  const out = new Uint8Array(data.length);
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, unit);
  const index = shape.map(() => 0);
  for (let to = 0; to < data.length; to += unit) {
    const from = index.reduce((sum, i, d) => sum + i * strides[d]!, 0);
    for (let b = 0; b < unit; b++) out[to + b] = data[from + b]!;
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]!; d--) index[d] = 0;
  }
  return out;
}

function malformed(file: string, message: string): Error {
  return compileError(cliCode.npy, `${file}: ${message}`, { exitCode: 2, fix: "write it with numpy.save" });
}
