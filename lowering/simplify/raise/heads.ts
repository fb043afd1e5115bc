/** @file Keys and values repeated for the heads that share them, as `[b, g, s, d]`, `[b, g, r, s, d]`, `[b, g * r, s, d]`. */

import type { Context } from "../../../ir/context.js";
import { dynamicReshape } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { reshape } from "../../../ir/dialects/stablehlo/shape.js";
import type { Dim } from "../../../ir/dim.js";
import { behind, shapeOf, type View, viewOf, whole } from "./view.js";

/** What was repeated, and how often each head of it. */
export interface Shared {
  readonly view: View;
  readonly times: Dim;
}

/** What `view` repeats along its axis `head`, and along no other. */
export function sharedHeads(context: Context, view: View, head: number): Shared | undefined {
  const op = view.value.definingOp;
  const place = view.axes[head];
  if (!op || place === undefined) return undefined;
  const sizes = shapeOf(view.value);
  if (!reshape.matches(op) && !dynamicReshape.matches(op)) {
    const source = behind(view);
    const isOnly = view.axes.every((axis, i) => axis === undefined || i === head || source.axes[i] !== undefined);
    return source.axes[head] === undefined && isOnly ? { view: source, times: sizes[place]! } : undefined;
  }
  const apart = op.operand(0);
  const from = shapeOf(apart);
  const isMerge =
    from.length === sizes.length + 1 &&
    sizes.every((d, i) =>
      i === place
        ? context.dims.provablyEqual(context.dims.mul(from[i]!, from[i + 1]!), d)
        : from[i < place ? i : i + 1] === d,
    );
  if (!isMerge) return undefined;
  const source = viewOf(apart);
  const axes = view.axes.map((axis) => (axis === undefined ? undefined : source.axes[axis <= place ? axis : axis + 1]));
  const repeats = whole(apart).axes.flatMap((axis, i) =>
    axis !== undefined && source.axes[i] === undefined ? [i] : [],
  );
  return repeats.length === 1 && repeats[0] === place + 1
    ? { view: { value: source.value, axes }, times: from[place + 1]! }
    : undefined;
}
