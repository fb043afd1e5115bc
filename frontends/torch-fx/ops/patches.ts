/** @file Patches of images as columns, and columns summed up to images. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Rows } from "../call.js";

/** How the patches lie along one axis of the image with its margins. */
interface PatchAxis {
  readonly kernel: number;
  readonly dilation: number;
  readonly stride: number;
  readonly padding: number;
  /** Patches along the axis. */
  readonly count: Dim;
}

function patchAxes(n: Call, sizes: readonly Dim[]): readonly [PatchAxis, PatchAxis] {
  const { dims } = n.t.context;
  const [kernels, dilations, paddings, strides] = ["kernel_size", "dilation", "padding", "stride"].map((name) =>
    n.ints(name, 2),
  );
  const axis = (i: number): PatchAxis => {
    const [kernel, dilation, padding, stride] = [kernels![i]!, dilations![i]!, paddings![i]!, strides![i]!];
    const room = dims.sub(dims.add(sizes[i]!, 2 * padding), dilation * (kernel - 1) + 1);
    return { kernel, dilation, stride, padding, count: dims.add(dims.floorDiv(room, stride), 1) };
  };
  return [axis(0), axis(1)];
}

/** Places [kernel, patches] along an axis with its margins. */
function places(t: TensorBuilder, { kernel, dilation, stride, count }: PatchAxis): Value {
  const [inside, starts] = [t.iota([kernel], 0, "i64"), t.iota([count], 0, "i64")];
  return t.add(t.unsqueeze(t.mul(inside, dilation), [1]), t.mul(starts, stride));
}

/** [batch, channels, height, width] as [batch, channels * kernel elements, patches]. */
function toColumns(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const self = n.tensor("self");
  const isSingle = t.rank(self) === 3;
  const x = isSingle ? t.unsqueeze(self, [0]) : self;
  const [batch, channels, height, width] = t.shape(x);
  const [rows, columns] = patchAxes(n, [height!, width!]);
  const margins = [0, 0, rows.padding, columns.padding];
  const padded = t.pad(x, t.number(0, t.element(x)), margins, margins);
  // [batch, channels, kernel rows, patch rows, kernel columns, patch columns]
  const taken = t.take(t.take(padded, places(t, rows), 2), places(t, columns), 4);
  const sizes = [
    batch!,
    dims.mul(channels!, rows.kernel * columns.kernel),
    dims.mul(rows.count, columns.count),
  ] as const;
  const found = t.reshape(t.transpose(taken, [0, 1, 2, 4, 3, 5]), sizes);
  return isSingle ? t.squeeze(found, [0]) : found;
}

/** Sums over an axis pair [kernel, patches] at `axis` into one axis of `size` elements with its margins. */
function summedUp(t: TensorBuilder, x: Value, axis: number, patch: PatchAxis, size: Dim): Value {
  const front = t.moveAxis(t.moveAxis(x, axis, 0), axis + 1, 1);
  const rest = t.shape(front).slice(2);
  const zeros = t.broadcast(t.number(0, t.element(x)), [size, ...rest], []);
  const sums = t.scatter(zeros, t.unsqueeze(places(t, patch), [2]), front, "add", {
    window: rest.map((_, k) => k + 2),
    inserted: [0],
    to: [0],
    vector: 2,
  });
  return t.moveAxis(sums, 0, axis);
}

/** The inverse of `toColumns`, elements of several patches summed up. */
function fromColumns(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const self = n.tensor("self");
  const isSingle = t.rank(self) === 2;
  const x = isSingle ? t.unsqueeze(self, [0]) : self;
  const [height, width] = n.dims("output_size", 2);
  const [rows, columns] = patchAxes(n, [height!, width!]);
  const [batch, stacked] = t.shape(x);
  const channels = dims.floorDiv(stacked!, rows.kernel * columns.kernel);
  const apart = t.reshape(x, [batch!, channels, rows.kernel, columns.kernel, rows.count, columns.count]);
  const pairs = t.transpose(apart, [0, 1, 2, 4, 3, 5]);
  const whole = (size: Dim, patch: PatchAxis): Dim => dims.add(size, 2 * patch.padding);
  const narrow = summedUp(t, pairs, 4, columns, whole(width!, columns));
  const image = summedUp(t, narrow, 2, rows, whole(height!, rows));
  const from = [0, 0, rows.padding, columns.padding];
  const cut = t.slice(image, from, [
    batch!,
    channels,
    dims.add(height!, rows.padding),
    dims.add(width!, columns.padding),
  ]);
  return isSingle ? t.squeeze(cut, [0]) : cut;
}

export const patches: Rows = {
  "aten.im2col.default": toColumns,
  "aten.col2im.default": fromColumns,
};
