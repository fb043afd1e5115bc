/** @file The modified Bessel function of order 0, summed up as a series. */

import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { Call, Rows } from "../call.js";
import { toFloating } from "../promotion.js";

/**
 * 1 + q / 1^2 * (1 + q / 2^2 * (1 + q / 3^2 * ...)) with q = x^2 / 4, in f64. All terms are positive, so that nothing is
 * lost; beyond the places where so many terms are too few, the result is too large for its element.
 */
function modifiedBessel(n: Call): Value {
  const { t } = n;
  const x = n.operand("self", toFloating(n.element("self")));
  const terms = t.element(x) === "f64" ? 1400 : 160;
  const wide = t.convert(x, "f64");
  const quarter = t.mul(t.mul(wide, wide), 0.25);
  const { state } = buildLoop(t, {
    init: [t.fillLike(1, wide)],
    trips: terms,
    body: (b, k, [sum]) => {
      const order = b.convert(b.sub(terms, k), "f64");
      const factor = b.div(quarter, b.broadcast(b.mul(order, order), b.shape(quarter), []));
      return { state: [b.add(b.mul(factor, sum!), 1)], stacked: [] };
    },
  });
  return t.convert(state[0]!, n.out);
}

export const bessels: Rows = {
  "aten.i0": modifiedBessel,
  "aten.special_i0": modifiedBessel,
  "aten.special_modified_bessel_i0": modifiedBessel,
};
