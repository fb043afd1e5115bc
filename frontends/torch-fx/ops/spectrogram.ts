/** @file Short-time Fourier transforms: windows along a signal, each transformed. */

import { complex } from "../../../ir/dialects/stablehlo/convert.js";
import { fft } from "../../../ir/dialects/stablehlo/fft.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";

/** The window, or ones, in the middle of `size` places. */
function windowOf(n: Call, size: number, like: Value): Value {
  const { t } = n;
  const element = t.element(like);
  const length = n.optionalInt("win_length") ?? size;
  const given = n.optional("window");
  if (given !== undefined && elementFacts[t.element(given)].kind !== "float")
    return n.unsupported("a window that is complex or whole");
  const own = given ? t.convert(given, element) : t.broadcast(t.number(1, element), [length], []);
  const low = Math.floor((size - length) / 2);
  return t.pad(own, t.number(0, element), [low], [size - length - low]);
}

function stft(n: Call): Value {
  const { t } = n;
  const { dims } = t.context;
  const self = n.tensor("self");
  if (elementFacts[t.element(self)].kind !== "float" || elementFacts[t.element(self)].bits < 32)
    return n.unsupported("transforms of complex signals or narrow floats", "convert the signal to float32");
  if (n.has("align_to_window") && n.bool("align_to_window")) return n.unsupported("frames as long as the window");
  const x = t.rank(self) === 1 ? t.unsqueeze(self, [0]) : self;
  const size = n.int("n_fft");
  const hop = n.optionalInt("hop_length") ?? Math.floor(size / 4);
  const [, length] = t.shape(x) as readonly [Dim, Dim];
  const frames = dims.add(dims.floorDiv(dims.sub(length, size), hop), 1);
  const places = t.add(t.unsqueeze(t.mul(t.iota([frames], 0, "i64"), hop), [1]), t.iota([size], 0, "i64"));
  // [batch, frames, places]
  const cut = t.mul(t.take(x, places, 1), windowOf(n, size, x));
  const scaled = n.bool("normalized") ? t.mul(cut, 1 / Math.sqrt(size)) : cut;
  const signal = t.settle(t.emit(complex, { lhs: scaled, rhs: t.fillLike(0, scaled) }, {}));
  const whole = t.emit(fft, { operand: signal }, { fft_type: "FFT", fft_length: [size] });
  const isHalf = !n.has("onesided") || n.bool("onesided");
  const kept = isHalf ? t.sliceAxis(whole, 2, 0, Math.floor(size / 2) + 1) : whole;
  const turned = t.transpose(kept, [0, 2, 1]);
  if (elementFacts[n.out].kind !== "complex")
    return n.unsupported("parts instead of complex numbers", "ask for return_complex=True");
  return t.rank(self) === 1 ? t.squeeze(turned, [0]) : turned;
}

export const spectrograms: Rows = { "aten.stft.default": stft };
