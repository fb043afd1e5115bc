/**
 * @file Structured form of JAX's call target `stablehlo.dynamic_reduce_window`: sizes, strides, dilations and padding of
 * the window are numbers that the program computes, the body a function that it calls.
 */

import { affineMap } from "../../../ir/affine.js";
import { affineDim } from "../../../ir/affine-expr.js";
import { moduleOp } from "../../../ir/dialects/builtin.js";
import { lookupFunction } from "../../../ir/dialects/func.js";
import { customCall } from "../../../ir/dialects/stablehlo/calls.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Region, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { sizePosition } from "./data-movement.js";
import { defineSizes, elementAsIndex } from "./dynamic-shape.js";
import { emptyTensor, type Input } from "./generic.js";
import { boundedIndex } from "./indexing.js";
import { read } from "./loops.js";
import { accumulationOf } from "./reductions.js";
import { overPlaces, type Places } from "./windows.js";

export const DYNAMIC_REDUCE_WINDOW = "stablehlo.dynamic_reduce_window";

/** No tensor has as many elements. */
const FAR = 2 ** 40;

interface DynamicAxis extends Places {
  readonly size: Position;
}

/** Tensors, initial values, then sizes, strides, dilations of the base and of the window, and padding. */
export const dynamicReduceWindow: Structure = (op, to) => {
  const count = (op.operands.length - 5) / 2;
  const [inputs, inits] = [op.operands.slice(0, count), op.operands.slice(count, 2 * count)];
  const x = to.value(inputs[0]!);
  const extents = (x.type as TensorType).shape;
  const axes = extents.map((_, k) => axisOf(to, op.operands.slice(2 * count), k));
  const type = to.resultType(op);
  defineSizes(to, type, (axis) => windowCount(to, extents[axis]!, axes[axis]!));
  return accumulate(to, op, { axes, inputs, inits });
};

function axisOf(to: Converter, attributes: readonly Value[], k: number): DynamicAxis {
  const [sizes, strides, base, window, padding] = attributes as readonly [Value, Value, Value, Value, Value];
  const amount = (side: 0 | 1): Value => {
    const element = read(to, to.value(padding), [k, side]);
    return boundedIndex(to.builder, element, elementOf(padding.type), -FAR, FAR);
  };
  return {
    size: elementAsIndex(to, sizes, k),
    stride: elementAsIndex(to, strides, k),
    baseDilation: elementAsIndex(to, base, k),
    windowDilation: elementAsIndex(to, window, k),
    low: amount(0),
    high: amount(1),
  };
}

/** floor((dilated size + padding - reach) / stride) + 1, or 0 where the window does not fit. */
function windowCount(to: Converter, extent: Dim, w: DynamicAxis): Value {
  const at = new IndexArithmetic(to.builder);
  const dilated = at.max(at.add(at.mul(at.sub(sizePosition(to, extent), 1), w.baseDilation), 1), 0);
  const reach = at.add(at.mul(at.sub(w.size, 1), w.windowDilation), 1);
  const room = at.sub(at.add(dilated, at.add(w.low, w.high)), reach);
  return at.value(at.floorDiv(at.max(at.add(room, w.stride), 0), w.stride));
}

function accumulate(
  to: Converter,
  op: Operation,
  parts: { readonly axes: readonly DynamicAxis[]; readonly inputs: readonly Value[]; readonly inits: readonly Value[] },
): readonly Value[] {
  const accumulation = accumulationOf(to, op, parts.inputs, parts.inits, bodyOf(op, to));
  const placed = {
    axes: parts.axes,
    shape: windowShape(to, parts.axes),
    inputs: parts.inputs.map((x) => to.value(x)),
    accumulation,
  };
  return accumulation.finish(overPlaces(to, op, placed));
}

/** An operand that nothing reads, of the window's sizes, which get names of their own. */
function windowShape(to: Converter, axes: readonly DynamicAxis[]): Input {
  const rank = axes.length;
  const at = new IndexArithmetic(to.builder);
  const shape = axes.map((w) => {
    const symbol = to.context.freshSymbol("data");
    to.defineSize(symbol.key, at.value(w.size));
    return symbol;
  });
  const map = affineMap(
    2 * rank,
    0,
    shape.map((_, k) => affineDim(rank + k)),
  );
  return { value: emptyTensor(to, to.context.types.tensor(shape, "i1")), map };
}

/** The body of the function that the call names. */
function bodyOf(op: Operation, to: Converter): Region {
  const [name] = customCall.attrsOf(op).called_computations;
  let module: Operation | undefined = op;
  while (module && !moduleOp.matches(module)) module = module.parent;
  const func = module && name !== undefined ? lookupFunction(module, name) : undefined;
  if (!func) throw to.unsupported(op, "it calls no function of the program");
  return func.region(0);
}
