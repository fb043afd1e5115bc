/**
 * @file Pass `vectorize-generics`: structured operations on memrefs become loops over vectors. The vector dimension is
 * one along which every operand stays or goes to its neighbour in memory; where that is a reduction, lanes are
 * folded at the end. Loops that are left are parallel outside, sequential inside; tails run under a mask.
 * What does not fit (gathers, strided accesses, bodies with control flow) is left to `linalg-to-loops`.
 */

import type { AffineMap } from "../../ir/affine.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantIndex, constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { collapseShape } from "../../ir/dialects/memref/reshape.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import { forOp } from "../../ir/dialects/scf/for.js";
import { parallel, reduce } from "../../ir/dialects/scf/parallel.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import * as vector from "../../ir/dialects/vector/memory.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf, type MemRefType, type ScalarType } from "../../ir/types.js";
import type { CpuDescription } from "../../machine/cpu.js";
import { affinePosition } from "../affine-position.js";
import { axisSize } from "../shape-values.js";
import { mergeableRuns, mergeMap, motionAlong } from "./access.js";
import { foldLanes, laneMask } from "./lanes.js";
import { type Monoid, monoidOf } from "./monoid.js";
import { buildVectorBody, isStorable, isVectorizable, widen, widestBits } from "./vector-body.js";

export function vectorizeGenerics(cpu: CpuDescription): Pass {
  return {
    name: "vectorize-generics",
    summary: "Turns structured operations with contiguous accesses into loops over vectors.",
    run(module, context) {
      for (const func of functionsOf(module)) {
        for (const op of [...func.walk()])
          if (generic.matches(op) && op.results.length === 0) vectorize(op, cpu, context);
      }
    },
  };
}

interface Operand {
  readonly memref: Value;
  readonly map: AffineMap;
}

/** A structured operation ready to be built: merged dimensions, and the one that becomes vectors. */
interface Shape {
  readonly kinds: readonly ("parallel" | "reduction")[];
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly body: Block;
  readonly sizes: readonly Value[];
  readonly lanes: number;
  readonly dim: number;
  readonly monoid: Monoid | undefined;
}

function vectorize(op: Operation, cpu: CpuDescription, context: Context): void {
  const body = op.region(0).blocks[0]!;
  const { inputs, outputs } = generic.operandsOf(op);
  const isSimple =
    isVectorizable(body) &&
    [...inputs, ...outputs].every((x) => x.type.kind === "memref" && isStorable(x.type.element) && !x.type.layout);
  if (!isSimple || body.terminator.operands.some((v) => elementOf(v.type) === "i1")) return;
  const plan = choose(op, cpu);
  if (!plan) return;
  const builder = Builder.before(context, op);
  build(builder, merged(builder, op, plan));
  op.erase();
}

interface Choice {
  readonly runs: readonly (readonly number[])[];
  readonly dim: number;
  readonly lanes: number;
  readonly monoid: Monoid | undefined;
}

/** The dimension to vectorise: a parallel one that is long enough, else a reduction whose lanes can be folded. */
function choose(op: Operation, cpu: CpuDescription): Choice | undefined {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  const body = op.region(0).blocks[0]!;
  const usesIndex = [...body.ops()].some((x) => x.name === "linalg.index");
  const runs = usesIndex ? kinds.map((_, d) => [d]) : mergeableRuns(maps, kinds);
  const mergedMaps = maps.map((map) => mergeMap(map, runs).map);
  const lanes = Math.max(2, cpu.vectorBits / widestBits(body));
  const monoid = monoidOf(body);
  const fits = (r: number): boolean => {
    const kind = kinds[runs[r]![0]!];
    const outs = mergedMaps.slice(inputs.length).map((m) => motionAlong(m, r));
    const ins = mergedMaps.slice(0, inputs.length).map((m) => motionAlong(m, r));
    if (ins.includes("strided")) return false;
    if (kind === "parallel") return outs.every((m) => m === "contiguous");
    return monoid !== undefined && outs.every((m) => m === "fixed") && ins.includes("contiguous");
  };
  const candidates = runs.map((_, r) => r).filter(fits);
  const isLong = (r: number): boolean => (staticExtent(op, runs[r]!) ?? Number.POSITIVE_INFINITY) >= lanes / 2;
  const dim = candidates.filter(isLong).sort((x, y) => rank(kinds, runs, y) - rank(kinds, runs, x))[0];
  return dim === undefined ? undefined : { runs, dim, lanes, monoid };
}

/** Parallel before reduction: it needs no folding. */
function rank(kinds: readonly string[], runs: readonly (readonly number[])[], r: number): number {
  return kinds[runs[r]![0]!] === "parallel" ? 1 : 0;
}

/** The number of points along a run of dimensions, where types say it. */
function staticExtent(op: Operation, run: readonly number[]): number | undefined {
  let extent = 1;
  for (const d of run) {
    const size = extentOf(op, d);
    if (typeof size !== "number") return undefined;
    extent *= size;
  }
  return extent;
}

function extentOf(op: Operation, dim: number): MemRefType["shape"][number] | undefined {
  const { indexing_maps: maps } = generic.attrsOf(op);
  for (let k = 0; k < maps.length; k++) {
    const axis = maps[k]!.results.findIndex((e) => e.kind === "dim" && e.position === dim);
    if (axis >= 0) return (op.operand(k).type as MemRefType).shape[axis];
  }
  return undefined;
}

/** Operands seen with merged axes, and the size of every merged dimension. */
function merged(b: Builder, op: Operation, { runs, dim, lanes, monoid }: Choice): Shape {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  const operands = op.operands.map((x, k): Operand => {
    const { map, groups } = mergeMap(maps[k]!, runs);
    return { memref: collapsed(b, x, groups), map };
  });
  const sizes = runs.map((_, r) => sizeOf(b, operands, r));
  return {
    kinds: runs.map((run) => (kinds[run[0]!] === "parallel" ? "parallel" : "reduction")),
    inputs: operands.slice(0, inputs.length),
    outputs: operands.slice(inputs.length),
    body: op.region(0).blocks[0]!,
    sizes,
    lanes,
    dim,
    monoid,
  };
}

function collapsed(b: Builder, x: Value, groups: readonly (readonly number[])[]): Value {
  if (groups.every((g) => g.length === 1)) return x;
  const type = x.type as MemRefType;
  const shape = groups.map((g) => b.context.dims.product(g.map((axis) => type.shape[axis]!)));
  const result = b.context.types.memref(shape, type.element, { space: type.space });
  return b.value(collapseShape, { src: x }, { reassociation: groups }, { results: [result] });
}

function sizeOf(b: Builder, operands: readonly Operand[], dim: number): Value {
  for (const { memref: x, map } of operands) {
    const axis = map.results.findIndex((e) => e.kind === "dim" && e.position === dim);
    if (axis >= 0) return axisSize(b, x, axis);
  }
  throw new Error("a dimension has no extent");
}

/** Points per block when a single long dimension is all there is to run in parallel. */
const BLOCK = 4096;

function build(b: Builder, shape: Shape): void {
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

function parallelLoops(
  b: Builder,
  sizes: readonly Value[],
  fill: (b: Builder, counters: readonly Value[]) => void,
): void {
  if (sizes.length === 0) {
    fill(b, []);
    return;
  }
  const index = b.context.types.scalar("index");
  const region = b.region(
    sizes.map(() => index),
    (inner, counters) => {
      fill(inner, counters);
      inner.op(reduce, { operands: [] }, {}, { regions: [] });
    },
  );
  const [zero, one] = [constantIndex(b, 0), constantIndex(b, 1)];
  b.op(
    parallel,
    { lowerBound: sizes.map(() => zero), upperBound: sizes, step: sizes.map(() => one), initVals: [] },
    {},
    { regions: [region] },
  );
}

/** Vectors along a parallel dimension from `start` to `end`: whole ones, then one under a mask. */
function buildRange(b: Builder, shape: Shape, at: ReadonlyMap<number, Value>, start: Value, end: Value): void {
  const { lanes } = shape;
  const length = b.value(i.subi, { lhs: end, rhs: start }, {});
  const tail = b.value(i.remui, { lhs: length, rhs: constantIndex(b, lanes) }, {});
  const whole = b.value(i.subi, { lhs: end, rhs: tail }, {});
  counted(b, start, whole, lanes, (inner, position) =>
    vectorPoint(inner, shape, new Map([...at, [shape.dim, position]]), undefined),
  );
  // At most one turn: a loop rather than a branch, so that a tail of no elements costs one comparison.
  counted(b, whole, end, lanes, (inner, position) =>
    vectorPoint(inner, shape, new Map([...at, [shape.dim, position]]), laneMask(inner, tail, lanes)),
  );
}

function counted(
  b: Builder,
  lower: Value,
  upper: Value,
  step: number,
  fill: (b: Builder, position: Value) => void,
): void {
  const region = b.region([b.context.types.scalar("index")], (inner, [position]) => {
    fill(inner, position!);
    inner.op(yieldOp, { results: [] }, {});
  });
  b.op(
    forOp,
    { lowerBound: lower, upperBound: upper, step: constantIndex(b, step), initArgs: [] },
    {},
    { regions: [region] },
  );
}

/** A counted loop that carries values. */
function carrying(
  b: Builder,
  size: Value,
  inits: readonly Value[],
  fill: (b: Builder, position: Value, carried: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const region = b.region(
    [b.context.types.scalar("index"), ...inits.map((v) => v.type)],
    (inner, [position, ...carried]) => {
      inner.op(yieldOp, { results: fill(inner, position!, carried) }, {});
    },
  );
  return b.op(
    forOp,
    { lowerBound: constantIndex(b, 0), upperBound: size, step: constantIndex(b, 1), initArgs: inits },
    {},
    { regions: [region] },
  ).results;
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
  return carrying(b, shape.sizes[dim]!, carried, (inner, position, values) =>
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
  { memref: x, map }: Operand,
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
  { memref: x, map }: Operand,
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
  const before = b.value(memref.load, { memref: output.memref, indices }, {});
  b.op(memref.store, { value: b.create(monoid.op, [before, total], {}).result, memref: output.memref, indices }, {});
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
  return carrying(b, shape.sizes[dim]!, carried, (inner, position, values) =>
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
  const full = stepping(b, constantIndex(b, 0), whole, lanes, initial, (inner, position, acc) =>
    add(inner, position, acc, undefined),
  );
  return stepping(b, whole, size, lanes, full, (inner, position, acc) =>
    add(inner, position, acc, laneMask(inner, tail, lanes)),
  );
}

function stepping(
  b: Builder,
  lower: Value,
  upper: Value,
  step: number,
  initial: Value,
  fill: (b: Builder, position: Value, acc: Value) => Value,
): Value {
  const region = b.region([b.context.types.scalar("index"), initial.type], (inner, [position, acc]) => {
    inner.op(yieldOp, { results: [fill(inner, position!, acc!)] }, {});
  });
  return b.op(
    forOp,
    { lowerBound: lower, upperBound: upper, step: constantIndex(b, step), initArgs: [initial] },
    {},
    { regions: [region] },
  ).results[0]!;
}
