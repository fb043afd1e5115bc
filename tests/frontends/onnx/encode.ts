/**
 * @file Writes ONNX models byte by byte, so that tests can also write what no proper writer would.
 * Field numbers are those of onnx-ml.proto.
 */

export type Bytes = Uint8Array;

export function varint(value: bigint | number): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return Uint8Array.from(out);
}

/** A varint field. */
export function int(field: number, value: bigint | number): Bytes {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** A length-delimited field: a text, bytes, or a message of the given parts. */
export function sub(field: number, ...parts: readonly (string | Bytes)[]): Bytes {
  const body = Buffer.concat(parts.map((p) => (typeof p === "string" ? Buffer.from(p, "utf8") : p)));
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

/** A 32-bit float field. */
export function float(field: number, value: number): Bytes {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), bytes]);
}

export function packed(field: number, values: readonly (bigint | number)[]): Bytes {
  return sub(field, ...values.map(varint));
}

export function float32s(...values: readonly number[]): Bytes {
  return new Uint8Array(Float32Array.from(values).buffer);
}

const opset = (version: number, domain = ""): Bytes => sub(8, sub(1, domain), int(2, version));

/** A model of `ir_version` 10 and opset 21, unless `parts` say otherwise; `parts` of the graph go to `graph`. */
export function model(...parts: readonly Bytes[]): Bytes {
  return Buffer.concat([int(1, 10), opset(21), ...parts]);
}

export { opset };

export const graph = (...parts: readonly Bytes[]): Bytes => sub(7, sub(2, "g"), ...parts);

const list = (field: number, names: readonly string[]): readonly Bytes[] => names.map((n) => sub(field, n));

/** A node of a graph; `extra` are more fields of it, such as its name (`nodeName`) and attributes. */
export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...extra: readonly Bytes[]
): Bytes => sub(1, ...list(1, inputs), ...list(2, outputs), sub(4, op), ...extra);
export const nodeName = (name: string): Bytes => sub(3, name);
export const nodeDomain = (domain: string): Bytes => sub(7, domain);

/** An attribute of a node, with its `AttributeProto.AttributeType`. */
export const attribute = (name: string, type: number, ...value: readonly Bytes[]): Bytes =>
  sub(5, sub(1, name), int(20, type), ...value);
/** A subgraph attribute. */
export const subgraph = (name: string, ...parts: readonly Bytes[]): Bytes => attribute(name, 5, sub(6, ...parts));

/** The fields of a tensor of that `TensorProto.DataType`. */
export const tensor = (
  name: string,
  type: number,
  dims: readonly (number | bigint)[],
  ...data: readonly Bytes[]
): Bytes => Buffer.concat([...dims.map((d) => int(1, d)), int(2, type), sub(8, name), ...data]);
export const raw = (bytes: Bytes): Bytes => sub(9, bytes);
export const initializer = (...args: Parameters<typeof tensor>): Bytes => sub(5, tensor(...args));

export const FLOAT = 1;
export const INT64 = 7;

/** The fields of an external tensor, by key. */
export const external = (entries: Readonly<Record<string, string>>): Bytes =>
  Buffer.concat([...Object.entries(entries).map(([k, v]) => sub(13, sub(1, k), sub(2, v))), int(14, 1)]);

const tensorType = (type: number, dims: readonly (number | string)[]): Bytes =>
  sub(1, int(1, type), sub(2, ...dims.map((d) => sub(1, typeof d === "number" ? int(1, d) : sub(2, d)))));

export const input = (name: string, type = FLOAT, dims: readonly (number | string)[] = [2]): Bytes =>
  sub(11, sub(1, name), sub(2, tensorType(type, dims)));
export const output = (name: string, type = FLOAT, dims: readonly (number | string)[] = [2]): Bytes =>
  sub(12, sub(1, name), sub(2, tensorType(type, dims)));
