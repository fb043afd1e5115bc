/** @file `affine` to branches and address arithmetic: maps are evaluated where they stand. */

import type { AffineMap, IntegerSet } from "../../../ir/affine.js";
import { type AffineExpr, constantValue } from "../../../ir/affine-expr.js";
import * as a from "../../../ir/dialects/llvm/arithmetic.js";
import type { Value } from "../../../ir/graph.js";
import { unreachable } from "../../../ir/unreachable.js";
import { bindAll, branchOn, crossing, entryOf, loop, sequential } from "./control-rows.js";
import type { FunctionLowering, Row } from "./lowering.js";
import { loadFrom, storeTo } from "./memref-rows.js";

/** The value of an affine expression; division and remainder round toward minus infinity, divisors are positive. */
export function affineValue(
  to: FunctionLowering,
  e: AffineExpr,
  dims: readonly Value[],
  symbols: readonly Value[],
): Value {
  const again = (x: AffineExpr): Value => affineValue(to, x, dims, symbols);
  switch (e.kind) {
    case "dim":
      return dims[e.position]!;
    case "symbol":
      return symbols[e.position]!;
    case "constant":
      return to.integer(e.value);
    case "add":
      return to.add(again(e.lhs), again(e.rhs));
    case "mul":
      return to.mul(again(e.lhs), again(e.rhs));
    case "floordiv":
      return floorDivide(to, again(e.lhs), e.rhs, again);
    case "ceildiv":
      return floorDivide(to, to.add(again(e.lhs), to.emit(a.sub, [again(e.rhs), to.integer(1)])), e.rhs, again);
    case "mod": {
      const x = again(e.lhs);
      const quotient = floorDivide(to, x, e.rhs, again);
      return to.emit(a.sub, [x, to.mul(quotient, again(e.rhs))]);
    }
    default:
      return unreachable(e);
  }
}

/** By a power of two it is an arithmetic shift. */
function floorDivide(to: FunctionLowering, x: Value, divisor: AffineExpr, again: (e: AffineExpr) => Value): Value {
  const d = constantValue(divisor);
  if (d !== undefined && d > 0 && Number.isInteger(Math.log2(d)))
    return d === 1 ? x : to.emit(a.ashr, [x, to.integer(Math.log2(d))]);
  const y = again(divisor);
  const quotient = to.emit(a.sdiv, [x, y]);
  const remainder = to.emit(a.srem, [x, y]);
  const isNegative = to.emit(a.icmp, [remainder, to.integer(0)], { predicate: "slt" });
  return to.emit(a.sub, [quotient, to.emit(a.zext, [isNegative], {}, to.i64)]);
}

export function mapValues(to: FunctionLowering, map: AffineMap, operands: readonly Value[]): readonly Value[] {
  const dims = operands.slice(0, map.numDims);
  const symbols = operands.slice(map.numDims);
  return map.results.map((e) => affineValue(to, e, dims, symbols));
}

/** Whether operands are in a set, as an `i1`. */
export function inSet(to: FunctionLowering, set: IntegerSet, operands: readonly Value[]): Value {
  const dims = operands.slice(0, set.numDims);
  const symbols = operands.slice(set.numDims);
  const conditions = set.constraints.map(({ expr, kind }) =>
    to.emit(a.icmp, [affineValue(to, expr, dims, symbols), to.integer(0)], { predicate: kind === "eq" ? "eq" : "sge" }),
  );
  const [first, ...rest] = conditions;
  if (!first) throw new Error("a set without constraints");
  return rest.reduce((x, y) => to.emit(a.and, [x, y]), first);
}

const values = (to: FunctionLowering, operands: readonly Value[]): readonly Value[] => operands.map((v) => to.value(v));

function extremum(to: FunctionLowering, predicate: "slt" | "sgt", all: readonly Value[]): Value {
  return all.reduce((x, y) => to.emit(a.select, [to.emit(a.icmp, [x, y], { predicate }), x, y]));
}

const apply: Row = (op, to) =>
  to.bind(op.result, mapValues(to, op.attrs["map"] as AffineMap, values(to, op.operands))[0]!);

const minOrMax =
  (predicate: "slt" | "sgt"): Row =>
  (op, to) =>
    to.bind(op.result, extremum(to, predicate, mapValues(to, op.attrs["map"] as AffineMap, values(to, op.operands))));

/** A bound is the largest of the lower map's results, the smallest of the upper map's. */
const forRow: Row = (op, to) => {
  const { lowerBoundMap, upperBoundMap, step } = op.attrs as {
    lowerBoundMap: AffineMap;
    upperBoundMap: AffineMap;
    step: number;
  };
  const [lowers, uppers] = (op.segments ?? []) as readonly [number, number];
  const operands = op.operands;
  const lower = extremum(to, "sgt", mapValues(to, lowerBoundMap, values(to, operands.slice(0, lowers))));
  const upper = extremum(to, "slt", mapValues(to, upperBoundMap, values(to, operands.slice(lowers, lowers + uppers))));
  const inits = operands.slice(lowers + uppers).map((v) => crossing(to, v));
  loop(to, { lower, upper, step: to.integer(step), inits }, op, (args) => {
    const body = entryOf(op.region(0));
    bindAll(to, body.args, args);
    return to.block(body).operands.map((v) => crossing(to, v));
  });
};

/** Runs one after the other what is still parallel here. */
const parallelRow: Row = (op, to) => {
  const attrs = op.attrs as {
    lowerBoundsMap: AffineMap;
    upperBoundsMap: AffineMap;
    steps: readonly number[];
    lowerBoundsGroups: readonly number[];
    upperBoundsGroups: readonly number[];
  };
  if (op.results.length > 0) throw new Error("a parallel reduction must be sequential before it is lowered");
  const count = attrs.lowerBoundsMap.numDims + attrs.lowerBoundsMap.numSymbols;
  const lowers = grouped(
    mapValues(to, attrs.lowerBoundsMap, values(to, op.operands.slice(0, count))),
    attrs.lowerBoundsGroups,
  ).map((g) => extremum(to, "sgt", g));
  const uppers = grouped(
    mapValues(to, attrs.upperBoundsMap, values(to, op.operands.slice(count))),
    attrs.upperBoundsGroups,
  ).map((g) => extremum(to, "slt", g));
  const body = entryOf(op.region(0));
  const nest = (k: number, counters: readonly Value[]): void => {
    if (k < lowers.length) {
      sequential(to, lowers[k]!, uppers[k]!, to.integer(attrs.steps[k]!), (counter) =>
        nest(k + 1, [...counters, counter]),
      );
      return;
    }
    bindAll(to, body.args, counters);
    to.block(body);
  };
  nest(0, []);
};

function grouped(all: readonly Value[], sizes: readonly number[]): readonly (readonly Value[])[] {
  let next = 0;
  return sizes.map((size) => {
    next += size;
    return all.slice(next - size, next);
  });
}

const load: Row = (op, to) => {
  const [memref, ...operands] = op.operands as readonly [Value, ...Value[]];
  loadFrom(op, to, memref, mapValues(to, op.attrs["map"] as AffineMap, values(to, operands)));
};

const store: Row = (op, to) => {
  const [value, memref, ...operands] = op.operands as readonly [Value, Value, ...Value[]];
  storeTo(to, value, memref, mapValues(to, op.attrs["map"] as AffineMap, values(to, operands)));
};

const ifRow: Row = (op, to) => {
  const condition = inSet(to, op.attrs["condition"] as IntegerSet, values(to, op.operands));
  branchOn(op, to, condition);
};

export const affineRows: Readonly<Record<string, Row>> = {
  "affine.apply": apply,
  "affine.min": minOrMax("slt"),
  "affine.max": minOrMax("sgt"),
  "affine.for": forRow,
  "affine.parallel": parallelRow,
  "affine.load": load,
  "affine.store": store,
  "affine.if": ifRow,
};
