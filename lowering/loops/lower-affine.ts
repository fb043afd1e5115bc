/**
 * @file Pass `lower-affine`: affine loops, conditions and accesses become plain ones, their maps index arithmetic. A plain
 * lowering: whatever makes loops faster comes before.
 */

import type { AffineMap, IntegerSet } from "../../ir/affine.js";
import type { AffineExpr } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import * as access from "../../ir/dialects/affine/access.js";
import { forOp as affineFor, ifOp as affineIf, yieldOp as affineYield } from "../../ir/dialects/affine/for.js";
import { constantOf } from "../../ir/dialects/arith/constant.js";
import * as arith from "../../ir/dialects/arith/integer.js";
import { functionsOf } from "../../ir/dialects/func.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { ifOp } from "../../ir/dialects/scf/branch.js";
import { forOp } from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import { LOOPS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { IndexArithmetic, type Position } from "../structured/index-arithmetic.js";

export const lowerAffine: Pass = {
  name: "lower-affine",
  summary: "Turns affine loops, conditions and accesses into plain ones.",
  run(module, context) {
    for (const func of functionsOf(module)) {
      // Inner operations first: a region moves as it is into the operation that takes the place of its own.
      for (const op of [...func.walk()].reverse()) rows[op.name]?.(op, Builder.before(context, op), context);
      if (func.extra[LOOPS]) func.setExtra(LOOPS, undefined);
    }
  },
};

type Row = (op: Operation, b: Builder, context: Context) => void;

/** The results of a map at its operands. */
function positions(b: Builder, map: AffineMap, operands: readonly Value[]): readonly Value[] {
  const index = new IndexArithmetic(b);
  return map.results.map((e) => index.value(position(index, e, map.numDims, operands)));
}

function position(index: IndexArithmetic, e: AffineExpr, numDims: number, operands: readonly Value[]): Position {
  if (e.kind === "constant") return e.value;
  if (e.kind === "dim") return operands[e.position]!;
  if (e.kind === "symbol") return operands[numDims + e.position]!;
  const lhs = position(index, e.lhs, numDims, operands);
  const rhs = position(index, e.rhs, numDims, operands);
  if (e.kind === "add") return index.add(lhs, rhs);
  const [a, c] = [index.value(lhs), index.value(rhs)];
  if (e.kind === "mul") return index.b.value(arith.muli, { lhs: a, rhs: c }, {});
  if (e.kind === "ceildiv") return index.b.value(arith.ceildivsi, { lhs: a, rhs: c }, {});
  const quotient = index.b.value(arith.floordivsi, { lhs: a, rhs: c }, {});
  if (e.kind === "floordiv") return quotient;
  const whole = index.b.value(arith.muli, { lhs: quotient, rhs: c }, {});
  return index.b.value(arith.subi, { lhs: a, rhs: whole }, {});
}

function extreme(b: Builder, def: typeof arith.maxsi, values: readonly Value[]): Value {
  return values.reduce((lhs, rhs) => b.value(def, { lhs, rhs }, {}));
}

function replace(op: Operation, results: readonly Value[]): void {
  op.results.forEach((r, i) => {
    r.replaceAllUsesWith(results[i]!);
  });
  op.erase();
}

/** Takes the region out of `op`, its terminator made that of `scf`. */
function taken(op: Operation, which: number, context: Context): Region {
  const region = newRegion(...op.region(which).blocks.splice(0));
  for (const block of region.blocks) {
    const last = block.last!;
    if (!affineYield.matches(last)) continue;
    Builder.before(context, last).op(yieldOp, { results: last.operands }, {});
    last.erase();
  }
  return region;
}

const lowerFor: Row = (op, b, context) => {
  const { lowerBoundMap, upperBoundMap, step } = affineFor.attrsOf(op);
  const { lowerBoundOperands, upperBoundOperands, inits } = affineFor.operandsOf(op);
  const lowerBound = extreme(b, arith.maxsi, positions(b, lowerBoundMap, lowerBoundOperands));
  const upperBound = extreme(b, arith.minsi, positions(b, upperBoundMap, upperBoundOperands));
  const by = constantOf(b, step, context.types.scalar("index"));
  const regions = [taken(op, 0, context)];
  const made = b.op(forOp, { lowerBound, upperBound, step: by, initArgs: inits }, {}, { regions, extra: op.extra });
  replace(op, made.results);
};

function holds(b: Builder, set: IntegerSet, operands: readonly Value[]): Value {
  const index = new IndexArithmetic(b);
  const zero = index.value(0);
  return set.constraints
    .map(({ expr, kind }) => {
      const lhs = index.value(position(index, expr, set.numDims, operands));
      return b.value(arith.cmpi, { lhs, rhs: zero }, { predicate: kind === "eq" ? "eq" : "sge" });
    })
    .reduce((lhs, rhs) => b.value(arith.andi, { lhs, rhs }, {}));
}

const lowerIf: Row = (op, b, context) => {
  const condition = holds(b, affineIf.attrsOf(op).condition, op.operands);
  const regions = [taken(op, 0, context), taken(op, 1, context)];
  const results = op.results.map((r) => r.type);
  replace(op, b.op(ifOp, { condition }, {}, { regions, results, extra: op.extra }).results);
};

const lowerLoad: Row = (op, b) => {
  const { map } = access.load.attrsOf(op);
  const indices = positions(b, map, op.operands.slice(1));
  replace(op, [b.value(memref.load, { memref: op.operand(0), indices }, {})]);
};

const lowerStore: Row = (op, b) => {
  const { map } = access.store.attrsOf(op);
  const indices = positions(b, map, op.operands.slice(2));
  b.op(memref.store, { value: op.operand(0), memref: op.operand(1), indices }, {});
  op.erase();
};

const rows: Readonly<Record<string, Row>> = {
  "affine.for": lowerFor,
  "affine.if": lowerIf,
  "affine.load": lowerLoad,
  "affine.store": lowerStore,
  "affine.apply": (op, b) => replace(op, positions(b, access.apply.attrsOf(op).map, op.operands)),
  "affine.max": (op, b) =>
    replace(op, [extreme(b, arith.maxsi, positions(b, access.max.attrsOf(op).map, op.operands))]),
  "affine.min": (op, b) =>
    replace(op, [extreme(b, arith.minsi, positions(b, access.min.attrsOf(op).map, op.operands))]),
};
