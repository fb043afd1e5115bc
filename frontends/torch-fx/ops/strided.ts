/**
 * @file Views by strides over a tensor's memory, windows that slide along an axis, and memory under other sizes. Programs
 * have no memory layout, so a strided view is read from the elements in the order that the graph declares for them in
 * memory; where that order does not say what lies there, the view is refused.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Rows, ViewRows } from "../call.js";
import { isTensor } from "../items.js";
import type { View } from "../tensors.js";
import { same } from "./conversion.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The axes of `self` from the outermost in memory to the innermost; its elements fill the memory without gaps. */
function memoryOrder(n: Call): readonly number[] {
  const shape = n.shape("self");
  const strides = n.stridesOf("self");
  const refuse = (): never =>
    n.unsupported("a strided view of memory that the tensor does not fill", "view a clone() of the tensor");
  if (strides === undefined || n.offsetOf("self") !== 0) return refuse();
  const item = n.item("self");
  const { dims } = n.t.context;
  const size = dims.product(shape);
  if (!isTensor(item) || dims.product(n.t.shape(item.storage.peek)) !== size) return refuse();
  // Axes of one element may have any stride.
  const axes = count(shape.length).filter((axis) => shape[axis] !== 1);
  const rest = new Set(axes);
  const order: number[] = [];
  for (let inner: Dim = 1; rest.size > 0; ) {
    const next: number = [...rest].find((axis) => strides[axis] === inner) ?? refuse();
    rest.delete(next);
    order.unshift(next);
    inner = dims.mul(inner, shape[next]!);
  }
  return [...count(shape.length).filter((axis) => shape[axis] === 1), ...order];
}

const inverse = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

/** The elements of a tensor in the order of its memory. */
function memoryOf(order: readonly number[]): View {
  return {
    read: (t, base) => t.flatten(t.transpose(base, order)),
    write: (t, base, update) => {
      const shape = t.shape(base);
      const stored = t.reshape(
        update,
        order.map((axis) => shape[axis]!),
      );
      return t.transpose(stored, inverse(order));
    },
  };
}

/** The place in memory of every element of a strided view. */
function strideOffsets(t: TensorBuilder, sizes: readonly Dim[], strides: readonly Dim[], offset: Dim): Value {
  const start = t.broadcast(t.scalar(offset), sizes, []);
  return sizes.reduce<Value>((places, size, axis) => {
    const stride = strides[axis]!;
    if (size === 1 || stride === 0) return places;
    return t.add(places, t.mul(t.iota(sizes, axis, "i64"), t.scalar(stride)));
  }, start);
}

/** True where no two elements of a strided view are at one place. */
function areApart(sizes: readonly Dim[], strides: readonly Dim[]): boolean {
  const axes = sizes.map((size, k) => ({ size, stride: strides[k]! })).filter(({ size }) => size !== 1);
  if (!axes.every((a) => typeof a.size === "number" && typeof a.stride === "number")) return false;
  const known = axes as readonly { readonly size: number; readonly stride: number }[];
  let reach = 0;
  for (const { size, stride } of [...known].sort((a, b) => a.stride - b.stride)) {
    if (stride <= reach) return false;
    reach += (size - 1) * stride;
  }
  return true;
}

function asStrided(n: Call): View {
  const { dims } = n.t.context;
  const [sizes, strides] = [n.dims("size"), n.dims("stride")];
  const offset = n.optionalDim("storage_offset") ?? 0;
  const memory = memoryOf(memoryOrder(n));
  const whole = dims.product(n.shape("self"));
  const steps = sizes.map((size, k) => dims.mul(dims.sub(size, 1), strides[k]!));
  const last = steps.reduce((a, b) => dims.add(a, b), offset);
  if (!sizes.includes(0) && !dims.provablyLessOrEqual(dims.add(last, 1), whole))
    return n.unsupported("a strided view that may reach beyond the tensor", "view a larger tensor");
  const inMemory: View = {
    read: (t, flat) => t.take(flat, strideOffsets(t, sizes, strides, offset), 0),
    write: (t, flat, update) => {
      if (!areApart(sizes, strides))
        return n.unsupported("it is written in place, and its elements share memory", "write to a clone()");
      const places = t.unsqueeze(t.flatten(strideOffsets(t, sizes, strides, offset)), [1]);
      return t.scatterPlaces(flat, places, t.flatten(update), "set");
    },
  };
  return {
    read: (t, base) => inMemory.read(t, memory.read(t, base)),
    write: (t, base, update) => memory.write(t, base, inMemory.write(t, memory.read(t, base), update)),
  };
}

/** Every window of `size` entries along an axis, `step` apart: its entries are a new last axis. */
function unfold(n: Call): View {
  const { t } = n;
  const { dims } = t.context;
  const shape = n.shape("self");
  const [size, step] = [n.int("size"), n.int("step")];
  if (shape.length === 0) {
    if (size > 1) return n.invalid("a window of more than one element over a number");
    const isEmpty = size === 0;
    return {
      read: (b, base) => (isEmpty ? b.sliceAxis(b.reshape(base, [1]), 0, 0, 0) : b.reshape(base, [1])),
      write: (b, base, update) => (isEmpty ? base : b.reshape(update, [])),
    };
  }
  const axis = n.axis("dimension", shape.length);
  const windows = dims.add(dims.floorDiv(dims.sub(shape[axis]!, size), step), 1);
  const places = (b: TensorBuilder): Value => {
    const [starts, inside] = [b.iota([windows], 0, "i64"), b.iota([size], 0, "i64")];
    return b.add(b.unsqueeze(b.mul(starts, step), [1]), inside);
  };
  return {
    read: (b, base) => b.moveAxis(b.take(base, places(b), axis), axis + 1, shape.length),
    write: (b, base, update) => {
      if (step < size)
        return n.unsupported("it is written in place, and its windows share memory", "write to a clone()");
      // Windows and what is in them in front, the other axes behind.
      const rows = b.moveAxis(b.moveAxis(update, axis, 0), shape.length, 1);
      const rest = count(shape.length).slice(1);
      const set = b.scatter(b.moveAxis(base, axis, 0), b.unsqueeze(places(b), [2]), rows, "set", {
        window: rest.map((k) => k + 1),
        inserted: [0],
        to: [0],
        vector: 2,
      });
      return b.moveAxis(set, 0, axis);
    },
  };
}

/** The tensor's memory under other sizes, of which there may be no more elements than before. */
function resize(n: Call): View {
  const { t } = n;
  const { dims } = t.context;
  const sizes = n.dims("size");
  const shape = n.shape("self");
  if (t.sameDims(sizes, shape)) return same;
  const format = n.takes("memory_format") ? n.memoryFormat("memory_format") : undefined;
  if (format !== undefined && format !== "contiguous_format") return n.unsupported(`memory of the format ${format}`);
  const memory = memoryOf(memoryOrder(n));
  const [before, after] = [dims.product(shape), dims.product(sizes)];
  if (!dims.provablyLessOrEqual(after, before))
    return n.unsupported("a tensor that grows: what its new elements hold is not defined", "create a larger tensor");
  return {
    read: (b, base) => b.reshape(b.sliceAxis(memory.read(b, base), 0, 0, after), sizes),
    write: (b, base, update) => {
      const flat = memory.read(b, base);
      return memory.write(b, base, b.replaceBlock(flat, b.flatten(update), [b.number(0, "i64")]));
    },
  };
}

export const stridedViews: ViewRows = {
  "aten.as_strided.default": asStrided,
  "aten.unfold": unfold,
  "aten.resize_": resize,
  "aten.resize_as_": (n) => (n.t.sameDims(n.shape("self"), n.shape("the_template")) ? same : undefined),
};

export const stridedWrites: Rows = {
  "aten.as_strided_scatter": (n) => {
    const base = n.operand("self", n.out);
    const view = asStrided(n);
    const wanted = n.t.shape(view.read(n.t, base));
    return view.write(n.t, base, n.t.broadcast(n.operand("src", n.out), wanted));
  },
  "aten.unfold_backward": unfoldBackward,
};

/** The gradient of `unfold`: every element is the sum of what its windows got. */
function unfoldBackward(n: Call): Value {
  const { t } = n;
  const sizes = n.dims("input_sizes");
  const [size, step] = [n.int("size"), n.int("step")];
  const grad = n.tensor("grad_in");
  if (sizes.length === 0) return t.reshape(grad, []);
  const axis = n.axis("dim", sizes.length);
  const windows = t.shape(grad)[axis]!;
  const rows = t.moveAxis(t.moveAxis(grad, axis, 0), sizes.length, 1);
  const [starts, inside] = [t.iota([windows], 0, "i64"), t.iota([size], 0, "i64")];
  const places = t.add(t.unsqueeze(t.mul(starts, step), [1]), inside);
  const rest = count(sizes.length).slice(1);
  const front = [sizes[axis]!, ...sizes.toSpliced(axis, 1)];
  const zeros = t.broadcast(t.number(0, t.element(grad)), front, []);
  const sum = t.scatter(zeros, t.unsqueeze(places, [2]), rows, "add", {
    window: rest.map((k) => k + 1),
    inserted: [0],
    to: [0],
    vector: 2,
  });
  return t.moveAxis(sum, 0, axis);
}
