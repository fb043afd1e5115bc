/**
 * @file Images made smaller with filters as wide as the elements they join. Sizes must be known: the filters are products
 * with matrices that are computed here and now.
 */

import type { Value } from "../../../ir/graph.js";
import { fromScalars } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { Call, Row, Rows } from "../call.js";
import { type AxisResize, resizesOf } from "./interpolation.js";
import { wideOf } from "./widths.js";

/** A filter: how much of it lies at a distance, nothing from `support` on. */
interface Filter {
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const triangle: Filter = { support: 1, weight: (d) => Math.max(0, 1 - Math.abs(d)) };

/** Keys' cubic convolution with -0.5. */
const cubic: Filter = {
  support: 2,
  weight(distance) {
    const d = Math.abs(distance);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
  },
};

/** What each element of the image counts for in one of the result. */
function weightsOf(i: number, input: number, step: number, filter: Filter): readonly number[] {
  const width = Math.max(step, 1);
  // Coordinates are computed in f32.
  const center = Math.fround(step * (i + 0.5));
  const reach = filter.support * width;
  const first = Math.max(0, Math.trunc(center - reach + 0.5));
  const end = Math.min(input, Math.trunc(center + reach + 0.5));
  const raw = Array.from({ length: input }, (_, j) =>
    j >= first && j < end ? filter.weight((j - center + 0.5) / width) : 0,
  );
  const total = raw.reduce((x, y) => x + y, 0);
  return total === 0 ? raw : raw.map((w) => w / total);
}

function filtered(n: Call, x: Value, a: AxisResize, filter: Filter): Value {
  const { t } = n;
  const { input, output } = a;
  if (typeof input !== "number" || typeof output !== "number")
    return n.unsupported("sizes that are not known before the model runs", "make them fixed");
  const element = t.element(x);
  const alignCorners = n.bool("align_corners");
  const step = alignCorners
    ? output > 1
      ? (input - 1) / (output - 1)
      : 0
    : a.scale !== undefined && a.scale > 0
      ? 1 / a.scale
      : input / output;
  const make = numericsOf(element).fromNumber;
  const rows = Array.from({ length: output }, (_, i) => weightsOf(i, input, Math.fround(step), filter));
  const matrix = t.constant(fromScalars(element, [output, input], rows.flat().map(make)));
  return t.moveAxis(t.dot(x, matrix, { contract: [[a.axis], [1]] }), t.rank(x) - 1, a.axis);
}

const antialiased =
  (filter: Filter): Row =>
  (n) => {
    const { t } = n;
    const x = n.tensor(n.takes("input") ? "input" : "self");
    const wide = t.convert(x, wideOf(t.element(x)));
    const changed = resizesOf(n, 2).filter((a) => !t.facts.isEqual(a.input, a.output) || a.scale !== undefined);
    return t.convert(
      changed.reduce((y, a) => filtered(n, y, a, filter), wide),
      n.out,
    );
  };

export const antialiasings: Rows = {
  "aten._upsample_bilinear2d_aa.default": antialiased(triangle),
  "aten._upsample_bilinear2d_aa.vec": antialiased(triangle),
  "aten._upsample_bicubic2d_aa.default": antialiased(cubic),
  "aten._upsample_bicubic2d_aa.vec": antialiased(cubic),
};
