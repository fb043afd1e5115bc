/**
 * @file Pass `linalg-to-loops`: the plain form of every structured operation on memrefs that no earlier pass claimed.
 * Parallel dimensions become the outer `scf.parallel`, the innermost of them chosen for unit stride; reductions run
 * inside and carry their results in registers where the output stays in place.
 */

import type { AffineMap } from "../../ir/affine.js";
import { Builder } from "../../ir/builder.js";
import { inlineBlock } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { fill, generic, index as indexOp } from "../../ir/dialects/linalg/structured.js";
import * as memref from "../../ir/dialects/memref/storage.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { affinePosition } from "../affine-position.js";
import { axisSize } from "../shape-values.js";
import { accessesOf, extentValue, motionAlong } from "../structured/access.js";
import { carryingLoop, parallelLoops, upTo } from "../structured/build-loops.js";

export const linalgToLoops: Pass = {
  name: "linalg-to-loops",
  summary: "Turns what is left of structured operations into plain loops.",
  run(module, context) {
    for (const func of functionsOf(module)) {
      for (const op of [...func.walk()]) {
        if (generic.matches(op)) lowerGeneric(op, context);
        else if (fill.matches(op)) lowerFill(op, context);
      }
    }
  },
};

interface Nest {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly maps: readonly AffineMap[];
  readonly body: Block;
  readonly sizes: readonly Value[];
}

function lowerGeneric(op: Operation, context: Context): void {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  const b = Builder.before(context, op);
  const sizes = kinds.map((_, d) => extentValue(b, accessesOf(op), d));
  const nest: Nest = { inputs, outputs, maps, body: op.region(0).blocks[0]!, sizes };
  const order = loopOrder(kinds, maps, inputs.length);
  parallelLoops(
    b,
    order.parallel.map((d) => sizes[d]!),
    (inner, counters) =>
      reductionLoops(inner, nest, order.reduction, new Map(order.parallel.map((d, k) => [d, counters[k]!]))),
  );
  op.erase();
}

/** Dimensions in loop order, those along which most operands are contiguous innermost. */
function loopOrder(
  kinds: readonly string[],
  maps: readonly AffineMap[],
  inputs: number,
): { readonly parallel: readonly number[]; readonly reduction: readonly number[] } {
  const cost = (d: number): number =>
    maps.reduce((sum, map, k) => {
      const motion = motionAlong(map, d);
      const weight = k >= inputs ? 2 : 1; // A strided store costs a read and a write of its line.
      return sum + (motion === "contiguous" ? -weight : motion === "strided" ? weight : 0);
    }, 0);
  const sorted = (kind: boolean): number[] =>
    kinds
      .map((_, d) => d)
      .filter((d) => (kinds[d] === "parallel") === kind)
      .sort((x, y) => cost(y) - cost(x) || x - y);
  return { parallel: sorted(true), reduction: sorted(false) };
}

type Point = ReadonlyMap<number, Value>;

/** Accumulators are read before and written after the reduction loops, for outputs never depend on those. */
function reductionLoops(b: Builder, nest: Nest, dims: readonly number[], at: Point): void {
  const first = nest.inputs.length;
  const initial = nest.outputs.map((out, k) =>
    dims.length > 0 || nest.body.args[first + k]!.isUsed ? readElement(b, out, nest.maps[first + k]!, at) : undefined,
  );
  const results = reductionNest(b, nest, dims, at, initial);
  nest.outputs.forEach((out, k) => {
    const indices = nest.maps[first + k]!.results.map((e) => affinePosition(b, e, (d) => at.get(d)!));
    b.op(memref.store, { value: results[k]!, memref: out, indices }, {});
  });
}

function reductionNest(
  b: Builder,
  nest: Nest,
  dims: readonly number[],
  at: Point,
  carried: readonly (Value | undefined)[],
): readonly Value[] {
  const [dim, ...rest] = dims;
  if (dim === undefined) return bodyAt(b, nest, at, carried);
  const inits = carried.map((v) => v!);
  return carryingLoop(b, upTo(b, nest.sizes[dim]!), inits, (inner, position, values) =>
    reductionNest(inner, nest, rest, new Map([...at, [dim, position]]), values),
  );
}

function bodyAt(b: Builder, nest: Nest, at: Point, carried: readonly (Value | undefined)[]): readonly Value[] {
  const args = nest.body.args.map((arg, k) => {
    if (k >= nest.inputs.length) return carried[k - nest.inputs.length] ?? arg;
    return arg.isUsed ? readElement(b, nest.inputs[k]!, nest.maps[k]!, at) : arg;
  });
  const before = b.anchor ? b.anchor.prev : b.block.last;
  const results = inlineBlock(nest.body, args, b.block, b.anchor);
  const inlined: Operation[] = [];
  for (let op = before ? before.next : b.block.first; op && op !== b.anchor; op = op.next) inlined.push(...op.walk());
  for (const op of inlined) {
    if (!indexOp.matches(op)) continue;
    op.result.replaceAllUsesWith(at.get(indexOp.attrsOf(op).dim)!);
    op.erase();
  }
  return results.map((v) => replacedIndex(v, at));
}

/** A yielded index is the loop's counter. */
function replacedIndex(v: Value, at: Point): Value {
  const op = v.definingOp;
  return op && indexOp.matches(op) ? at.get(indexOp.attrsOf(op).dim)! : v;
}

function readElement(b: Builder, x: Value, map: AffineMap, at: Point): Value {
  const indices = map.results.map((e) => affinePosition(b, e, (d) => at.get(d)!));
  return b.value(memref.load, { memref: x, indices }, {});
}

function lowerFill(op: Operation, context: Context): void {
  const [value, out] = op.operands as readonly [Value, Value];
  if (out.type.kind !== "memref") throw new Error("linalg.fill on tensors has not been bufferized");
  const b = Builder.before(context, op);
  const sizes = out.type.shape.map((_, d) => axisSize(b, out, d));
  parallelLoops(b, sizes, (inner, indices) => void inner.op(memref.store, { value, memref: out, indices }, {}));
  op.erase();
}
