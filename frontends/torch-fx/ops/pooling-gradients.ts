/** @file Gradients of average pooling: of sliding windows, and of windows that share an axis out evenly. */

import type { Dim } from "../../../ir/dim.js";
import { overCounts, pool, type SlidingWindow } from "../../../ir/forms/windows.js";
import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { Call, Row, Rows } from "../call.js";
import { batched, type Share, sharesOf, windowsOf } from "./pooling.js";
import { wideOf } from "./widths.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Every element gets what the windows over it have: sums under windows over the results, `stride` apart. */
function spread(n: Call, grad: Value, windows: readonly SlidingWindow[]): Value {
  const { t } = n;
  const { dims } = t.context;
  const margins = windows.map((w) => {
    const length = dims.add(dims.mul(dims.sub(w.count, 1), w.stride), 1);
    const low = dims.sub(w.size - 1, w.low);
    return { low, high: dims.sub(dims.sub(dims.add(w.input, w.size - 1), low), length) };
  });
  const apart = t.pad(
    grad,
    t.number(0, t.element(grad)),
    [0, 0, ...margins.map((m) => m.low)],
    [0, 0, ...margins.map((m) => m.high)],
    [0, 0, ...windows.map((w) => w.stride - 1)],
  );
  const whole = windows.map(
    (w): SlidingWindow => ({
      ...w,
      stride: 1,
      input: dims.add(w.input, w.size - 1),
      low: 0,
      high: 0,
      needed: 0,
      count: w.input,
    }),
  );
  return pool(t, apart, whole, "add");
}

const averageGradient =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const shape = n.shape("self");
    const { x, back } = batched(t, t.convert(n.tensor("grad_output"), wideOf(n.out)), spatial);
    const windows = windowsOf(n, shape.slice(-spatial), spatial);
    const divisor = n.optionalInt("divisor_override");
    const shares = divisor === undefined ? overCounts(t, x, windows, n.bool("count_include_pad")) : t.div(x, divisor);
    return t.convert(back(spread(n, shares, windows)), n.out);
  };

/** What each element has of the shares of an axis: a product with how much of each is its own. */
function shareGradient(n: Call, grad: Value, { axis, starts, ends }: Share, input: number): Value {
  const { t } = n;
  const element = t.element(grad);
  const make = numericsOf(element).fromNumber;
  const weights = starts.flatMap((start, k) =>
    count(input).map((i) => make(i >= start && i < ends[k]! ? 1 / (ends[k]! - start) : 0)),
  );
  const matrix = t.constant(fromScalars(element, [starts.length, input], weights));
  return t.moveAxis(t.dot(grad, matrix, { contract: [[axis], [0]] }), t.rank(grad) - 1, axis);
}

const adaptiveGradient =
  (spatial: number): Row =>
  (n) => {
    const { t } = n;
    const shape = n.shape("self");
    const grad = t.convert(n.tensor("grad_output"), wideOf(n.out));
    const outputs = t.shape(grad).slice(-spatial);
    if (outputs.every((d) => d === 1)) {
      const size: Dim = t.context.dims.product(shape.slice(-spatial));
      const share = t.div(grad, t.convert(t.scalar(size), t.element(grad)));
      return t.convert(t.broadcast(share, shape), n.out);
    }
    const shares = sharesOf(outputs, shape, spatial);
    if (shares === undefined) return n.unsupported("sizes that are not known before the model runs", "make them fixed");
    return t.convert(
      shares.reduce((y, share) => shareGradient(n, y, share, shape[share.axis] as number), grad),
      n.out,
    );
  };

export const poolingGradients: Rows = {
  "aten.avg_pool2d_backward.default": averageGradient(2),
  "aten.avg_pool3d_backward.default": averageGradient(3),
  "aten._adaptive_avg_pool2d_backward": adaptiveGradient(2),
  "aten._adaptive_avg_pool3d_backward": adaptiveGradient(3),
};
