/** @file The largest elements of windows whose places along each axis follow from a random number. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Row, Rows } from "../call.js";

/**
 * Where the windows along an axis begin, [batch, channels, windows]: window i at trunc((i + u) * a) - trunc(u * a), where
 * `a` is the room for beginnings over the windows after the first; the last one ends with the axis.
 */
function starts(n: Call, sample: Value, input: Dim, kernel: number, output: number): Value {
  const { t } = n;
  const room = t.context.dims.sub(input, kernel);
  const shape = [...t.shape(sample), output];
  const place = t.iota(shape, 2, "i64");
  const last = t.broadcast(t.scalar(room), shape, []);
  if (output === 1) return last;
  const element = t.element(sample);
  const step = t.div(t.convert(t.scalar(room), element), output - 1);
  const own = t.unsqueeze(sample, [2]);
  const whole = (x: Value): Value => t.convert(t.floor(t.mul(x, step)), "i64");
  const begun = t.sub(whole(t.add(t.convert(place, element), own)), whole(own));
  return t.select(t.eq(place, output - 1), last, begun);
}

/** `order` says which random number is for which axis. */
const fractional =
  (spatial: number, order: readonly number[]): Row =>
  (n) => {
    const { t } = n;
    const { dims } = t.context;
    const self = n.tensor("self");
    const isSingle = t.rank(self) === spatial + 1;
    const x = isSingle ? t.unsqueeze(self, [0]) : self;
    const [batch, channels, ...sizes] = t.shape(x);
    const [kernel, output] = [n.ints("kernel_size", spatial), n.ints("output_size", spatial)];
    // There may be random numbers for more samples than there are.
    const samples = t.sliceAxis(n.tensor("random_samples"), 0, 0, batch!);
    const cells = dims.product(output);
    // [batch, channels, windows of axis 0, ..., elements of axis 0, ...]: places within the channel.
    const places = sizes
      .map((size, i) => {
        const first = starts(n, t.at(samples, 2, order[i]!), size, kernel[i]!, output[i]!);
        const along = t.add(t.unsqueeze(first, [3]), t.iota([kernel[i]!], 0, "i64"));
        const spread = [...output, ...kernel].map((_, k) =>
          k === i ? output[i]! : k === spatial + i ? kernel[i]! : 1,
        );
        const stride = dims.product(sizes.slice(i + 1));
        return t.mul(t.reshape(along, [batch!, channels!, ...spread]), t.scalar(stride));
      })
      .reduce((a, b) => t.add(a, b));
    const rows = t.reshape(places, [batch!, channels!, dims.mul(cells, dims.product(kernel))]);
    const flat = t.reshape(x, [batch!, channels!, dims.product(sizes)]);
    const windows = [batch!, channels!, ...output, dims.product(kernel)];
    const under = t.reshape(t.takeAlong(flat, rows, 2), windows);
    const axis = spatial + 2;
    const chosen = t.unsqueeze(t.argReduce(under, axis, "max"), [axis]);
    const at = t.takeAlong(t.reshape(places, windows), chosen, axis);
    const results = [t.reduce(under, [axis], "max"), t.squeeze(at, [axis])];
    return isSingle ? results.map((y) => t.squeeze(y, [0])) : results;
  };

export const fractionalPoolings: Rows = {
  "aten.fractional_max_pool2d": fractional(2, [1, 0]),
  "aten.fractional_max_pool3d": fractional(3, [0, 1, 2]),
};
