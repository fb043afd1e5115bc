/** @file `vector.extract` and `vector.insert`: a lane or a subvector at a position of numbers and values. */

import type { Context } from "../../context.js";
import { defineOp } from "../../define.js";
import type { Value } from "../../graph.js";
import { anyVector, i64Array, indexScalar, variadic } from "../../kinds.js";
import { flatIndex, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import type { Assembly } from "../../text/assembly.js";
import { DYNAMIC, mixedNumbers, parseMixed, printMixed } from "../../text/mixed-indices.js";
import { printType, type ScalarType, type VectorType } from "../../types.js";
import { isArray } from "../arith/lift.js";
import { scalarOrVector } from "./attributes.js";

/** The type of what lies at a position of that many indices, or a message. */
function partType(vector: VectorType, position: readonly number[], context: Context): ScalarType | VectorType | string {
  const inside = position.every((n, i) => n === DYNAMIC || (n >= -1 && n < vector.shape[i]!));
  if (position.length > vector.shape.length || !inside)
    return `[${position.join(", ")}] is no position in ${printType(vector)}`;
  if (position.length === vector.shape.length) return context.types.scalar(vector.element);
  return context.types.vector(vector.shape.slice(position.length), vector.element);
}

/** Where the part begins, in lanes, and how many it has. */
function spanOf(
  shape: readonly number[],
  position: readonly number[],
): { readonly start: number; readonly count: number } {
  position.forEach((x, i) => {
    if (!(x >= 0 && x < shape[i]!)) throw new Error(`position ${x} is outside axis ${i} of size ${shape[i]}`);
  });
  const count = sizeOf(shape.slice(position.length));
  return { start: flatIndex(shape.slice(0, position.length), position) * count, count };
}

const extractAssembly: Assembly = {
  print(op, printer) {
    const [vector, ...dynamic] = op.operands;
    printer.text(" ");
    printer.value(vector!);
    printMixed(printer, op.attrs["static_position"] as readonly number[], dynamic);
    printer.attrDict(op, ["static_position"]);
    printer.text(" : ");
    printer.type(op.result.type);
    printer.text(" from ");
    printer.type(vector!.type);
  },
  parse(parser, def) {
    const vector = parser.operand();
    const { fixed, values } = parseMixed(parser);
    const dict = parser.attrDict();
    parser.punct(":");
    const result = parser.type();
    parser.keyword("from");
    parser.expectTypes([vector], [parser.type()]);
    return {
      operands: [vector, ...values],
      results: [result],
      ...parser.splitAttrs(def, dict, { static_position: fixed }),
    };
  },
};

export const extract = defineOp("vector.extract", {
  summary: "The lane or subvector at a position.",
  operands: { source: anyVector, dynamic_position: variadic(indexScalar) },
  attrs: { static_position: i64Array },
  results: { result: scalarOrVector },
  traits: ["pure"],
  format: extractAssembly,
  infer({ source }, { static_position: position }, { context }) {
    const result = partType(source, position, context);
    return typeof result === "string" ? result : { result };
  },
  evaluate({ source, dynamic_position: dynamic }, { static_position: fixed }) {
    const { start, count } = spanOf(source.shape, mixedNumbers(fixed, dynamic));
    if (fixed.length === source.shape.length) return { result: getScalar(source, start) };
    const lanes = source.data.length / sizeOf(source.shape);
    const data = source.data.slice(start * lanes, (start + count) * lanes);
    return { result: { element: source.element, shape: source.shape.slice(fixed.length), data } };
  },
});

const insertAssembly: Assembly = {
  print(op, printer) {
    const [value, dest, ...dynamic] = op.operands as [Value, Value, ...Value[]];
    printer.text(" ");
    printer.values([value, dest]);
    printer.text(" ");
    printMixed(printer, op.attrs["static_position"] as readonly number[], dynamic);
    printer.attrDict(op, ["static_position"]);
    printer.text(" : ");
    printer.type(value.type);
    printer.text(" into ");
    printer.type(dest.type);
  },
  parse(parser, def) {
    const value = parser.operand();
    parser.punct(",");
    const dest = parser.operand();
    const { fixed, values } = parseMixed(parser);
    const dict = parser.attrDict();
    parser.punct(":");
    const valueType = parser.type();
    parser.keyword("into");
    parser.expectTypes([value, dest], [valueType, parser.type()]);
    return { operands: [value, dest, ...values], ...parser.splitAttrs(def, dict, { static_position: fixed }) };
  },
};

export const insert = defineOp("vector.insert", {
  summary: "A vector with the lane or subvector at a position replaced.",
  operands: { valueToStore: scalarOrVector, dest: anyVector, dynamic_position: variadic(indexScalar) },
  attrs: { static_position: i64Array },
  results: { result: anyVector },
  traits: ["pure"],
  format: insertAssembly,
  infer({ valueToStore: value, dest }, { static_position: position }, { context }) {
    const part = partType(dest, position, context);
    if (typeof part === "string") return part;
    return part === value ? { result: dest } : `${printType(value)} is put where ${printType(part)} is`;
  },
  evaluate({ valueToStore: value, dest, dynamic_position: dynamic }, { static_position: fixed }) {
    const out: NdArray = { ...dest, data: dest.data.slice() };
    const { start, count } = spanOf(dest.shape, mixedNumbers(fixed, dynamic));
    if (!isArray(value)) setScalar(out, start, value);
    else for (let i = 0; i < count; i++) setScalar(out, start + i, getScalar(value, i));
    return { result: out };
  },
});
