/** @file Gradients of parts of tensors: zeros with the gradient where the part was. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./operands.js";
import { diagonalOf, placeIn, sliced } from "./views.js";

function zeros(n: Call, sizes: readonly Dim[]): Value {
  return n.t.broadcast(n.t.number(0, n.out), sizes, []);
}

function ofSlice(n: Call): Value {
  const { t } = n;
  const sizes = n.dims("input_sizes");
  const axis = n.axis("dim", sizes.length);
  const size = sizes[axis]!;
  const start = placeIn(t, n.dim("start"), size, 0);
  const end = t.context.dims.max(start, placeIn(t, n.dim("end"), size, size));
  return sliced(axis, start, end, n.int("step")).write(t, zeros(n, sizes), n.tensor("grad_output"));
}

function ofSelect(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const sizes = n.dims("input_sizes");
  const axis = n.axis("dim", sizes.length);
  const index = n.dim("index");
  const isNegative = typeof index === "number" ? index < 0 : dims.bounds(index).max < 0;
  const place = isNegative ? dims.add(sizes[axis]!, index) : index;
  const grad = t.unsqueeze(n.tensor("grad_output"), [axis]);
  return sliced(axis, place, dims.add(place, 1)).write(t, zeros(n, sizes), grad);
}

function ofDiagonal(n: Call): Value {
  const sizes = n.dims("input_sizes");
  const rank = sizes.length;
  const view = diagonalOf(n, sizes, n.axis("dim1", rank), n.axis("dim2", rank), n.int("offset"));
  return view.write(n.t, zeros(n, sizes), n.tensor("grad_output"));
}

/** The gradient goes to the entries that were chosen along `dim`. */
function ofChoice(n: Call): Value {
  const { t } = n;
  const sizes = n.dims("sizes");
  const [grad, indices] = [n.tensor("grad"), n.tensor("indices")];
  if (sizes.length === 0) return t.reshape(grad, []);
  const axis = n.axis("dim", sizes.length);
  const keep = n.bool("keepdim");
  const spread = (x: Value): Value => (keep ? x : t.unsqueeze(x, [axis]));
  const isChosen = t.eq(t.iota(sizes, axis, "i64"), spread(indices));
  return t.select(isChosen, spread(grad), 0);
}

/** Places of an axis that margins show, summed up. */
const ofPadding =
  (spatial: number, mode: "reflect" | "replicate"): Row =>
  (n) => {
    const { t } = n;
    const { dims } = t.context;
    const shape = n.shape("self");
    const padding = n.dims("padding");
    let grad = t.convert(n.tensor("grad_output"), wideOf(n.out));
    for (let i = 0; i < spatial; i++) {
      const axis = shape.length - 1 - i;
      const [low, size] = [padding[2 * i]!, shape[axis]!];
      const whole = t.shape(grad)[axis]!;
      const places = t.sub(t.iota([whole], 0, "i64"), t.scalar(low));
      const last = t.scalar(dims.sub(size, 1));
      const folded =
        mode === "replicate" ? t.min(t.max(places, 0), last) : t.sub(last, t.abs(t.sub(last, t.abs(places))));
      const front = t.moveAxis(grad, axis, 0);
      const rest = t.shape(front).slice(1);
      const none = t.broadcast(t.number(0, t.element(grad)), [size, ...rest], []);
      const axes = { window: rest.map((_, k) => k + 1), inserted: [0], to: [0], vector: 1 };
      grad = t.moveAxis(t.scatter(none, t.unsqueeze(folded, [1]), front, "add", axes), 0, axis);
    }
    return t.convert(grad, n.out);
  };

export const viewGradients: Rows = {
  "aten.slice_backward": ofSlice,
  "aten.select_backward": ofSelect,
  "aten.diagonal_backward": ofDiagonal,
  "aten.value_selecting_reduction_backward": ofChoice,
  "aten.reflection_pad1d_backward.default": ofPadding(1, "reflect"),
  "aten.reflection_pad2d_backward.default": ofPadding(2, "reflect"),
  "aten.reflection_pad3d_backward.default": ofPadding(3, "reflect"),
  "aten.replication_pad1d_backward.default": ofPadding(1, "replicate"),
  "aten.replication_pad2d_backward.default": ofPadding(2, "replicate"),
  "aten.replication_pad3d_backward.default": ofPadding(3, "replicate"),
};
