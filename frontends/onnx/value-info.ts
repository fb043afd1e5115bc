/** @file Declared types of values, checked. */

import { quote } from "../../ir/refusal.js";
import { describeDataType, dtypeOf, type OnnxDtype } from "./dtypes.js";
import type { StringStringEntryProto, TensorShapeProto, TypeProto, ValueInfoProto } from "./generated/onnx.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import type { OnnxDim, OnnxType, OnnxValueInfo } from "./records.js";
import { MAX_RANK } from "./tensor.js";

/** Types, and graphs, nested deeper than this are refused. */
export const MAX_NESTING = 64;

/** A value's name and type; `undefined` where it has no name. A type that is left out is reported only where `required`. */
export function readValueInfo(
  proto: ValueInfoProto,
  place: Place,
  required: boolean,
  problems: Problems,
): OnnxValueInfo | undefined {
  const name = proto.name ?? "";
  if (name === "") {
    problems.error(onnxCode.type, place, "it has no name");
    return undefined;
  }
  const named: Place = { at: place.at, what: `${place.what} ${quote(name)}` };
  const errors = problems.errors;
  const type = proto.type && readType(proto.type, named, problems);
  if (required && type === undefined && problems.errors === errors) {
    problems.error(onnxCode.type, named, "it has no type", "declare its element type");
  }
  return { name, type, doc: proto.docString ?? "", metadata: readEntries(proto.metadataProps) };
}

/** The type, or `undefined` where the file leaves it open or it is wrong; only what is wrong is reported. */
export function readType(proto: TypeProto, place: Place, problems: Problems, depth = 0): OnnxType | undefined {
  if (depth > MAX_NESTING) {
    problems.error(onnxCode.limit, place, `its type is nested more than ${MAX_NESTING} deep`);
    return undefined;
  }
  const inner = (type: TypeProto | undefined): OnnxType | undefined =>
    type && readType(type, place, problems, depth + 1);
  if (proto.value === undefined) return undefined;
  switch (proto.value) {
    case "tensorType":
    case "sparseTensorType": {
      const { elemType, shape } = proto[proto.value]!;
      const dtype = readElementType(elemType ?? 0, place, problems);
      const dims = shape && readShape(shape, place, problems);
      return dtype && { kind: proto.value === "tensorType" ? "tensor" : "sparse-tensor", dtype, shape: dims };
    }
    case "sequenceType":
      return { kind: "sequence", element: inner(proto.sequenceType!.elemType) };
    case "optionalType":
      return { kind: "optional", element: inner(proto.optionalType!.elemType) };
    case "mapType": {
      const key = readElementType(proto.mapType!.keyType ?? 0, place, problems);
      return key && { kind: "map", key, value: inner(proto.mapType!.valueType) };
    }
    case "opaqueType":
      return { kind: "opaque", domain: proto.opaqueType!.domain ?? "", name: proto.opaqueType!.name ?? "" };
  }
}

function readElementType(number: number, place: Place, problems: Problems): OnnxDtype | undefined {
  const dtype = dtypeOf(number);
  if (dtype === undefined && number !== 0) {
    problems.error(onnxCode.type, place, `element type ${describeDataType(number)}`);
  }
  return dtype;
}

function readShape(shape: TensorShapeProto, place: Place, problems: Problems): readonly OnnxDim[] | undefined {
  const dims = shape.dim ?? [];
  if (dims.length > MAX_RANK) {
    problems.error(onnxCode.limit, place, `${dims.length} dimensions, at most ${MAX_RANK} are supported`);
    return undefined;
  }
  return dims.map((dim, axis): OnnxDim => {
    if (dim.value === "dimParam") return dim.dimParam === "" ? undefined : dim.dimParam;
    if (dim.value === undefined) return undefined;
    const size = dim.dimValue!;
    if (size < 0n) {
      problems.warn(onnxCode.type, place, `size ${size} of dimension ${axis} is taken to be unknown`);
      return undefined;
    }
    if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(size);
    problems.error(onnxCode.type, place, `size ${size} of dimension ${axis} is beyond 2^53`);
    return undefined;
  });
}

/** Key-value lists; of several entries for a key the last counts. */
export function readEntries(entries: readonly StringStringEntryProto[] | undefined): ReadonlyMap<string, string> {
  if (entries === undefined) return noEntries;
  return new Map(entries.map((e) => [e.key ?? "", e.value ?? ""]));
}

/** Shared: most nodes and values have none. */
const noEntries: ReadonlyMap<string, string> = new Map();
