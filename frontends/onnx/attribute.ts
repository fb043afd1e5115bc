/**
 * @file Attributes of nodes, checked: the value must be in the field its type names.
 * Writers that leave out zero (proto3) or the type (the first ONNX version) are understood where there is one reading.
 */

import { quote } from "../../ir/refusal.js";
import { type AttributeProto, attributeTypeNames, type GraphProto } from "./generated/onnx.js";
import { onnxCode, type Place } from "./problems.js";
import type { OnnxAttribute, OnnxGraph, OnnxValueKind } from "./records.js";
import { float32Values, int64Values } from "./runs.js";
import { readSparseTensor } from "./sparse.js";
import { type ReadContext, readTensor } from "./tensor.js";
import { readType } from "./value-info.js";
import { decodeUtf8 } from "./wire.js";

/** What an attribute's place in the file allows. */
export interface AttributeScope {
  /** Names of the enclosing function's attributes, which values may refer to; `undefined` outside functions. */
  readonly functionAttributes: ReadonlySet<string> | undefined;
  /** Reads a subgraph; `undefined` after reporting that it nests too deeply. */
  subgraph(proto: GraphProto, attribute: string): OnnxGraph | undefined;
}

type Field =
  | "f"
  | "i"
  | "s"
  | "t"
  | "g"
  | "sparseTensor"
  | "tp"
  | "floats"
  | "ints"
  | "strings"
  | "tensors"
  | "graphs"
  | "sparseTensors"
  | "typeProtos";

/** By `AttributeProto.AttributeType`. */
const kinds: ReadonlyMap<number, { readonly kind: OnnxValueKind; readonly field: Field }> = new Map([
  [1, { kind: "float", field: "f" }],
  [2, { kind: "int", field: "i" }],
  [3, { kind: "string", field: "s" }],
  [4, { kind: "tensor", field: "t" }],
  [5, { kind: "graph", field: "g" }],
  [6, { kind: "floats", field: "floats" }],
  [7, { kind: "ints", field: "ints" }],
  [8, { kind: "strings", field: "strings" }],
  [9, { kind: "tensors", field: "tensors" }],
  [10, { kind: "graphs", field: "graphs" }],
  [11, { kind: "sparse-tensor", field: "sparseTensor" }],
  [12, { kind: "sparse-tensors", field: "sparseTensors" }],
  [13, { kind: "type", field: "tp" }],
  [14, { kind: "types", field: "typeProtos" }],
]);

/** The attribute, or `undefined` after reporting what is wrong with it. */
export function readAttribute(
  proto: AttributeProto,
  place: Place,
  scope: AttributeScope,
  context: ReadContext,
): OnnxAttribute | undefined {
  const name = proto.name ?? "";
  const named: Place = { at: place.at, what: `attribute ${quote(name)}` };
  const fail = (message: string): undefined => {
    context.problems.error(onnxCode.attribute, named, message);
  };
  if (name === "") return fail("it has no name");
  const set = [...kinds].filter(([, { field }]) => isSet(proto[field]));
  const number = proto.type ?? 0;
  if (number !== 0 && !kinds.has(number)) return fail(`unknown attribute type ${number}`);
  const row = kinds.get(number) ?? (set.length === 1 ? set[0]![1] : undefined);
  const reference = proto.refAttrName ?? "";
  if (row === undefined) {
    return fail(set.length === 0 ? "it has neither type nor value" : `it has no type, and ${values(set)}`);
  }
  if (reference !== "") return readReference(name, reference, row.kind, set.length > 0, scope, fail);
  if (set.some(([, { field }]) => field !== row.field)) {
    return fail(`it is declared ${attributeTypeNames.get(number)}, but has ${values(set)}`);
  }
  return readValue(proto, row.kind, named, scope, context, fail);
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function values(set: readonly (readonly [number, unknown])[]): string {
  return `${set.length === 1 ? "a value" : "values"} of type ${set.map(([n]) => attributeTypeNames.get(n)).join(" and ")}`;
}

type Fail = (message: string) => undefined;

function readReference(
  name: string,
  reference: string,
  of: OnnxValueKind,
  hasValue: boolean,
  scope: AttributeScope,
  fail: Fail,
): OnnxAttribute | undefined {
  const known = scope.functionAttributes;
  if (known === undefined) return fail(`it refers to an attribute ${quote(reference)} of a function, but is in none`);
  if (!known.has(reference)) return fail(`it refers to ${quote(reference)}, which the function does not have`);
  if (hasValue) return fail(`it refers to ${quote(reference)} and also has a value`);
  return { kind: "reference", name, value: reference, of };
}

function readValue(
  proto: AttributeProto,
  kind: OnnxValueKind,
  place: Place,
  scope: AttributeScope,
  context: ReadContext,
  fail: Fail,
): OnnxAttribute | undefined {
  const name = proto.name ?? "";
  const missing = (what: string): undefined => fail(`it is declared ${what}, but has no value`);
  switch (kind) {
    case "float":
      return { kind, name, value: proto.f ?? 0 };
    case "int":
      return { kind, name, value: proto.i ?? 0n };
    case "string":
      return wrap(kind, name, readText(proto.s ?? empty, fail));
    case "tensor":
      return proto.t === undefined ? missing("TENSOR") : wrap(kind, name, readTensor(proto.t, place, context));
    case "sparse-tensor":
      return proto.sparseTensor === undefined
        ? missing("SPARSE_TENSOR")
        : wrap(kind, name, readSparseTensor(proto.sparseTensor, place, context));
    case "graph":
      return proto.g === undefined ? missing("GRAPH") : wrap(kind, name, scope.subgraph(proto.g, name));
    case "type":
      return proto.tp === undefined
        ? missing("TYPE_PROTO")
        : wrap(kind, name, readType(proto.tp, place, context.problems));
    case "floats":
      return wrap(kind, name, float32Values(proto.floats ?? []) ?? fail("its list of numbers is cut short"));
    case "ints":
      return wrap(kind, name, int64Values(proto.ints ?? []) ?? fail("its list of numbers is cut short"));
    case "strings":
      return wrap(
        kind,
        name,
        readAll(proto.strings, (s) => readText(s, fail)),
      );
    case "tensors":
      return wrap(
        kind,
        name,
        readAll(proto.tensors, (t, i) => readTensor(t, element(place, i), context)),
      );
    case "sparse-tensors":
      return wrap(
        kind,
        name,
        readAll(proto.sparseTensors, (t, i) => readSparseTensor(t, element(place, i), context)),
      );
    case "graphs":
      return wrap(
        kind,
        name,
        readAll(proto.graphs, (g, i) => scope.subgraph(g, `${name}[${i}]`)),
      );
    case "types":
      return wrap(
        kind,
        name,
        readAll(proto.typeProtos, (t, i) => readType(t, element(place, i), context.problems)),
      );
  }
}

const empty = new Uint8Array(0);

function readText(bytes: Uint8Array, fail: Fail): string | undefined {
  return decodeUtf8(bytes) ?? fail("its text is not UTF-8");
}

function element(place: Place, index: number): Place {
  return { at: place.at, what: `${place.what}, element ${index}` };
}

/** The record, unless its value was wrong. `kind` and `value` come from one row of the union. */
function wrap<A extends OnnxAttribute>(kind: A["kind"], name: string, value: A["value"] | undefined): A | undefined {
  return value === undefined ? undefined : ({ kind, name, value } as A);
}

/** All elements, or `undefined` where one of them is wrong; every one is read, so that all problems are reported. */
function readAll<P, T>(
  list: readonly P[] | undefined,
  read: (proto: P, index: number) => T | undefined,
): T[] | undefined {
  const all = (list ?? []).map(read);
  const good = all.filter((x) => x !== undefined);
  return good.length === all.length ? good : undefined;
}
