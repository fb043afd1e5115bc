/** @file Areas under lines through points: the trapezoidal rule, of the whole or up to each point. */

import { scan } from "../../../ir/forms/scan.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { wideOf } from "./operands.js";

/** Entries from the second on, and all before the last. */
function neighbours(n: Call, x: Value, axis: number): readonly [later: Value, earlier: Value] {
  const { t } = n;
  const size = t.shape(x)[axis]!;
  if (size === 0) return n.unsupported("there are no points");
  return [t.sliceAxis(x, axis, 1, size), t.sliceAxis(x, axis, 0, t.context.dims.sub(size, 1))];
}

/** The distances of neighbours: `dx`, or from places `x`, of one axis or as many as the values have. */
function steps(n: Call, y: Value, axis: number): Value {
  const { t } = n;
  const element = t.element(y);
  if (!n.takes("x")) return n.operand("dx", element);
  const x = n.operand("x", element);
  const rank = t.rank(y);
  if (t.rank(x) === 1) {
    const [later, earlier] = neighbours(n, x, 0);
    const gaps = t.sub(later, earlier);
    return t.reshape(
      gaps,
      t.shape(y).map((_, k) => (k === axis ? t.shape(gaps)[0]! : 1)),
    );
  }
  const [later, earlier] = neighbours(n, x, axis - rank + t.rank(x));
  return t.sub(later, earlier);
}

const area =
  (join: (t: TensorBuilder, parts: Value, axis: number) => Value): Row =>
  (n) => {
    const { t } = n;
    const y = n.operand("y", wideOf(n.out));
    const axis = n.axis("dim", t.rank(y));
    const [later, earlier] = neighbours(n, y, axis);
    const parts = t.mul(t.div(t.add(later, earlier), 2), steps(n, y, axis));
    return t.convert(join(t, parts, axis), n.out);
  };

const whole = area((t, parts, axis) => t.sum(parts, [axis]));
const running = area((t, parts, axis) =>
  scan(t, parts, axis, {
    join: t.add,
    none: t.number(0, t.element(parts)),
    reduce: (x, along) => t.sum(x, [along]),
  }),
);

export const trapezoids: Rows = {
  "aten.trapezoid": whole,
  "aten.trapz": whole,
  "aten.cumulative_trapezoid": running,
};
