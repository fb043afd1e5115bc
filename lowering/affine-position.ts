/** @file An affine expression of iteration dimensions as `index` arithmetic over their positions. */

import type { AffineExpr } from "../ir/affine-expr.js";
import type { Builder } from "../ir/builder.js";
import { constantIndex } from "../ir/dialects/arith/constant.js";
import * as i from "../ir/dialects/arith/integer.js";
import type { Value } from "../ir/graph.js";
import { unreachable } from "../ir/unreachable.js";

export function affinePosition(b: Builder, e: AffineExpr, at: (dim: number) => Value): Value {
  const pair = (x: { readonly lhs: AffineExpr; readonly rhs: AffineExpr }) => ({
    lhs: affinePosition(b, x.lhs, at),
    rhs: affinePosition(b, x.rhs, at),
  });
  switch (e.kind) {
    case "dim":
      return at(e.position);
    case "symbol":
      throw new Error("an indexing map has no symbols");
    case "constant":
      return constantIndex(b, e.value);
    case "add":
      return b.value(i.addi, pair(e), {});
    case "mul":
      return b.value(i.muli, pair(e), {});
    case "floordiv":
      return b.value(i.floordivsi, pair(e), {});
    case "ceildiv":
      return b.value(i.ceildivsi, pair(e), {});
    case "mod":
      return b.value(i.remui, pair(e), {});
    default:
      return unreachable(e);
  }
}
