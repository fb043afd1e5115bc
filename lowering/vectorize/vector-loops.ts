/**
 * @file Loops over vectors for a structured operation whose vector dimension has been chosen: parallel loops outside,
 * reductions inside with their results in registers, tails under a mask. Where the vector dimension is a reduction, lanes
 * gather partial results that are folded at the end.
 */

import type { Builder } from "../../ir/builder.js";
import { constantIndex, constantOf, constantScalarOf, select } from "../../ir/dialects/arith/constant.js";
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

/** Vectors that a row of sums must have for it not to fit registers. */
const LONG_ROW = 8;
/** Rows that are added up together: results are read and written once for so many. */
const ROWS_AT_ONCE = 8;
/** Points per block of a row of sums, at least, and how many blocks there are where they can be larger. */
const MIN_ROW_BLOCK = 384;
const ROW_BLOCKS = 8;

/** The whole operation. */
export function buildVectorLoops(b: Builder, shape: Shape): void {
  const outer = shape.kinds.map((_, d) => d).filter((d) => d !== shape.dim && shape.kinds[d] === "parallel");
  const isReduction = shape.kinds[shape.dim] === "reduction";
  if (outer.every((d) => constantScalarOf(shape.sizes[d]!) === 1) && sumsLongRows(shape)) {
    buildRowSums(b, shape, new Map(outer.map((d) => [d, constantIndex(b, 0)])));
    return;
  }
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

/** What is done at a vector of points. */
export type AtVector = (b: Builder, shape: Shape, at: ReadonlyMap<number, Value>, mask: Value | undefined) => void;

/** Vectors along a parallel dimension from `start` to `end`: whole ones, then one under a mask. */
export function buildRange(
  b: Builder,
  shape: Shape,
  at: ReadonlyMap<number, Value>,
  start: Value,
  end: Value,
  point: AtVector = vectorPoint,
): void {
  const { lanes } = shape;
  const length = b.value(i.subi, { lhs: end, rhs: start }, {});
  const tail = b.value(i.remui, { lhs: length, rhs: constantIndex(b, lanes) }, {});
  const whole = b.value(i.subi, { lhs: end, rhs: tail }, {});
  countedLoop(b, { from: start, to: whole, step: lanes }, (inner, position) =>
    point(inner, shape, new Map([...at, [shape.dim, position]]), undefined),
  );
  // At most one turn: a loop rather than a branch, so that a tail of no elements costs one comparison.
  countedLoop(b, { from: whole, to: end, step: lanes }, (inner, position) =>
    point(inner, shape, new Map([...at, [shape.dim, position]]), laneMask(inner, tail, lanes)),
  );
}

/**
 * True for one long row of results to which rows of an operand are added up, as a vector times a matrix does. Memory gives
 * rows at full speed, and columns, a cache line of each row in turn, at a third of it.
 */
function sumsLongRows({ kinds, dim, sizes, inputs, outputs, body, lanes }: Shape): boolean {
  if (kinds[dim] !== "parallel" || !kinds.includes("reduction") || outputs.length !== 1) return false;
  const length = constantScalarOf(sizes[dim]!);
  const isLong = length === undefined || Number(length) >= LONG_ROW * lanes;
  return isLong && body.args.at(-1)!.isUsed && inputs.some(({ map }) => motionAlong(map, dim) === "contiguous");
}

/** The results are cut into blocks that run in parallel and stay in the cache nearest to the core while rows go by. */
function buildRowSums(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>): void {
  const size = shape.sizes[shape.dim]!;
  const points = rowBlock(constantScalarOf(size), shape.lanes);
  const block = constantIndex(b, points);
  const count = b.value(i.ceildivsi, { lhs: size, rhs: block }, {});
  const reductions = shape.kinds.map((_, d) => d).filter((d) => shape.kinds[d] === "reduction");
  parallelLoops(b, [count], (inner, [k]) => {
    const start = inner.value(i.muli, { lhs: k!, rhs: constantIndex(inner, points) }, {});
    const end = inner.value(i.addi, { lhs: start, rhs: constantIndex(inner, points) }, {});
    const last = inner.value(i.minsi, { lhs: end, rhs: size }, {});
    sumRows(inner, shape, reductions, at, (deep, rows) =>
      buildRange(deep, shape, new Map(), start, last, (point, _, column, mask) =>
        addRows(point, shape, rows, column, mask),
      ),
    );
  });
}

/** Points per block: enough of a row for memory to run at full speed, and few enough blocks for a pool of threads. */
function rowBlock(length: unknown, lanes: number): number {
  if (length === undefined) return 4 * MIN_ROW_BLOCK;
  const blocks = Math.min(Math.max(1, Math.floor(Number(length) / MIN_ROW_BLOCK)), ROW_BLOCKS);
  return Math.min(Math.ceil(Number(length) / blocks / lanes) * lanes, BLOCK);
}

/** Visits the rows in order, `ROWS_AT_ONCE` together where there are so many. */
function sumRows(
  b: Builder,
  shape: Shape,
  [dim, ...rest]: readonly number[],
  at: ReadonlyMap<number, Value>,
  fill: (b: Builder, rows: readonly ReadonlyMap<number, Value>[]) => void,
): void {
  const size = shape.sizes[dim!]!;
  if (rest.length > 0) {
    countedLoop(b, upTo(b, size), (inner, row) => sumRows(inner, shape, rest, new Map([...at, [dim!, row]]), fill));
    return;
  }
  const known = constantScalarOf(size);
  const whole =
    known === undefined
      ? b.value(
          i.subi,
          { lhs: size, rhs: b.value(i.remui, { lhs: size, rhs: constantIndex(b, ROWS_AT_ONCE) }, {}) },
          {},
        )
      : constantIndex(b, Number(known) - (Number(known) % ROWS_AT_ONCE));
  const rowAt = (row: Value): ReadonlyMap<number, Value> => new Map([...at, [dim!, row]]);
  countedLoop(b, upTo(b, whole, ROWS_AT_ONCE), (inner, first) => {
    const rows = Array.from({ length: ROWS_AT_ONCE }, (_, k) =>
      k === 0 ? first : inner.value(i.addi, { lhs: first, rhs: constantIndex(inner, k) }, {}),
    );
    fill(inner, rows.map(rowAt));
  });
  countedLoop(b, { from: whole, to: size, step: 1 }, (inner, row) => fill(inner, [rowAt(row)]));
}

/** Adds to one vector of results what the rows have there, one after the other. */
function addRows(
  b: Builder,
  shape: Shape,
  rows: readonly ReadonlyMap<number, Value>[],
  column: ReadonlyMap<number, Value>,
  mask: Value | undefined,
): void {
  const output = shape.outputs[0]!;
  const places = rows.map((row) => new Map([...row, ...column]));
  const before = widen(b, readOperand(b, shape, output, places[0]!, mask), shape.lanes);
  const after = places.reduce<Value>(
    (sum, place) => widen(b, bodyAt(b, shape, place, [sum], mask)[0]!, shape.lanes),
    before,
  );
  writeVector(b, shape, output, places[0]!, after, mask);
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
export function bodyAt(
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
export function readOperand(
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

export function writeVector(
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
