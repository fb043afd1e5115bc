/** @file Runs `@main` of a module on tensors, or on memrefs after bufferization, and gives the results alike. */

import { type BufferView, type Life, toArray, viewOf } from "../../../ir/buffer.js";
import type { Context } from "../../../ir/context.js";
import type { Datum } from "../../../ir/define.js";
import { functionBody, lookupFunction } from "../../../ir/dialects/func.js";
import type { DimEnvironment } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { filled, type NdArray } from "../../../ir/ndarray.js";
import { printType, type Type } from "../../../ir/types.js";
import { uninitialised } from "../../../ir/uninitialised.js";
import { dictionaries } from "../../../lowering/bufferize/bufferize-function.js";

const MAX_STEPS = 3e6;

export function runTensors(module: Operation, inputs: readonly NdArray[], context: Context): readonly NdArray[] {
  return interpret(module, "main", inputs, context, { maxSteps: MAX_STEPS }) as readonly NdArray[];
}

export interface MemrefRun {
  /** By result of the function on tensors. */
  readonly results: readonly NdArray[];
  /** The inputs after the run. */
  readonly inputs: readonly NdArray[];
  /** Allocations of the run that were neither freed nor returned. */
  readonly leaks: number;
}

/**
 * `wanted` gives the shapes of the results that the caller provides; `states` says which inputs are states, which come
 * behind the others.
 */
export function runMemrefs(
  module: Operation,
  {
    inputs,
    states,
    wanted,
    maxSteps = MAX_STEPS,
  }: {
    readonly inputs: readonly NdArray[];
    readonly states: readonly boolean[];
    readonly wanted: readonly NdArray[];
    readonly maxSteps?: number;
  },
  context: Context,
): MemrefRun {
  const func = lookupFunction(module, "main")!;
  const attrs = dictionaries(func, "arg_attrs");
  const given = inputs.map((x) => viewOf({ ...x, data: x.data.slice() }));
  const ordered = [...given.filter((_, i) => !states[i]), ...given.filter((_, i) => states[i])];
  const places = new Map<number, BufferView>();
  const sizes = sizesOf(functionBody(func).args, ordered);
  const views = functionBody(func).args.map((arg, i) => {
    const number = attrs[i]?.["psm.result"] ?? (attrs[i]?.["psm.state"] ? attrs[i]["tf.aliasing_output"] : undefined);
    const result = number?.kind === "int" ? Number(number.value) : undefined;
    const view = ordered[i] ?? (result === undefined ? arenaFor(arg.type, sizes, context) : outputFor(wanted[result]!));
    if (result !== undefined) places.set(result, view);
    return view;
  });
  const lives = new Set<Life>();
  const onValue = (value: Value, datum: Datum): void => {
    if (value.definingOp?.name === "memref.alloc") lives.add((datum as BufferView).storage.life);
  };
  const returned = interpret(module, "main", views as readonly Datum[], context, { maxSteps, onValue });
  for (const x of returned) lives.delete((x as BufferView).storage.life);
  dictionaries(func, "res_attrs").forEach((dict, i) => {
    const number = dict["psm.result"];
    if (number?.kind === "int") places.set(Number(number.value), returned[i] as BufferView);
  });
  const leaks = [...lives].filter((life) => !life.freed).length;
  return { results: wanted.map((_, i) => toArray(places.get(i)!)), inputs: given.map(toArray), leaks };
}

function outputFor({ element, shape }: NdArray): BufferView {
  return viewOf(filled(element, shape, uninitialised(element)));
}

/** The symbols that are sizes of an input, by name. */
function sizesOf(args: readonly Value[], inputs: readonly BufferView[]): DimEnvironment {
  const sizes = new Map<string, number>();
  inputs.forEach((input, i) => {
    const type = args[i]!.type;
    if (type.kind !== "memref") return;
    type.shape.forEach((d, axis) => {
      if (typeof d !== "number") sizes.set(d.key, input.shape[axis]!);
    });
  });
  return sizes;
}

/** An argument that is neither input nor result is the arena. */
function arenaFor(type: Type, sizes: DimEnvironment, { dims }: Context): BufferView {
  if (type.kind !== "memref") throw new Error(`${printType(type)} is no arena`);
  const shape = type.shape.map((d) => dims.evaluate(d, sizes));
  return viewOf(filled(type.element, shape, uninitialised(type.element)));
}
