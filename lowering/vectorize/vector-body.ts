/**
 * @file The body of a structured operation on vectors: `arith` and `math` work on vectors as they do on numbers, so
 * each operation is made again on vector operands. What stays the same in all lanes stays a number until a vector
 * needs it.
 */

import type { Builder } from "../../ir/builder.js";
import type { AnyOpDef } from "../../ir/define.js";
import { constant as arithConstant, constantDatum, splatAttr } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import { index as indexOp } from "../../ir/dialects/linalg/structured.js";
import { broadcast, step } from "../../ir/dialects/vector/shape.js";
import { type ElementType, elementFacts, isFloat } from "../../ir/element.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Scalar } from "../../ir/scalar.js";
import { elementOf, type ScalarType, type VectorType } from "../../ir/types.js";

/** Elements that vectors of them are loaded and stored as they are. */
const storable: ReadonlySet<ElementType> = new Set(["f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64"]);

export function isStorable(element: ElementType): boolean {
  return storable.has(element);
}

/** True where every operation of the body works on vectors. */
export function isVectorizable(body: Block): boolean {
  for (const op of body.ops()) {
    if (op.def.traits.includes("terminator") || indexOp.matches(op)) continue;
    if ((op.def.dialect !== "arith" && op.def.dialect !== "math") || op.regions.length > 0) return false;
    if (op.results.some((r) => !isLaneElement(elementOf(r.type)))) return false;
  }
  return body.args.every((a) => a.type.kind === "scalar" && isLaneElement(a.type.element));
}

function isLaneElement(element: ElementType): boolean {
  return storable.has(element) || element === "i1" || element === "index";
}

/** The widest element that the body computes with, in bits: it decides how many lanes fit a register. Narrow floats are computed with in f32. */
export function widestBits(body: Block): number {
  let bits = 8;
  const note = (v: Value): void => {
    const element = elementOf(v.type);
    if (element !== "index" && element !== "i1")
      bits = Math.max(bits, isFloat(element) ? 32 : 8, elementFacts[element].bits);
  };
  for (const a of body.args) note(a);
  for (const op of body.ops()) for (const r of op.results) note(r);
  return bits;
}

export interface Lanes {
  readonly count: number;
  /** The iteration dimension that the lanes run along. */
  readonly dim: number;
  /** The position of lane 0 along each iteration dimension. */
  readonly position: (dim: number) => Value;
}

/** Builds the body on `args` (numbers or vectors); gives what it yields, each a number or a vector. */
export function buildVectorBody(b: Builder, body: Block, args: readonly Value[], lanes: Lanes): readonly Value[] {
  const map = new Map<Value, Value>(body.args.map((a, k) => [a, args[k]!]));
  const look = (v: Value): Value => map.get(v) ?? v;
  for (const op of body.ops()) {
    if (op.def.traits.includes("terminator")) return op.operands.map(look);
    map.set(op.result, buildOne(b, op, op.operands.map(look), lanes));
  }
  throw new Error("a body must end with a yield");
}

function buildOne(b: Builder, op: Operation, operands: readonly Value[], lanes: Lanes): Value {
  if (indexOp.matches(op)) return lanePosition(b, indexOp.attrsOf(op).dim, lanes);
  const isWide = operands.some((v) => v.type.kind === "vector");
  const made = isWide ? operands.map((v) => widen(b, v, lanes.count)) : operands;
  const type = op.result.type as ScalarType;
  const results = [isWide ? b.context.types.vector([lanes.count], type.element) : type];
  return b.create(op.def as AnyOpDef, made, op.attrs, { results }).result;
}

/** 0, 1, 2, … from the first lane on, along the lanes' own dimension. */
function lanePosition(b: Builder, dim: number, lanes: Lanes): Value {
  const first = lanes.position(dim);
  if (dim !== lanes.dim) return first;
  const type = b.context.types.vector([lanes.count], "index");
  const counts = b.value(step, {}, {}, { results: [type] });
  return b.value(i.addi, { lhs: widen(b, first, lanes.count), rhs: counts }, {});
}

/** A vector with `v` in every lane, or `v` itself when it is one already. */
export function widen(b: Builder, v: Value, count: number): Value {
  if (v.type.kind === "vector") return v;
  const type = b.context.types.vector([count], elementOf(v.type));
  const scalar = scalarConstant(v);
  if (scalar !== undefined) return b.value(arithConstant, {}, { value: splatAttr(scalar, type) });
  return b.value(broadcast, { source: v }, {}, { results: [type] });
}

/** The number that a constant makes. */
export function scalarConstant(v: Value): Scalar | undefined {
  const op = v.definingOp;
  if (!op || !arithConstant.matches(op)) return undefined;
  const { value } = arithConstant.attrsOf(op);
  return value.kind === "dense" || value.kind === "resource" ? undefined : (constantDatum(value) as Scalar);
}

export function vectorType(b: Builder, element: ElementType, count: number): VectorType {
  return b.context.types.vector([count], element);
}
