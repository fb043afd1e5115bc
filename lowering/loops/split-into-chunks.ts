/**
 * @file Pass `split-into-chunks`: a kernel that is one parallel loop is cut along its outermost dimension into
 * chunks, which the host launches as `scf.parallel` around the call. The number of chunks depends on sizes alone, so
 * results never depend on the number of threads. Small loops stay whole: waking a thread costs more.
 */

import { stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { constantIndex, constantScalarOf } from "../../ir/dialects/arith/constant.js";
import * as i from "../../ir/dialects/arith/integer.js";
import {
  callOp,
  funcOp,
  functionBody,
  functionsOf,
  lookupFunction,
  updateFunctionType,
} from "../../ir/dialects/func.js";
import { parallel, reduce } from "../../ir/dialects/scf/parallel.js";
import type { Dim } from "../../ir/dim.js";
import type { Operation, Value } from "../../ir/graph.js";
import { CHUNKS } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { isShaped } from "../../ir/types.js";
import { type Remark, remark } from "../remarks.js";
import { dimValue, SizesOfValues } from "../shape-values.js";

/** More chunks than this gain nothing on the machines at hand; few enough that their overhead stays small. */
const MAX_CHUNKS = 16;
/** Inner iterations below which a kernel stays whole, where they are known. */
const MIN_WORK = 16384;

export const splitIntoChunks: Pass = {
  name: "split-into-chunks",
  summary: "Cuts parallel kernels into chunks for the thread pool.",
  run(module, context) {
    const calls = new Map<Operation, Operation[]>();
    for (const func of functionsOf(module)) {
      for (const op of func.walk()) {
        const kernel = callOp.matches(op) ? lookupFunction(module, callOp.attrsOf(op).callee) : undefined;
        if (kernel && funcOp.attrsOf(kernel).sym_visibility === "private")
          calls.set(kernel, [...(calls.get(kernel) ?? []), op]);
      }
    }
    for (const [kernel, sites] of calls) split(kernel, sites, context);
  },
};

function split(kernel: Operation, sites: readonly Operation[], context: Context): void {
  const plan = planFor(kernel, sites, context);
  if ("why" in plan) {
    remark(kernel, { pass: splitIntoChunks.name, what: "the kernel runs on one thread", ...plan });
    return;
  }
  const { loop, chunks, trips } = plan;
  cut(kernel, loop, chunks, context);
  const numbers = { chunks: context.dims.print(chunks), trips: context.dims.print(trips), "most chunks": MAX_CHUNKS };
  const why = "its outermost loop is parallel, and long enough to be worth waking threads";
  remark(kernel, { pass: splitIntoChunks.name, what: "the kernel is cut into chunks for threads", why, numbers });
  for (const site of sites) launch(site, chunks, context);
}

interface Plan {
  readonly loop: Operation;
  readonly trips: Dim;
  readonly chunks: Dim;
}

/** How a kernel is cut, or why it is not. */
function planFor(
  kernel: Operation,
  sites: readonly Operation[],
  context: Context,
): Plan | Pick<Remark, "why" | "numbers"> {
  const loop = onlyLoop(kernel);
  if (!loop) return { why: "it is not one parallel loop" };
  const { upperBound } = parallel.operandsOf(loop);
  const trips = sizeExpression(upperBound[0]!, context);
  if (trips === undefined) return { why: "how often its loop runs is known to the kernel alone" };
  const work = knownWork(loop, trips, context);
  if (work < MIN_WORK) {
    const why = "waking a thread costs more than it would save";
    return { why, numbers: { iterations: work, "least iterations": MIN_WORK } };
  }
  const chunks = context.dims.min(trips, MAX_CHUNKS);
  if (chunks === 1 || chunks === 0)
    return { why: "its outermost loop has nothing to share", numbers: { trips: chunks } };
  // A size that the kernel alone computes cannot say how often it is launched.
  if (!sites.every((site) => new SizesOfValues(Builder.before(context, site), site.operands).has(chunks)))
    return { why: "how often its loop runs is known to the kernel alone" };
  return { loop, trips, chunks };
}

/** The kernel's only loop, where everything beside it is free of effects and the loop starts at 0 by steps of 1. */
function onlyLoop(kernel: Operation): Operation | undefined {
  const ops = [...functionBody(kernel).ops()].filter((op) => !op.def.traits.includes("terminator"));
  const others = ops.filter((op) => !op.def.traits.includes("pure"));
  const [loop, ...more] = others;
  if (!loop || more.length > 0 || !parallel.matches(loop) || loop.results.length > 0) return undefined;
  const { lowerBound, step } = parallel.operandsOf(loop);
  return constantScalarOf(lowerBound[0]!) === 0 && constantScalarOf(step[0]!) === 1 ? loop : undefined;
}

/** Inner iterations, infinitely many where a size of the loop itself is open. */
function knownWork(loop: Operation, trips: Dim, context: Context): number {
  const { upperBound } = parallel.operandsOf(loop);
  const rest = upperBound.slice(1).map((v) => sizeExpression(v, context));
  const known = [trips, ...rest]
    .map((d) => (typeof d === "number" ? d : Number.POSITIVE_INFINITY))
    .reduce((a, b) => a * b, 1);
  return known * innerWork(loop, context);
}

/** Iterations of the loops inside, by their greatest known counts. */
function innerWork(op: Operation, context: Context): number {
  let work = 1;
  for (const region of op.regions) {
    for (const block of region.blocks) {
      for (const inner of block.ops()) {
        if (inner.name !== "scf.for" && inner.name !== "scf.parallel") continue;
        const bounds = inner.name === "scf.for" ? [inner.operand(1)] : parallel.operandsOf(inner).upperBound;
        const count = bounds
          .map((v) => sizeExpression(v, context))
          .map((d) => (typeof d === "number" ? d : 64))
          .reduce((a, b) => a * b, 1);
        work = Math.max(work, Math.max(count, 1) * innerWork(inner, context));
      }
    }
  }
  return work;
}

/** The size that an `index` is, over the symbols of the types it was read from. */
function sizeExpression(value: Value, context: Context): Dim | undefined {
  const { dims } = context;
  const constant = constantScalarOf(value);
  if (constant !== undefined) return Number(constant);
  const op = value.definingOp;
  if (!op) return undefined;
  if (op.name === "memref.dim") {
    const axis = constantScalarOf(op.operand(1));
    const { type } = op.operand(0);
    return isShaped(type) && axis !== undefined ? type.shape[Number(axis)] : undefined;
  }
  const [a, b] = op.operands.map((x) => sizeExpression(x, context));
  if (a === undefined || b === undefined) return undefined;
  switch (op.name) {
    case "arith.addi":
      return dims.add(a, b);
    case "arith.subi":
      return dims.sub(a, b);
    case "arith.muli":
      return dims.mul(a, b);
    case "arith.minsi":
      return dims.min(a, b);
    case "arith.maxsi":
      return dims.max(a, b);
    case "arith.ceildivsi":
      return b === 0 ? undefined : dims.ceilDiv(a, b);
    case "arith.floordivsi":
    case "arith.divui":
      return b === 0 ? undefined : dims.floorDiv(a, b);
    default:
      return undefined;
  }
}

/** The loop runs from chunk * trips / chunks to (chunk + 1) * trips / chunks. */
function cut(kernel: Operation, loop: Operation, chunks: Dim, context: Context): void {
  const chunk = functionBody(kernel).addArg(context.types.scalar("index"));
  const b = Builder.before(context, loop);
  const { lowerBound, upperBound, step } = parallel.operandsOf(loop);
  const count = typeof chunks === "number" ? constantIndex(b, chunks) : minimum(b, upperBound[0]!);
  const bound = (k: Value): Value =>
    b.value(i.divui, { lhs: b.value(i.muli, { lhs: k, rhs: upperBound[0]! }, {}), rhs: count }, {});
  const start = bound(chunk);
  const end = bound(b.value(i.addi, { lhs: chunk, rhs: constantIndex(b, 1) }, {}));
  loop.setOperands([start, ...lowerBound.slice(1), end, ...upperBound.slice(1), ...step]);
  kernel.setExtra(CHUNKS, stringAttr(context.dims.print(chunks)));
  updateFunctionType(kernel, context);
}

function minimum(b: Builder, trips: Value): Value {
  return b.value(i.minsi, { lhs: trips, rhs: constantIndex(b, MAX_CHUNKS) }, {});
}

/** Puts the call into a parallel loop over the chunks. */
function launch(site: Operation, chunks: Dim, context: Context): void {
  const b = Builder.before(context, site);
  const count = dimValue(b, chunks, new SizesOfValues(b, site.operands));
  const region = b.region([context.types.scalar("index")], (inner, [chunk]) => {
    inner.op(callOp, { operands: [...site.operands, chunk!] }, callOp.attrsOf(site), {
      results: [],
      extra: site.extra,
    });
    inner.op(reduce, { operands: [] }, {}, { regions: [] });
  });
  b.op(
    parallel,
    { lowerBound: [constantIndex(b, 0)], upperBound: [count], step: [constantIndex(b, 1)], initVals: [] },
    {},
    { regions: [region] },
  );
  site.erase();
}
