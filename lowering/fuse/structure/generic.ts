/** @file Builds `linalg.generic` on tensors: the one shape nearly every operation takes at the structured level. */

import { type AffineMap, affineMap, identityMap } from "../../../ir/affine.js";
import type { Builder } from "../../../ir/builder.js";
import * as linalg from "../../../ir/dialects/linalg/structured.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import type { Converter } from "./converter.js";

export interface Input {
  readonly value: Value;
  /** From the iteration space to the element read. */
  readonly map: AffineMap;
}

/** What a body may ask for besides its scalars. */
export interface Body {
  readonly b: Builder;
  /** The position along an iteration dimension. */
  index(dim: number): Value;
}

/** A tensor without contents, of sizes known or in scope. */
export function emptyTensor(to: Converter, type: TensorType): Value {
  return to.builder.value(tensor.empty, { dynamic_sizes: to.dynamicSizes(type) }, {}, { results: [type] });
}

/** Every element of the result by itself, if there are any: `body` gives it from one element of each input. */
export function parallel(
  to: Converter,
  type: TensorType,
  inputs: readonly Input[],
  body: (body: Body, args: readonly Value[]) => Value,
): Value {
  if (type.shape.includes(0)) return emptyTensor(to, type);
  const outputs = [{ init: emptyTensor(to, type), map: identityMap(type.shape.length) }];
  const iterators = type.shape.map(() => "parallel" as const);
  return generic(to, {
    iterators,
    inputs,
    outputs,
    body: (inner, args) => [body(inner, args.slice(0, inputs.length))],
  })[0]!;
}

export interface Output {
  /** Where accumulation starts, or storage to be written. */
  readonly init: Value;
  readonly map: AffineMap;
}

export interface GenericSpec {
  readonly iterators: readonly ("parallel" | "reduction")[];
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** Arguments: one element of each input, then the current element of each output. */
  body(body: Body, args: readonly Value[]): readonly Value[];
}

export function generic(to: Converter, spec: GenericSpec): readonly Value[] {
  const { context } = to;
  const { inputs, outputs } = spec;
  const types = [...inputs.map((x) => x.value.type), ...outputs.map((x) => x.init.type)].map((t) =>
    context.types.scalar(elementOf(t)),
  );
  const region = to.region(types, (args) => {
    const b = to.builder;
    const yielded = spec.body({ b, index: (dim) => b.value(linalg.index, {}, { dim }) }, args);
    b.op(linalg.yieldOp, { values: yielded }, {});
  });
  const op = to.builder.op(
    linalg.generic,
    { inputs: inputs.map((x) => x.value), outputs: outputs.map((x) => x.init) },
    { indexing_maps: [...inputs, ...outputs].map((x) => x.map), iterator_types: spec.iterators },
    { results: outputs.map((x) => x.init.type), regions: [region] },
  );
  return op.results;
}

/** A tensor with every element `value`, a scalar. */
export function filledTensor(to: Converter, type: TensorType, value: Value): Value {
  const filled = parallel(to, type, [], () => value);
  to.noteFill(filled, value);
  return filled;
}

/** A tensor of rank 0 around `value`. */
export function scalarTensor(to: Converter, value: Value): Value {
  const type = to.context.types.tensor([], elementOf(value.type));
  const made = to.builder.value(tensor.fromElements, { elements: [value] }, {}, { results: [type] });
  to.noteFill(made, value);
  return made;
}

/** Reads nothing of the iteration space: the map of a tensor of rank 0. */
export function constantAccess(rank: number): AffineMap {
  return affineMap(rank, 0, []);
}
