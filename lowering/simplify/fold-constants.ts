/**
 * @file Pass `fold-constants`: computes pure operations whose operands are all constants in the text. It never
 * grows data: splats stay splats (elementwise work happens once, on one element), and a result that is larger
 * than what it replaces by more than a page stays an operation. Weights are references and are left alone.
 */

import type { DenseAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { elementFacts } from "../../ir/element.js";
import { evaluateOp } from "../../ir/evaluate-op.js";
import { Operation, type Value } from "../../ir/graph.js";
import { filled, getScalar, type NdArray, sizeOf, wrapData } from "../../ir/ndarray.js";
import { sameBits } from "../../ir/ndarray-compare.js";
import type { Pass } from "../../ir/pass.js";
import { hasStaticShape, staticShape, type TensorType, type Type } from "../../ir/types.js";

/** Growth in bytes that folding one operation may cause. */
const GROWTH = 4096;
/** Results beyond this many elements are not looked at, so that compile time stays proportional to the program. */
const MAX_ELEMENTS = 1 << 16;

export const foldConstants: Pass = {
  name: "fold-constants",
  summary: "Computes operations on constants, never growing data.",
  run(module, context) {
    const constant = context.op("stablehlo.constant");
    if (!constant) return;
    for (const func of functionsOf(module)) {
      for (const op of [...func.walk()]) if (op.block) fold(op, constant, context);
    }
  },
};

function fold(op: Operation, constant: AnyOpDef, context: Context): void {
  const { traits } = op.def;
  if (!traits.includes("pure") || traits.includes("constant") || op.results.length === 0 || op.regions.length > 0)
    return;
  if (!op.results.every((r) => isFoldable(r.type))) return;
  const inputs = op.operands.map(denseOf);
  if (inputs.includes(undefined)) return;
  const results = foldSplats(op, inputs as DenseAttr[], context) ?? foldDense(op, inputs as DenseAttr[], context);
  if (!results) return;
  const builder = Builder.before(context, op);
  op.results.forEach((r, i) => {
    r.replaceAllUsesWith(builder.create(constant, [], { value: results[i]! }).result);
  });
  op.erase();
}

function isFoldable(type: Type): type is TensorType {
  return type.kind === "tensor" && hasStaticShape(type);
}

function denseOf(value: Value): DenseAttr | undefined {
  const op = value.definingOp;
  if (!op?.def.traits.includes("constant")) return undefined;
  const attr = op.attrs["value"] as DenseAttr | undefined;
  return attr?.kind === "dense" ? attr : undefined;
}

/** Elementwise work on splats is done on one element each. */
function foldSplats(op: Operation, inputs: readonly DenseAttr[], context: Context): readonly DenseAttr[] | undefined {
  if (!op.def.traits.includes("elementwise") || !inputs.every((x) => x.splat || sizeOf(x.data.shape) === 1))
    return undefined;
  const scalars = inputs.map((x) => wrapData(x.data.element, [1], x.data.data));
  const small = shrink(op, context);
  const out = small && evaluateOp(small, scalars, context);
  small?.dropReferences();
  return out?.map((datum, i) => splat(op.results[i]!.type as TensorType, datum as NdArray));
}

/** The same operation on tensors of shape `[1]`. */
function shrink(op: Operation, context: Context): Operation | undefined {
  const types = op.results.map((r) =>
    r.type.kind === "tensor" ? context.types.tensor([1], r.type.element) : undefined,
  );
  if (types.includes(undefined)) return undefined;
  return new Operation({
    def: op.def,
    operands: op.operands,
    attrs: op.attrs,
    resultTypes: types as TensorType[],
    segments: op.segments,
    at: op.at,
  });
}

function splat(type: TensorType, data: NdArray): DenseAttr {
  return { kind: "dense", type, splat: type.shape.length > 0, data: wrapData(data.element, [], data.data) };
}

function foldDense(op: Operation, inputs: readonly DenseAttr[], context: Context): readonly DenseAttr[] | undefined {
  const before = inputs.reduce((n, x) => n + bytesOf(x.data), 0);
  const after = op.results.reduce((n, r) => n + bytesOfType(r.type as TensorType), 0);
  const isSplatBroadcast = inputs.length === 1 && inputs[0]!.splat && op.def.name === "stablehlo.broadcast_in_dim";
  if (isSplatBroadcast) return [splat(op.result.type as TensorType, inputs[0]!.data)];
  if (after > before + GROWTH || op.results.some((r) => sizeOf(staticShape(r.type as TensorType)) > MAX_ELEMENTS))
    return undefined;
  const arrays = inputs.map((x) =>
    x.splat ? filled(x.data.element, staticShape(x.type), getScalar(x.data, 0)) : x.data,
  );
  const out = evaluateOp(op, arrays, context);
  return out?.map((datum, i) => compact(op.results[i]!.type as TensorType, datum as NdArray));
}

/** A dense attribute, as a splat where all elements have the same bits. */
function compact(type: TensorType, data: NdArray): DenseAttr {
  const count = sizeOf(data.shape);
  if (count > 1 && type.shape.length > 0) {
    const first = getScalar(data, 0);
    const same = filled(data.element, data.shape, first);
    if (sameBits(same, data)) return splat(type, filled(data.element, [], first));
  }
  return { kind: "dense", type, splat: false, data };
}

function bytesOf(data: NdArray): number {
  return sizeOf(data.shape) * elementFacts[data.element].storageBytes;
}

function bytesOfType(type: TensorType): number {
  return sizeOf(staticShape(type)) * elementFacts[type.element].storageBytes;
}
