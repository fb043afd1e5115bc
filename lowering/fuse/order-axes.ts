/**
 * @file Pass `order-axes`: in which order the axes of a tensor lie in memory. Channels go last from convolution to
 * convolution, so that vectors run along them, whatever windows do beside; what stands between (padding, pooling, residuals,
 * activations, sums over channels alone) follows. Where a tensor comes from or goes to something else, it is transposed
 * there; constants are put into the new order themselves.
 */

import { type AffineMap, affineMap, axisOfDim } from "../../ir/affine.js";
import { affineDim, substituteAffine } from "../../ir/affine-expr.js";
import { Builder } from "../../ir/builder.js";
import { cloneOp } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { constant } from "../../ir/dialects/arith/constant.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic, index as indexOp, yieldOp } from "../../ir/dialects/linalg/structured.js";
import { empty } from "../../ir/dialects/tensor/access.js";
import { insertSlice } from "../../ir/dialects/tensor/slice.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { DYNAMIC } from "../../ir/text/mixed-indices.js";
import type { TensorType } from "../../ir/types.js";
import { axisSize } from "../shape-values.js";
import { type Access, accessesOf, shapeOf } from "../structured/access.js";
import { type ConvolutionForm, convolutionOf } from "../structured/convolution-form.js";
import { canPutLast, inOrder } from "./reorder-constant.js";

export const orderAxes: Pass = {
  name: "order-axes",
  summary: "Puts channels last where convolutions pass tensors to each other.",
  run(module, context) {
    for (const func of functionsOf(module))
      for (const region of func.regions) for (const block of region.blocks) new AxisOrder(block, context).run();
  },
};

/** Channels below which vectors along them would be idle. */
const MIN_CHANNELS = 8;

class AxisOrder {
  readonly #block: Block;
  readonly #context: Context;
  /** The axis that goes last, of tensors whose order changes. */
  readonly #last = new Map<Value, number>();
  readonly #waiting: Operation[] = [];

  constructor(block: Block, context: Context) {
    this.#block = block;
    this.#context = context;
  }

  run(): void {
    for (const op of [...this.#block.ops()]) ownDestinations(op);
    for (const op of this.#block.ops()) this.#seed(op);
    if (this.#last.size === 0) return;
    for (let op = this.#waiting.pop(); op; op = this.#waiting.pop()) this.#spread(op);
    this.#copyAtBorders();
    for (const op of this.#block.ops()) this.#rewrite(op);
    this.#retype();
  }

  /** A convolution wants the channels of its result last, and those of its input where they are many. */
  #seed(op: Operation): void {
    const form = convolutionOf(op);
    if (form?.hasWindows) this.#putBoth(form);
  }

  #putBoth({ output, image, filter, channel }: ConvolutionForm): void {
    this.#put(output.value, axisOfDim(output.map, filter));
    this.#put(image.value, axisOfDim(image.map, channel));
  }

  #put(x: Value, axis: number): void {
    if (axis < 0 || this.#last.has(x) || shapeOf(x).length < 3) return;
    const size = shapeOf(x)[axis]!;
    if (typeof size !== "number" || size < MIN_CHANNELS) return;
    this.#last.set(x, axis);
    if (x.definingOp?.block === this.#block) this.#waiting.push(x.definingOp);
    for (const user of x.users) if (user.block === this.#block) this.#waiting.push(user);
  }

  /** What an operation walks along the same dimension goes last together. */
  #spread(op: Operation): void {
    if (insertSlice.matches(op)) {
      const values = [op.operand(0), op.operand(1), op.result];
      const known = values.find((x) => this.#last.has(x));
      if (known && isPlainInsertion(op)) for (const x of values) this.#put(x, this.#last.get(known)!);
      return;
    }
    if (!generic.matches(op) || readsInside(op)) return;
    const accesses = accessesOf(op);
    const dims = new Set<number>();
    const form = convolutionOf(op);
    if (form && this.#isLast(form.output, form.filter)) this.#putBoth(form);
    if (form && this.#isLast(form.image, form.channel)) this.#putBoth(form);
    for (const { value, map } of accesses) {
      const axis = this.#last.get(value);
      const e = axis === undefined ? undefined : map.results[axis];
      if (e?.kind === "dim" && (!form || e.position === form.filter)) dims.add(e.position);
    }
    const isWeight = ({ value }: Access): boolean =>
      form !== undefined && form.filter !== form.channel && value === form.weights.value;
    for (const d of dims)
      for (const access of accesses) if (!isWeight(access)) this.#put(access.value, axisOfDim(access.map, d));
  }

  #isLast({ value, map }: Access, dim: number): boolean {
    return this.#last.has(value) && this.#last.get(value) === axisOfDim(map, dim);
  }

  /** Tensors from elsewhere are copied into the new order, and for readers elsewhere out of it. */
  #copyAtBorders(): void {
    for (const [x, axis] of [...this.#last]) {
      if (axis === shapeOf(x).length - 1) {
        this.#last.delete(x);
        continue;
      }
      const isOurs = x.definingOp?.block === this.#block && canMake(x.definingOp);
      const users = [...x.users];
      const ours = users.filter((user) => user.block === this.#block && canRead(user));
      if (isOurs) {
        const others = users.filter((user) => !ours.includes(user));
        if (others.length > 0) this.#copyFor(x, others);
        continue;
      }
      this.#last.delete(x);
      if (ours.length === 0) continue;
      if (canPutLast(x, axis, this.#context)) {
        this.#last.set(this.#ownConstant(x, ours), axis);
        continue;
      }
      const copy = this.#copyFor(x, ours);
      for (const y of [copy, copy.definingOp!.operand(1)]) this.#last.set(y, axis);
    }
  }

  /** The constant `x` for some of its users alone. */
  #ownConstant(x: Value, users: readonly Operation[]): Value {
    if (users.length === x.users.size) return x;
    const copy = cloneOp(x.definingOp!);
    this.#block.insertBefore(copy, this.#firstOf(users));
    for (const user of users) user.replaceUsesOf(x, copy.result);
    return copy.result;
  }

  /** A copy of `x` for some of its users, before the first of them. */
  #copyFor(x: Value, users: readonly Operation[]): Value {
    const first = this.#firstOf(users);
    const b = Builder.before(this.#context, first);
    const type = x.type as TensorType;
    const dims = type.shape.map((_, axis) => affineDim(axis));
    const identity = affineMap(dims.length, 0, dims);
    const sizes = type.shape.flatMap((d, axis) => (typeof d === "number" ? [] : [axisSize(b, x, axis)]));
    const storage = b.value(empty, { dynamic_sizes: sizes }, {}, { results: [type] });
    const element = this.#context.types.scalar(type.element);
    const region = b.region([element, element], (inner, [value]) => void inner.op(yieldOp, { values: [value!] }, {}));
    const copy = b.op(
      generic,
      { inputs: [x], outputs: [storage] },
      { indexing_maps: [identity, identity], iterator_types: dims.map(() => "parallel" as const) },
      { results: [type], regions: [region] },
    ).results[0]!;
    for (const user of users) user.replaceUsesOf(x, copy);
    return copy;
  }

  /** The first of some operations, or of those of the block that they are in. */
  #firstOf(users: readonly Operation[]): Operation {
    const inBlock = users.map((user) => {
      let op = user;
      while (op.block !== this.#block) op = op.parent!;
      return op;
    });
    return inBlock.reduce((a, b) => (b.isBefore(a) ? b : a));
  }

  #rewrite(op: Operation): void {
    const isTouched = [...op.operands, ...op.results].some((x) => this.#last.has(x));
    if (!isTouched) return;
    if (generic.matches(op)) {
      const permuted = accessesOf(op).map(({ value, map }) => permuteResults(map, this.#orderOf(value)));
      op.setAttr("indexing_maps", permuted.slice(0, op.operands.length));
      renumber(op);
    } else if (insertSlice.matches(op)) {
      permuteSlice(op, this.#orderOf(op.result)!);
    }
  }

  #orderOf(x: Value): readonly number[] | undefined {
    const axis = this.#last.get(x);
    return axis === undefined ? undefined : orderWithLast(shapeOf(x).length, axis);
  }

  /** Types come last: until then shapes are those that axes were found by. */
  #retype(): void {
    for (const [x, axis] of this.#last) {
      const type = x.type as TensorType;
      const order = orderWithLast(type.shape.length, axis);
      const op = x.definingOp!;
      if (empty.matches(op)) permuteSizes(op, type, order);
      if (constant.matches(op)) op.setAttr("value", inOrder(constant.attrsOf(op).value, order, this.#context));
      x.type = this.#context.types.tensor(
        order.map((k) => type.shape[k]!),
        type.element,
        type.encoding,
      );
    }
  }
}

/** All axes but `axis` in order, then that one. */
function orderWithLast(rank: number, axis: number): readonly number[] {
  return [...Array.from({ length: rank }, (_, k) => k).filter((k) => k !== axis), axis];
}

function permuteResults(map: AffineMap, order: readonly number[] | undefined): AffineMap {
  return order
    ? affineMap(
        map.numDims,
        map.numSymbols,
        order.map((axis) => map.results[axis]!),
      )
    : map;
}

/** The sizes of an empty tensor that its type leaves open, in the new order. */
function permuteSizes(op: Operation, type: TensorType, order: readonly number[]): void {
  const open = type.shape.map((d, axis) => (typeof d === "number" ? -1 : axis)).filter((axis) => axis >= 0);
  const given = new Map(open.map((axis, k) => [axis, op.operand(k)]));
  op.setOperands(order.flatMap((axis) => given.get(axis) ?? []));
}

/** Offsets, sizes and strides in the new order, those that are values too. */
function permuteSlice(op: Operation, order: readonly number[]): void {
  const { source, dest, offsets, sizes, strides } = insertSlice.operandsOf(op);
  const lists = [offsets, sizes, strides];
  const values = (["static_offsets", "static_sizes", "static_strides"] as const).flatMap((name, k) => {
    const fixed = insertSlice.attrsOf(op)[name];
    const open = fixed.flatMap((n, axis) => (n === DYNAMIC ? [axis] : []));
    op.setAttr(
      name,
      order.map((axis) => fixed[axis]!),
    );
    return order.flatMap((axis) => (open.includes(axis) ? [lists[k]![open.indexOf(axis)]!] : []));
  });
  op.setOperands([source, dest, ...values]);
}

/** Dimensions are numbered as the output walks them, so that its map is the identity as far as it goes. */
function renumber(op: Operation): void {
  const { indexing_maps: maps, iterator_types: kinds } = generic.attrsOf(op);
  const walked = maps.at(-1)!.results.flatMap((e) => (e.kind === "dim" ? [e.position] : []));
  const order = [...walked, ...kinds.map((_, d) => d).filter((d) => !walked.includes(d))];
  const renamed = kinds.map((_, d) => affineDim(order.indexOf(d)));
  op.setAttr(
    "indexing_maps",
    maps.map((map) =>
      affineMap(
        map.numDims,
        0,
        map.results.map((e) => substituteAffine(e, renamed)),
      ),
    ),
  );
  op.setAttr(
    "iterator_types",
    order.map((d) => kinds[d]!),
  );
  for (const inner of [...op.walk()])
    if (indexOp.matches(inner)) inner.setAttr("dim", order.indexOf(indexOp.attrsOf(inner).dim));
}

/** Its results can be made in another order. */
function canMake(op: Operation): boolean {
  return generic.matches(op) || empty.matches(op) || isPlainInsertion(op);
}

/** It reads tensors in any order. */
function canRead(op: Operation): boolean {
  return (generic.matches(op) && !readsInside(op)) || isPlainInsertion(op);
}

/** Puts a tensor into one of as many axes. */
function isPlainInsertion(op: Operation): boolean {
  return insertSlice.matches(op) && shapeOf(op.operand(0)).length === shapeOf(op.result).length;
}

/** The body reads tensors element by element. */
function readsInside(op: Operation): boolean {
  for (const inner of [...op.walk()].slice(1)) if (inner.operands.some((x) => x.type.kind === "tensor")) return true;
  return false;
}

/** Operations that share an empty tensor as destination would share its order. */
function ownDestinations(op: Operation): void {
  if (!generic.matches(op) && !insertSlice.matches(op)) return;
  const operands = op.operands.map((x) => {
    const source = x.definingOp;
    if (!source || !empty.matches(source) || x.countUses() === 1) return x;
    const copy = cloneOp(source);
    op.block!.insertBefore(copy, op);
    return copy.result;
  });
  op.setOperands(operands);
}
