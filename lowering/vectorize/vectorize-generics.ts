/**
 * @file Pass `vectorize-generics`: structured operations on memrefs become loops over vectors. The vector dimension is
 * one along which every operand stays or goes to its neighbour in memory; where that is a reduction, lanes are
 * folded at the end. Loops that are left are parallel outside, sequential inside; tails run under a mask.
 * What does not fit (gathers, strided accesses, bodies with control flow) is left to `linalg-to-loops`.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Operation } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf, type MemRefType } from "../../ir/types.js";
import type { CpuDescription } from "../../machine/cpu.js";
import { type Epilogue, eraseStorage, surroundingsOf } from "../loops/surroundings.js";
import { type Remark, remark } from "../remarks.js";
import {
  accessesOf,
  extentOf,
  extentValue,
  hasNeighbours,
  mergeableRuns,
  mergeMap,
  motionAlong,
} from "../structured/access.js";
import { mergeAccess } from "../structured/merge-dimensions.js";
import { unpaddedInput } from "./borders.js";
import { type Monoid, monoidOf } from "./monoid.js";
import { type After, buildWindowSums, canCut, isLaned, type WindowSum, windowSumOf } from "./register-block.js";
import { joinUnitTails } from "./unit-tails.js";
import { isStorable, isVectorizable, widestBits } from "./vector-body.js";
import { buildVectorLoops, type Shape } from "./vector-loops.js";

export function vectorizeGenerics(cpu: CpuDescription): Pass {
  return {
    name: "vectorize-generics",
    summary: "Turns structured operations with contiguous accesses into loops over vectors.",
    run(module, context) {
      for (const func of functionsOf(module)) {
        const ops = [...func.walk()].filter((op) => generic.matches(op) && op.results.length === 0);
        // Sums over windows first: they take in what stands around them.
        const [sums, others] = [ops.filter(windowSumOf), ops.filter((op) => !windowSumOf(op))];
        for (const op of [...sums, ...others]) if (op.block) remark(func, vectorize(op, cpu, context));
      }
    },
  };
}

/** Gives what was decided. */
function vectorize(op: Operation, cpu: CpuDescription, context: Context): Remark {
  const body = op.region(0).blocks[0]!;
  const { inputs, outputs } = generic.operandsOf(op);
  const isSimple =
    isVectorizable(body) &&
    [...inputs, ...outputs].every(
      (x, k) =>
        (!body.args[k]!.isUsed && k < inputs.length) || (hasNeighbours(x.type) && isStorable(elementOf(x.type))),
    );
  if (!isSimple || body.terminator.operands.some((v) => elementOf(v.type) === "i1"))
    return { ...scalar, why: "an operation or an element type has no vector form, or elements are not neighbours" };
  joinUnitTails(op, context);
  const windows = windowSumOf(op);
  if (windows) return blockWindows(op, windows, cpu, context);
  const plan = choose(op, cpu);
  if (!plan)
    return { ...scalar, why: "along no dimension that is long enough does every operand stay or go to its neighbour" };
  const said = remarkOn(op, plan);
  const builder = Builder.before(context, op);
  buildVectorLoops(builder, merged(builder, op, plan));
  op.erase();
  return said;
}

/** Neighbouring sums over windows together, with what stands around them. */
function blockWindows(op: Operation, windows: WindowSum, cpu: CpuDescription, context: Context): Remark {
  const { lanes: dim, positions } = windows;
  const { iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  const around = surroundingsOf(op);
  const after = around.epilogue && afterOf(around.epilogue);
  const finishes = after && isLaned(after, dim) ? after : undefined;
  const b = Builder.before(context, op);
  const accesses = accessesOf(op);
  const body = op.region(0).blocks[0]!;
  const found = unpaddedInput(op);
  const unpadded = found && canCut(found.borders, op, windows) ? found : undefined;
  const lanes = Math.max(2, cpu.vectorBits / Math.max(widestBits(body), finishes ? widestBits(finishes.body) : 0));
  buildWindowSums(b, {
    kinds: kinds.map((kind) => (kind === "parallel" ? "parallel" : "reduction")),
    inputs: accesses.slice(0, inputs.length).map((x, k) => (k === unpadded?.input ? unpadded.access : x)),
    outputs: accesses.slice(inputs.length),
    body,
    sizes: kinds.map((_, d) => extentValue(b, accesses, d)),
    lanes,
    dim,
    monoid: undefined,
    positions,
    initial: around.fill?.value,
    after: finishes,
    isFused: cpu.fmaPorts > 0,
    borders: unpadded?.borders ?? [],
  });
  const output = generic.operandsOf(op).outputs[0]!;
  around.fill?.op.erase();
  if (finishes) around.epilogue!.op.erase();
  op.erase();
  for (const made of unpadded?.made ?? []) made.erase();
  if (finishes) eraseStorage(output);
  const what = `sums over windows run over vectors of ${lanes} channels, neighbouring positions together`;
  const why = "what windows share and what all positions read is loaded once";
  return { pass: "vectorize-generics", what, why, numbers: { lanes } };
}

/** Which operands of the elementwise operation are the sums: those that surroundings put at its output. */
function afterOf({ op, body, inputs, output }: Epilogue): After {
  const isSum = inputs.map(({ value }, k) => value === output.value && generic.operandsOf(op).inputs[k] !== value);
  return { body, inputs, output, isSum };
}

const scalar = { pass: "vectorize-generics", what: "an operation stays in scalar loops" };

function remarkOn(op: Operation, { runs, dim, lanes, monoid }: Choice): Remark {
  const kind = generic.attrsOf(op).iterator_types[runs[dim]![0]!];
  const isParallel = kind === "parallel" || monoid === undefined;
  const what = `an operation runs over vectors of ${lanes} elements along a ${isParallel ? "parallel" : "summed"} dimension`;
  const why = isParallel
    ? "every operand stays or goes to its neighbour along it"
    : "no parallel dimension has neighbours in memory; lanes are folded at the end";
  const extent = staticExtent(op, runs[dim]!);
  return { pass: "vectorize-generics", what, why, numbers: { lanes, points: extent ?? "open" } };
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
  // Axes of a part of something larger need not lie one after the other.
  const isPart = op.operands.some((x) => (x.type as MemRefType).layout);
  const runs = usesIndex || isPart ? kinds.map((_, d) => [d]) : mergeableRuns(maps, kinds);
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
  const sizes = run.map((d) => extentOf(accessesOf(op), d));
  return sizes.every((size) => typeof size === "number") ? sizes.reduce((x, y) => x * y, 1) : undefined;
}

/** Operands seen with merged axes, and the size of every merged dimension. */
function merged(b: Builder, op: Operation, { runs, dim, lanes, monoid }: Choice): Shape {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const { inputs } = generic.operandsOf(op);
  const operands = accessesOf(op).map((access) => mergeAccess(b, access, runs));
  const sizes = runs.map((_, r) => extentValue(b, operands, r));
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
