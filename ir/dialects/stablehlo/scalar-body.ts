/**
 * @file The bodies of reductions, scatters and sorts as functions of entries.
 * A body of elementwise operations and constants becomes a list of function calls on numbers, some forty times faster
 * than running it on tensors of rank 0; any other body is run as it stands.
 */

import type { DenseAttr } from "../../attrs.js";
import type { Evaluation } from "../../define.js";
import type { Operation, Region, Value } from "../../graph.js";
import { emptyArray, getScalar, type NdArray, setScalar } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import { elementOf, type Type } from "../../types.js";
import { returnOp } from "./return.js";

/** Entries of each argument in, entries of each result out; the array given back may be filled anew by the next call. */
export type ScalarBody = (entries: readonly Scalar[]) => readonly Scalar[];

/** Region `index` of the operation at hand, as a function of entries. */
export function scalarBody(evaluation: Evaluation, index: number): ScalarBody {
  const region = evaluation.op.region(index);
  const compiled = evaluation.perRun(region, () => compileRegion(region));
  return compiled ? bind(compiled) : asTensors(region, (args) => evaluation.run(index, args) as readonly NdArray[]);
}

/** A function of rank-0 tensors as a function of entries. */
export function asTensors(region: Region, run: (args: readonly NdArray[]) => readonly NdArray[]): ScalarBody {
  const elements = region.blocks[0]!.args.map((x) => elementOf(x.type));
  return (entries) => {
    const args = entries.map((entry, i) => {
      const array = emptyArray(elements[i]!, []);
      setScalar(array, 0, entry);
      return array;
    });
    return run(args).map((x) => getScalar(x, 0));
  };
}

interface Step {
  readonly apply: (...entries: Scalar[]) => Scalar;
  readonly from: readonly number[];
}

/** Slots: the arguments, then constants and results in order. */
interface Compiled {
  readonly constants: readonly (readonly [slot: number, value: Scalar])[];
  readonly steps: readonly (Step & { readonly to: number })[];
  readonly yields: readonly number[];
}

const isEntry = (type: Type): boolean => type.kind === "tensor" && type.shape.length === 0;

/** `undefined` where the region does more than compute entries from its own arguments. */
function compileRegion(region: Region): Compiled | undefined {
  const [block, ...more] = region.blocks;
  if (!block || more.length > 0 || !block.args.every((x) => isEntry(x.type))) return undefined;
  const slots = new Map<Value, number>(block.args.map((x, i) => [x, i]));
  const constants: (readonly [number, Scalar])[] = [];
  const steps: (Step & { readonly to: number })[] = [];
  for (const op of block.ops()) {
    const from = op.operands.map((x) => slots.get(x));
    if (from.includes(undefined)) return undefined;
    if (returnOp.matches(op)) return { constants, steps, yields: from as number[] };
    const to = slots.size;
    const constant = constantEntry(op);
    if (constant !== undefined) constants.push([to, constant]);
    else if (!op.def.entry || !op.results.every((r) => isEntry(r.type))) return undefined;
    else steps.push({ apply: op.def.entry(op), from: from as number[], to });
    slots.set(op.result, to);
  }
  return undefined;
}

function constantEntry(op: Operation): Scalar | undefined {
  if (!op.def.traits.includes("constant") || !isEntry(op.result.type)) return undefined;
  const value = op.attrs["value"] as DenseAttr | { readonly kind: "resource" } | undefined;
  return value?.kind === "dense" ? getScalar(value.data, 0) : undefined;
}

function bind({ constants, steps, yields }: Compiled): ScalarBody {
  const values: Scalar[] = [];
  const results: Scalar[] = [];
  return (entries) => {
    for (let i = 0; i < entries.length; i++) values[i] = entries[i]!;
    for (const [slot, value] of constants) values[slot] = value;
    for (let i = 0; i < steps.length; i++) values[steps[i]!.to] = applyStep(steps[i]!, values);
    for (let i = 0; i < yields.length; i++) results[i] = values[yields[i]!]!;
    return results;
  };
}

function applyStep({ apply, from }: Step, values: readonly Scalar[]): Scalar {
  const [a, b, c] = from as readonly [number, number, number];
  if (from.length === 2) return apply(values[a]!, values[b]!);
  return from.length === 1 ? apply(values[a]!) : apply(values[a]!, values[b]!, values[c]!);
}
