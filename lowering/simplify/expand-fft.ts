/**
 * @file Pass `expand-fft`: Fourier transforms of any length as reshapes, contractions with small matrices of roots of
 * unity, and products with such roots. A length splits into factors of at most 16 (Cooley and Tukey, 1965); what is left
 * when none divides it is a matrix where that is small, else a convolution by transforms of a power of two (Bluestein,
 * 1970). Roots are computed in double precision, so an error grows with the logarithm of the length only.
 */

import type { FftType } from "../../ir/dialects/stablehlo/attributes.js";
import * as parts from "../../ir/dialects/stablehlo/convert.js";
import { fft } from "../../ir/dialects/stablehlo/fft.js";
import { transform } from "../../ir/dialects/stablehlo/fourier.js";
import { range } from "../../ir/dialects/stablehlo/shapes.js";
import type { ComplexElement } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import { fromScalars } from "../../ir/ndarray.js";
import type { Complex } from "../../ir/scalar.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf } from "../../ir/types.js";
import { expansionPass } from "./expand.js";

/** Factors beyond this are split further where they can be. */
const MAX_FACTOR = 16;
/** Lengths up to this are one matrix where they cannot be split. */
const MAX_MATRIX = 64;

/** e^(-+2 pi i k / n), from an angle in the first eighth of the circle. */
function rootOfUnity(k: number, n: number, isInverse: boolean): Complex {
  const eighths = (8 * (k % n)) / n;
  const octant = Math.floor(eighths);
  const rest = (Math.PI / 4) * (octant % 2 === 0 ? eighths - octant : octant + 1 - eighths);
  const [c, s] = [Math.cos(rest), Math.sin(rest)];
  const [x, y] = octant % 4 === 0 || octant % 4 === 3 ? [c, s] : [s, c];
  const re = octant >= 2 && octant < 6 ? -x : x;
  const im = octant < 4 ? y : -y;
  return { re, im: isInverse ? im : -im };
}

const scaled = ({ re, im }: Complex, by: number): Complex => ({ re: re * by, im: im * by });

/** One transform of the last axis; the inverse is divided by the length. */
class Transform {
  readonly #t: TensorBuilder;
  readonly #element: ComplexElement;
  readonly #isInverse: boolean;

  constructor(t: TensorBuilder, element: ComplexElement, isInverse: boolean) {
    this.#t = t;
    this.#element = element;
    this.#isInverse = isInverse;
  }

  of(x: Value, n: number): Value {
    if (n === 1) return x;
    const factor = factorOf(n);
    if (factor < n) return this.#split(x, factor, n / factor);
    return n <= MAX_MATRIX ? this.#matrix(x, n) : this.#convolved(x, n);
  }

  #constant(shape: readonly number[], values: readonly Complex[]): Value {
    return this.#t.constant(fromScalars(this.#element, shape, values));
  }

  /** X[k] = sum over j of x[j] root^(j k) */
  #matrix(x: Value, n: number): Value {
    const scale = this.#isInverse ? 1 / n : 1;
    const roots = range(n * n).map((i) =>
      scaled(rootOfUnity((Math.floor(i / n) * (i % n)) % n, n, this.#isInverse), scale),
    );
    const last = this.#t.rank(x) - 1;
    return this.#t.dot(x, this.#constant([n, n], roots), { contract: [[last], [0]] });
  }

  /** x[j1 b + j2] to X[k1 + a k2]: transforms over j1, roots^(j2 k1), transforms over j2. */
  #split(x: Value, a: number, b: number): Value {
    const t = this.#t;
    const lead = t.shape(x).slice(0, -1);
    const rank = lead.length;
    const columns = t.transpose(t.reshape(x, [...lead, a, b]), [...range(rank), rank + 1, rank]);
    const first = this.of(columns, a);
    const roots = range(a * b).map((i) => rootOfUnity((Math.floor(i / a) * (i % a)) % (a * b), a * b, this.#isInverse));
    const turned = t.mul(first, this.#constant([b, a], roots));
    const second = this.of(t.transpose(turned, [...range(rank), rank + 1, rank]), b);
    const order = t.transpose(second, [...range(rank), rank + 1, rank]);
    return t.reshape(order, [...lead, a * b]);
  }

  /** j k = (j^2 + k^2 - (k - j)^2) / 2: a convolution with a chirp, done by transforms of a power of two. */
  #convolved(x: Value, n: number): Value {
    const t = this.#t;
    const lead = t.shape(x).slice(0, -1);
    const length = 2 ** Math.ceil(Math.log2(2 * n - 1));
    const chirp = range(n).map((k) => rootOfUnity((k * k) % (2 * n), 2 * n, this.#isInverse));
    const weights = this.#constant([n], chirp);
    const zero = t.splat({ re: 0, im: 0 }, [], this.#element);
    const none = lead.map(() => 0);
    const padded = t.pad(t.mul(x, weights), zero, [...none, 0], [...none, length - n]);
    const spectrum = new Transform(t, this.#element, false).of(padded, length);
    const scale = this.#isInverse ? 1 / n : 1;
    const filtered = t.mul(spectrum, this.#constant([length], chirpSpectrum(chirp, length, scale)));
    const back = new Transform(t, this.#element, true).of(filtered, length);
    return t.mul(t.sliceAxis(back, lead.length, 0, n), weights);
  }
}

/** The transform of the conjugate chirp, laid out around 0. */
function chirpSpectrum(chirp: readonly Complex[], length: number, scale: number): readonly Complex[] {
  const signal = new Float64Array(2 * length);
  chirp.forEach(({ re, im }, k) => {
    for (const at of new Set([k, (length - k) % length])) {
      signal[2 * at] = re;
      signal[2 * at + 1] = -im;
    }
  });
  const spectrum = transform(signal, false);
  return range(length).map((k) => ({ re: spectrum[2 * k]! * scale, im: spectrum[2 * k + 1]! * scale }));
}

/** The factor of `n` to begin with; `n` itself where it is not to be split. */
function factorOf(n: number): number {
  if (n <= MAX_FACTOR) return n;
  for (let factor = MAX_FACTOR; factor > 1; factor--) if (n % factor === 0) return factor;
  for (let factor = MAX_FACTOR + 1; factor * factor <= n; factor++) if (n % factor === 0) return factor;
  return n;
}

/** Transforms `axis` of length `n`. */
function alongAxis(t: TensorBuilder, x: Value, axis: number, n: number, by: Transform): Value {
  const last = t.rank(x) - 1;
  return t.moveAxis(by.of(t.moveAxis(x, axis, last), n), last, axis);
}

function expand(t: TensorBuilder, op: Operation): readonly Value[] {
  const { fft_type: kind, fft_length: lengths } = fft.attrsOf(op);
  const x = op.operand(0);
  const result = elementOf(op.result.type);
  const shape = t.shape(op.result);
  if (lengths.includes(0)) return [t.fill(kind === "IRFFT" ? 0 : { re: 0, im: 0 }, shape, result)];
  const isReal = elementOf(x.type) === "f32" || elementOf(x.type) === "f64";
  const element = (isReal ? result : elementOf(x.type)) as ComplexElement;
  const by = new Transform(t, element, kind === "IFFT" || kind === "IRFFT");
  return [overAxes(t, x, kind, lengths, by)];
}

/** The real forms treat the last axis first or last, so that the others work on half of it. */
function overAxes(t: TensorBuilder, x: Value, kind: FftType, lengths: readonly number[], by: Transform): Value {
  const first = t.rank(x) - lengths.length;
  const last = t.rank(x) - 1;
  const n = lengths.at(-1)!;
  const others = (y: Value): Value =>
    lengths.slice(0, -1).reduce((z, length, k) => alongAxis(t, z, first + k, length, by), y);
  if (kind === "IRFFT") return t.emit(parts.real, { operand: by.of(mirrored(t, others(x), n), n) }, {});
  if (kind !== "RFFT") return others(by.of(x, n));
  const whole = by.of(t.emit(parts.complex, { lhs: x, rhs: t.fillLike(0, x) }, {}), n);
  return others(t.sliceAxis(whole, last, 0, Math.floor(n / 2) + 1));
}

/** A whole last axis of length `n` of its half: the rest is conjugate, backwards. */
function mirrored(t: TensorBuilder, x: Value, n: number): Value {
  const last = t.rank(x) - 1;
  const half = Math.floor(n / 2) + 1;
  if (n - half === 0) return x;
  const tail = t.reverse(t.sliceAxis(x, last, 1, n - half + 1), [last]);
  const [lhs, im] = [parts.real, parts.imag].map((def) => t.emit(def, { operand: tail }, {})) as [Value, Value];
  return t.concat([x, t.emit(parts.complex, { lhs, rhs: t.neg(im) }, {})], last);
}

export const expandFft = expansionPass("expand-fft", "Writes Fourier transforms as contractions with roots of unity.", {
  [fft.name]: expand,
});
