/**
 * @file Attributes as MLIR writes them: a small closed tree. Operation definitions read these into
 * plain TypeScript values through `AttrKind`s; what no definition claims is kept in this form.
 */

import { type AffineMap, type IntegerSet, printAffineMap, printIntegerSet } from "./affine.js";
import type { ElementType } from "./element.js";
import { printScalarLiteral } from "./literal.js";
import type { NdArray } from "./ndarray.js";
import { toBytes } from "./ndarray.js";
import { printType, type TensorType, type Type, type VectorType } from "./types.js";
import { unreachable } from "./unreachable.js";

/** Elements given by value; a splat holds one element for all. */
export interface DenseAttr {
  readonly kind: "dense";
  readonly type: TensorType | VectorType;
  readonly splat: boolean;
  /** Of the type's static shape, or of shape `[]` when `splat`. */
  readonly data: NdArray;
}

/** Elements given by reference: the bytes are in the context's resource of that name. */
export interface ResourceAttr {
  readonly kind: "resource";
  readonly name: string;
  readonly type: TensorType;
}

export type Attr =
  | { readonly kind: "unit" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint; readonly type: Type }
  | { readonly kind: "float"; readonly value: number; readonly type: Type }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly Attr[] }
  | { readonly kind: "dict"; readonly entries: AttrDict }
  | { readonly kind: "type"; readonly type: Type }
  | { readonly kind: "symbol"; readonly path: readonly string[] }
  | { readonly kind: "denseArray"; readonly element: ElementType; readonly values: readonly (number | bigint)[] }
  | { readonly kind: "affineMap"; readonly map: AffineMap }
  | { readonly kind: "integerSet"; readonly set: IntegerSet }
  /** `#name<body>`, for example `#stablehlo.dot<…>`. */
  | { readonly kind: "dialect"; readonly name: string; readonly body: string }
  | DenseAttr
  | ResourceAttr;

export type AttrDict = Readonly<Record<string, Attr>>;

export const unitAttr: Attr = { kind: "unit" };
export const stringAttr = (value: string): Attr => ({ kind: "string", value });
export const boolAttr = (value: boolean): Attr => ({ kind: "bool", value });
export const arrayAttr = (items: readonly Attr[]): Attr => ({ kind: "array", items });
export const symbolAttr = (...path: readonly string[]): Attr => ({ kind: "symbol", path });
export const typeAttr = (type: Type): Attr => ({ kind: "type", type });
export const intAttr = (value: number | bigint, type: Type): Attr => ({ kind: "int", value: BigInt(value), type });

/** MLIR text of an attribute. */
export function printAttr(attr: Attr): string {
  switch (attr.kind) {
    case "unit":
      return "unit";
    case "bool":
      return String(attr.value);
    case "int":
      return `${attr.value} : ${printType(attr.type, printAttr)}`;
    case "float":
      return `${printScalarLiteral(attr.value, elementOfScalar(attr.type))} : ${printType(attr.type, printAttr)}`;
    case "string":
      return printString(attr.value);
    case "array":
      return `[${attr.items.map(printItem).join(", ")}]`;
    case "dict":
      return printAttrDict(attr.entries);
    case "type":
      return printType(attr.type, printAttr);
    case "symbol":
      return attr.path.map(printSymbol).join("::");
    case "denseArray":
      return printDenseArray(attr.element, attr.values);
    case "affineMap":
      return `affine_map<${printAffineMap(attr.map)}>`;
    case "integerSet":
      return `affine_set<${printIntegerSet(attr.set)}>`;
    case "dialect":
      return `#${attr.name}${attr.body === "" ? "" : `<${attr.body}>`}`;
    case "dense":
      return `dense<${printDenseBody(attr)}> : ${printType(attr.type, printAttr)}`;
    case "resource":
      return `dense_resource<${attr.name}> : ${printType(attr.type, printAttr)}`;
    default:
      return unreachable(attr);
  }
}

/** In a list, numbers of the types that an untyped number has go without theirs. */
function printItem(item: Attr): string {
  const text = printAttr(item);
  if (item.kind === "int" && item.type.kind === "scalar" && item.type.element === "i64") return String(item.value);
  const isDouble = item.kind === "float" && item.type.kind === "scalar" && item.type.element === "f64";
  return isDouble && Number.isFinite(item.value) ? text.slice(0, -" : f64".length) : text;
}

/** `{a = 1 : i64, flag}`: entries in name order, as MLIR keeps them. */
export function printAttrDict(entries: AttrDict): string {
  const names = Object.keys(entries).sort();
  return `{${names.map((name) => printNamedAttr(name, entries[name]!)).join(", ")}}`;
}

export function printNamedAttr(name: string, attr: Attr): string {
  const key = /^[A-Za-z_][\w$.]*$/.test(name) ? name : printString(name);
  return attr.kind === "unit" ? key : `${key} = ${printAttr(attr)}`;
}

/** `@main`, or quoted where the name is not an identifier. */
export function printSymbol(name: string): string {
  return /^[A-Za-z_][\w$.]*$/.test(name) ? `@${name}` : `@${printString(name)}`;
}

/** A string literal; bytes outside printable ASCII as `\XX` of their UTF-8. */
export function printString(value: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(value)) {
    if (byte === 0x22 || byte === 0x5c) out += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) out += String.fromCharCode(byte);
    else out += `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `"${out}"`;
}

function printDenseArray(element: ElementType, values: readonly (number | bigint)[]): string {
  const item = (v: number | bigint): string => (element === "i1" ? String(v !== 0) : printScalarLiteral(v, element));
  return values.length === 0 ? `array<${element}>` : `array<${element}: ${values.map(item).join(", ")}>`;
}

/** Beyond this many elements a value prints as one hexadecimal string; not `i1`, which some versions of MLIR pack into bits
 * and others do not. */
const HEX_THRESHOLD = 64;

function printDenseBody({ data, splat, type }: DenseAttr): string {
  const { element } = data;
  const count = data.shape.reduce((n, d) => n * d, 1);
  if (count === 0) return "";
  if (!splat && count > HEX_THRESHOLD && element !== "i1")
    return `"0x${Buffer.from(toBytes(data)).toString("hex").toUpperCase()}"`;
  const complex = element.startsWith("complex");
  const at = (i: number): string => {
    if (complex) {
      const part = element === "complex<f32>" ? "f32" : "f64";
      const re = Number(data.data[2 * i]);
      return `(${printScalarLiteral(re, part)}, ${printScalarLiteral(Number(data.data[2 * i + 1]), part)})`;
    }
    const v = data.data[i]!;
    return element === "i1" ? String(v !== 0) : printScalarLiteral(v, element);
  };
  if (splat || type.shape.length === 0) return at(0);
  let next = 0;
  const nest = (axis: number): string => {
    if (axis === data.shape.length) return at(next++);
    return `[${Array.from({ length: data.shape[axis]! }, () => nest(axis + 1)).join(", ")}]`;
  };
  return nest(0);
}

function elementOfScalar(type: Type): ElementType {
  if (type.kind === "scalar" || type.kind === "tensor" || type.kind === "vector") return type.element;
  throw new Error(`a number cannot have type ${printType(type)}`);
}
