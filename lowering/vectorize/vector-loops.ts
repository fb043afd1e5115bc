/**
 * @file Loops over vectors for a structured operation whose vector dimension has been chosen: parallel loops outside,
 * reductions inside with their results in registers, tails under a mask. Where the vector dimension is a reduction, lanes
 * gather partial results that are folded at the end.
 */

import type { Builder } from "../../ir/builder.js";
import { constantIndex, constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import * as vector from "../../ir/dialects/vector/memory.js";
import type { Block, Value } from "../../ir/graph.js";
import { elementOf, type MemRefType, type ScalarType } from "../../ir/types.js";
import { affinePosition } from "../affine-position.js";
import { type Access, motionAlong } from "../structured/access.js";
import { carryingLoop, countedLoop, parallelLoops, type Range, upTo } from "../structured/build-loops.js";
import { foldLanes, laneMask } from "./lanes.js";
import type { Monoid } from "./monoid.js";
import { buildVectorBody, widen } from "./vector-body.js";

/** A structured operation ready to be built: merged dimensions, and the one that becomes vectors. */
export interface Shape {
  readonly kinds: readonly ("parallel" | "reduction")[];
  readonly inputs: readonly Access[];
  readonly outputs: readonly Access[];
  readonly body: Block;
  readonly sizes: readonly Value[];
  readonly lanes: number;
  readonly dim: number;
  readonly monoid: Monoid | undefined;
}

/** Points per block when a single long dimension is all there is to run in parallel. */
const BLOCK = 4096;

/** The whole operation. */
export function buildVectorLoops(b: Builder, shape: Shape): void {
  const outer = shape.kinds.map((_, d) => d).filter((d) => d !== shape.dim && shape.kinds[d] === "parallel");
  const isReduction = shape.kinds[shape.dim] === "reduction";
  if (outer.length === 0 && !isReduction) {
    buildBlocks(b, shape);
    return;
  }
  parallelLoops(
    b,
    outer.map((d) => shape.sizes[d]!),
    (inner, counters) => {
      const at = new Map(outer.map((d, k) => [d, counters[k]!]));
      if (isReduction) buildReduction(inner, shape, at);
      else buildRange(inner, shape, at, constantIndex(inner, 0), shape.sizes[shape.dim]!);
    },
  );
}

/** One long dimension, cut into blocks that run in parallel. */
function buildBlocks(b: Builder, shape: Shape): void {
  const size = shape.sizes[shape.dim]!;
  const block = constantIndex(b, BLOCK);
  const count = b.value(i.ceildivsi, { lhs: size, rhs: block }, {});
  parallelLoops(b, [count], (inner, [k]) => {
    const start = inner.value(i.muli, { lhs: k!, rhs: constantIndex(inner, BLOCK) }, {});
    const end = inner.value(i.addi, { lhs: start, rhs: constantIndex(inner, BLOCK) }, {});
    buildRange(inner, shape, new Map(), start, inner.value(i.minsi, { lhs: end, rhs: size }, {}));
  });
}

/** Vectors along a parallel dimension from `start` to `end`: whole ones, then one under a mask. */
export function buildRange(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>, start: Value, end: Value): void {
  const { lanes } = shape;
  const length = b.value(i.subi, { lhs: end, rhs: start }, {});
  const tail = b.value(i.remui, { lhs: length, rhs: constantIndex(b, lanes) }, {});
  const whole = b.value(i.subi, { lhs: end, rhs: tail }, {});
  countedLoop(b, { from: start, to: whole, step: lanes }, (inner, position) =>
    vectorPoint(inner, shape, new Map([...at, [shape.dim, position]]), undefined),
  );
  // At most one turn: a loop rather than a branch, so that a tail of no elements costs one comparison.
  countedLoop(b, { from: whole, to: end, step: lanes }, (inner, position) =>
    vectorPoint(inner, shape, new Map([...at, [shape.dim, position]]), laneMask(inner, tail, lanes)),
  );
}

/** One vector of results: reductions inside, accumulating in registers. */
function vectorPoint(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>, mask: Value | undefined): void {
  const reductions = shape.kinds.map((_, d) => d).filter((d) => shape.kinds[d] === "reduction");
  const initial = shape.outputs.map((o, k) =>
    shape.body.args[shape.inputs.length + k]!.isUsed ? readOperand(b, shape, o, at, mask) : undefined,
  );
  const kept = initial.filter((v) => v !== undefined).map((v) => widen(b, v, shape.lanes));
  const results = nest(b, shape, reductions, at, kept, mask);
  shape.outputs.forEach((o, k) => {
    writeVector(b, shape, o, at, results[k]!, mask);
  });
}

/** Runs the reduction dimensions in order around the body; gives the last results. */
function nest(
  b: Builder,
  shape: Shape,
  reductions: readonly number[],
  at: ReadonlyMap<number, Value>,
  carried: readonly Value[],
  mask: Value | undefined,
): readonly Value[] {
  const [dim, ...rest] = reductions;
  if (dim === undefined) return bodyAt(b, shape, at, carried, mask).map((v) => widen(b, v, shape.lanes));
  return carryingLoop(b, upTo(b, shape.sizes[dim]!), carried, (inner, position, values) =>
    nest(inner, shape, rest, new Map([...at, [dim, position]]), values, mask),
  );
}

/** The body's results at a point, given the accumulators that it reads. */
function bodyAt(
  b: Builder,
  shape: Shape,
  at: ReadonlyMap<number, Value>,
  accumulators: readonly Value[],
  mask: Value | undefined,
): readonly Value[] {
  let next = 0;
  const args = shape.body.args.map((arg, k) => {
    if (k >= shape.inputs.length) return arg.isUsed ? accumulators[next++]! : unusedArgument(b, arg);
    return arg.isUsed ? readOperand(b, shape, shape.inputs[k]!, at, mask) : unusedArgument(b, arg);
  });
  return buildVectorBody(b, shape.body, args, { count: shape.lanes, dim: shape.dim, position: (d) => at.get(d)! });
}

/** An argument that nothing reads is never looked up, so any value of its type stands for it. */
function unusedArgument(b: Builder, arg: Value): Value {
  return constantOf(b, 0, arg.type as ScalarType);
}

/** A vector where the operand moves along the lanes, else the one element. */
function readOperand(
  b: Builder,
  shape: Shape,
  { value: x, map }: Access,
  at: ReadonlyMap<number, Value>,
  mask: Value | undefined,
): Value {
  const indices = map.results.map((e) => affinePosition(b, e, (d) => at.get(d)!));
  const { element } = x.type as MemRefType;
  if (motionAlong(map, shape.dim) === "fixed") return b.value(memref.load, { memref: x, indices }, {});
  const type = b.context.types.vector([shape.lanes], element);
  if (!mask) return b.value(vector.load, { base: x, indices }, {}, { results: [type] });
  const other = widen(b, constantOf(b, 0, b.context.types.scalar(element)), shape.lanes);
  return b.value(vector.maskedLoad, { base: x, indices, mask, pass_thru: other }, {}, { results: [type] });
}

function writeVector(
  b: Builder,
  shape: Shape,
  { value: x, map }: Access,
  at: ReadonlyMap<number, Value>,
  value: Value,
  mask: Value | undefined,
): void {
  const indices = map.results.map((e) => affinePosition(b, e, (d) => at.get(d)!));
  const made = widen(b, value, shape.lanes);
  if (mask) b.op(vector.maskedStore, { base: x, indices, mask, valueToStore: made }, {});
  else b.op(vector.store, { valueToStore: made, base: x, indices }, {});
}

/** Lanes gather partial results along a reduction, which are folded and joined with the output's initial value. */
function buildReduction(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>): void {
  const monoid = shape.monoid!;
  const output = shape.outputs[0]!;
  const others = shape.kinds.map((_, d) => d).filter((d) => shape.kinds[d] === "reduction" && d !== shape.dim);
  const element = elementOf(shape.body.args.at(-1)!.type);
  const identity = widen(b, constantOf(b, monoid.identity as number, b.context.types.scalar(element)), shape.lanes);
  const [sums] = around(b, shape, others, at, [identity], (inner, point, [acc]) => [
    reduceRow(inner, shape, point, acc!),
  ]);
  const total = foldLanes(b, monoid.op, sums!, shape.lanes);
  const indices = output.map.results.map((e) => affinePosition(b, e, (d) => at.get(d)!));
  const before = b.value(memref.load, { memref: output.value, indices }, {});
  b.op(memref.store, { value: b.create(monoid.op, [before, total], {}).result, memref: output.value, indices }, {});
}

type Fill = (b: Builder, at: ReadonlyMap<number, Value>, carried: readonly Value[]) => readonly Value[];

function around(
  b: Builder,
  shape: Shape,
  dims: readonly number[],
  at: ReadonlyMap<number, Value>,
  carried: readonly Value[],
  fill: Fill,
): readonly Value[] {
  const [dim, ...rest] = dims;
  if (dim === undefined) return fill(b, at, carried);
  return carryingLoop(b, upTo(b, shape.sizes[dim]!), carried, (inner, position, values) =>
    around(inner, shape, rest, new Map([...at, [dim, position]]), values, fill),
  );
}

/** One row along the vector dimension: whole vectors, then the tail, whose idle lanes keep what they had. */
function reduceRow(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>, initial: Value): Value {
  const size = shape.sizes[shape.dim]!;
  const { lanes } = shape;
  const tail = b.value(i.remui, { lhs: size, rhs: constantIndex(b, lanes) }, {});
  const whole = b.value(i.subi, { lhs: size, rhs: tail }, {});
  const add = (inner: Builder, position: Value, acc: Value, mask: Value | undefined): Value => {
    const point = new Map([...at, [shape.dim, position]]);
    const joined = bodyAt(inner, shape, point, [acc], mask)[0]!;
    return mask
      ? inner.value(select, { condition: mask, true_value: widen(inner, joined, lanes), false_value: acc }, {})
      : widen(inner, joined, lanes);
  };
  const full = carryingLoop(b, upTo(b, whole, lanes), [initial], (inner, position, [acc]) => [
    add(inner, position, acc!, undefined),
  ]);
  const last: Range = { from: whole, to: size, step: lanes };
  const [sum] = carryingLoop(b, last, full, (inner, position, [acc]) => [
    add(inner, position, acc!, laneMask(inner, tail, lanes)),
  ]);
  return sum!;
}
