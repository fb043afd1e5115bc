/**
 * @file Tensors of the file, checked: sizes are multiplied with care and compared with the data that is there, before anything
 * is allocated. (A model of 74 bytes can claim a tensor of a tebibyte.)
 */

import { quote } from "../../ir/refusal.js";
import { denseBytes, describeDataType, dtypeOf, elementType, type OnnxDtype, packedBytes } from "./dtypes.js";
import type { ExternalFiles, ExternalRange } from "./external-data.js";
import type { StringStringEntryProto, TensorProto } from "./generated/onnx.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import type { OnnxPayload, OnnxTensor } from "./records.js";
import { countValues, int64Values, type Runs } from "./runs.js";
import { decodeUtf8 } from "./wire.js";

/** More dimensions are refused everywhere. */
export const MAX_RANK = 64;

/** What reading any part of a file needs. */
export interface ReadContext {
  readonly problems: Problems;
  readonly external: ExternalFiles;
}

/** The tensor, or `undefined` after reporting everything that is wrong with it. */
export function readTensor(proto: TensorProto, place: Place, context: ReadContext): OnnxTensor | undefined {
  const fail = (message: string, fix?: string): undefined => {
    context.problems.error(onnxCode.tensor, place, message, fix);
  };
  const dtype = dtypeOf(proto.dataType ?? 0);
  if (dtype === undefined) fail(`element type ${describeDataType(proto.dataType ?? 0)}`);
  const dims = readDims(proto.dims ?? [], fail);
  if (proto.segment !== undefined) return fail("tensors stored in segments are not supported");
  if (dtype === undefined || dims === undefined) return undefined;
  const elements = checkedProduct(dims);
  if (elements === undefined || !Number.isSafeInteger(denseBytes(dtype, elements))) {
    return fail(`sizes [${dims.join(", ")}] of ${dtype} are more than 2^53 bytes`);
  }
  const payload = readPayload(proto, { dtype, elements, dims }, place, context);
  return payload && { name: proto.name ?? "", dtype, dims, elements, payload, at: place.at };
}

/** Sizes as safe integers, at most 64 of them. */
export function readDims(runs: Runs, fail: (message: string) => undefined): readonly number[] | undefined {
  const values = int64Values(runs);
  if (values === undefined) return fail("its list of sizes is cut short");
  const text = `sizes [${values.slice(0, MAX_RANK).join(", ")}${values.length > MAX_RANK ? ", ..." : ""}]`;
  if (values.length > MAX_RANK) return fail(`${text}: ${values.length} dimensions, at most ${MAX_RANK} are supported`);
  if (values.some((v) => v < 0n)) return fail(`${text}: a size is negative`);
  if (values.some((v) => v > BigInt(Number.MAX_SAFE_INTEGER))) return fail(`${text}: a size is beyond 2^53`);
  return values.map(Number);
}

/** The product, or `undefined` where it is no safe integer. */
export function checkedProduct(dims: readonly number[]): number | undefined {
  if (dims.includes(0)) return 0;
  let product = 1;
  for (const d of dims) {
    product *= d;
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/** What a tensor's data must fit. */
interface Extent {
  readonly dtype: OnnxDtype;
  readonly elements: number;
  readonly dims: readonly number[];
}

const fieldNames = {
  float: "floatData",
  double: "doubleData",
  int32: "int32Data",
  int64: "int64Data",
  uint64: "uint64Data",
  string: "stringData",
} as const;
const fields = Object.keys(fieldNames) as (keyof typeof fieldNames)[];

function readPayload(proto: TensorProto, extent: Extent, place: Place, context: ReadContext): OnnxPayload | undefined {
  const fail = (message: string): undefined => {
    context.problems.error(onnxCode.tensor, place, message);
  };
  const filled = fields.filter((f) => (proto[fieldNames[f]]?.length ?? 0) > 0);
  const raw = proto.rawData !== undefined && proto.rawData.length > 0;
  const sources = [...(raw ? ["raw_data"] : []), ...filled.map((f) => `${f}_data`)];
  const location = proto.dataLocation ?? 0;
  if (location === 1) {
    if (sources.length > 0) return fail(`it has external data and also ${sources.join(" and ")}`);
    return readExternal(proto.externalData ?? [], extent, place, context);
  }
  if (location !== 0) return fail(`unknown data_location ${location}`);
  if (sources.length > 1) return fail(`its data is in ${sources.join(" and ")} at once`);
  if (extent.dtype === "string" && raw) return fail("strings cannot be in raw_data");
  if (raw) return readRaw(proto.rawData!, extent, fail);
  const { field } = elementType(extent.dtype);
  if (filled[0] !== undefined && filled[0] !== field) return fail(`${extent.dtype} values in ${sources[0]}`);
  return field === "string"
    ? readStrings(proto.stringData ?? [], extent, fail)
    : readField(field, proto[fieldNames[field]] ?? [], extent, fail);
}

type Fail = (message: string) => undefined;

function describe({ dtype, dims }: Extent): string {
  return `sizes [${dims.join(", ")}] of ${dtype}`;
}

function readRaw(bytes: Uint8Array, extent: Extent, fail: Fail): OnnxPayload | undefined {
  const want = packedBytes(extent.dtype, extent.elements);
  if (bytes.length !== want) return fail(`${describe(extent)} take ${want} bytes, but it has ${bytes.length}`);
  return { kind: "bytes", bytes };
}

function readField(field: "float" | "double" | "int32" | "int64" | "uint64", runs: Runs, extent: Extent, fail: Fail) {
  const count = countValues(runs, field);
  if (count === undefined) return fail(`its list ${field}_data is cut short`);
  const want = fieldValues(extent);
  if (count !== want) return fail(`${describe(extent)} take ${want} values in ${field}_data, but it has ${count}`);
  return { kind: "field", field, runs } satisfies OnnxPayload;
}

/** Entries of a typed list: two for a complex number; one for a byte of 4- or 2-bit values; 6-bit values have one each. */
function fieldValues({ dtype, elements }: Extent): number {
  const { bits } = elementType(dtype);
  if (dtype.startsWith("complex")) return 2 * elements;
  return bits === 4 || bits === 2 ? packedBytes(dtype, elements) : elements;
}

function readStrings(list: readonly Uint8Array[], extent: Extent, fail: Fail): OnnxPayload | undefined {
  const { elements } = extent;
  if (list.length !== elements) return fail(`${describe(extent)} take ${elements} strings, but it has ${list.length}`);
  const values: string[] = [];
  for (const [i, bytes] of list.entries()) {
    const text = decodeUtf8(bytes);
    if (text === undefined) return fail(`string ${i} is not UTF-8`);
    values.push(text);
  }
  return { kind: "strings", values };
}

const EXTERNAL_FIX =
  "put a copy of the file (no link) into the model's folder, under the name and with the bytes the model expects";

function readExternal(
  entries: readonly StringStringEntryProto[],
  extent: Extent,
  place: Place,
  context: ReadContext,
): OnnxPayload | undefined {
  const range = externalRange(entries, extent, place, context.external);
  if (typeof range !== "string") return { kind: "external", range };
  context.problems.error(onnxCode.external, place, `external data: ${range}`, EXTERNAL_FIX);
  return undefined;
}

function externalRange(
  entries: readonly StringStringEntryProto[],
  { dtype, elements }: Extent,
  place: Place,
  external: ExternalFiles,
): ExternalRange | string {
  if (dtype === "string") return "strings cannot be external";
  const keys = new Map(entries.map((e) => [e.key ?? "", e.value ?? ""]));
  if (keys.size !== entries.length) return "a key is given twice";
  const path = keys.get("location");
  if (path === undefined) return "it has no 'location'";
  const offset = byteCount(keys.get("offset") ?? "0");
  if (offset === undefined) return `'offset' is ${quote(keys.get("offset") ?? "")}, which is no number of bytes`;
  const given = keys.get("length");
  const length = given === undefined ? undefined : byteCount(given);
  if (given !== undefined && length === undefined) return `'length' is ${quote(given)}, which is no number of bytes`;
  return external.range(path, offset, length, packedBytes(dtype, elements), place.at);
}

function byteCount(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
