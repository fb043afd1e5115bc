/**
 * @file `psm.rotary_embedding`: x [B, H, S, D] (or [B, S, H, D] with `heads_axis` 2), the cosines and sines of every place
 * [B, S, R / 2], where R is `rotary_dim` or else D. Pairs are the two halves of what is turned, or neighbours with
 * `interleaved`; what is beyond R stays as it is.
 */

import type { Value } from "../graph.js";
import type { TensorBuilder } from "../tensor-builder.js";
import { given, integers, unit } from "./attributes.js";

export interface RotaryForm {
  readonly headsAxis: 1 | 2;
  readonly interleaved: boolean;
  /** How much of the last axis is turned; all of it if not given. */
  readonly rotaryDim?: number | undefined;
}

export function rotaryEmbedding(
  t: TensorBuilder,
  operands: readonly [x: Value, cos: Value, sin: Value],
  { headsAxis, interleaved, rotaryDim }: RotaryForm,
): Value {
  const attributes = {
    ...integers(t, { heads_axis: headsAxis }),
    ...given({ interleaved: interleaved ? unit : undefined }),
    ...(rotaryDim === undefined ? {} : integers(t, { rotary_dim: rotaryDim })),
  };
  const [y] = t.composite("psm.rotary_embedding", operands, attributes, (b, [x, cos, sin]) => {
    const whole = b.shape(x!)[3]!;
    const turned = rotaryDim ?? whole;
    const part = b.sliceAxis(x!, 3, 0, turned);
    const spread = (angle: Value): Value => b.unsqueeze(angle, [headsAxis]);
    const result = turn(b, part, spread(cos!), spread(sin!), interleaved);
    return [b.concat([result, ...(rotaryDim === undefined ? [] : [b.sliceAxis(x!, 3, turned, whole)])], 3)];
  });
  return y!;
}

/** Pairs (a, b) as (a * cos - b * sin, a * sin + b * cos). */
function turn(t: TensorBuilder, x: Value, cos: Value, sin: Value, interleaved: boolean): Value {
  const { dims } = t.context;
  const shape = t.shape(x);
  const half = dims.floorDiv(shape[3]!, 2);
  // [..., pairs, 2] or [..., 2, pairs]
  const apart = t.reshape(x, [...shape.slice(0, 3), ...(interleaved ? [half, 2] : [2, half])]);
  const axis = interleaved ? 4 : 3;
  const [a, b] = [t.at(apart, axis, 0), t.at(apart, axis, 1)];
  const first = t.sub(t.mul(a, cos), t.mul(b, sin));
  const second = t.add(t.mul(a, sin), t.mul(b, cos));
  return t.reshape(t.concat([t.unsqueeze(first, [axis]), t.unsqueeze(second, [axis])], axis), shape);
}
