/** @file Real and complex functions against Python's `math` and `cmath` (C99 Annex G) and NumPy, special values included. */

import { describe, expect, it } from "vitest";
import { type Complex, numericsOf } from "../../../ir/scalar.js";
import { pythonWith, runPython } from "../../support/python.js";

const python = pythonWith("numpy");

/** Applies a Python expression of `z` (and `w`) to every pair of doubles or complex numbers; NaN where it raises. */
const script = (expression: string, lanes: 1 | 2) => `
import sys, math, cmath, numpy
numpy.seterr(all="ignore")
raw = numpy.frombuffer(sys.stdin.buffer.read(), numpy.float64)
values = raw.view(numpy.complex128) if ${lanes} == 2 else raw
def one(z, w):
    return ${expression}
pairs = values.reshape(-1, 2)
out = numpy.array([one(z, w) for z, w in pairs.tolist()], values.dtype)
sys.stdout.buffer.write(out.tobytes())
`;

function reference(expression: string, lanes: 1 | 2, inputs: readonly number[]): Float64Array {
  const output = runPython(python!, script(expression, lanes), new Uint8Array(Float64Array.from(inputs).buffer));
  return new Float64Array(new Uint8Array(output).buffer);
}

let state = 7;
function random(low: number, high: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return low + ((high - low) * state) / 2 ** 32;
}

const sample = (count: number, low: number, high: number) => Array.from({ length: count }, () => random(low, high));
const complexOf = (raw: ArrayLike<number>, i: number): Complex => ({ re: raw[2 * i]!, im: raw[2 * i + 1]! });
const show = ({ re, im }: Complex) => `(${re}, ${im})`;

/** |got - want| / |want| of complex numbers that are finite. */
function complexError(got: Complex, want: Complex): number {
  const size = Math.hypot(want.re, want.im);
  const error = Math.hypot(got.re - want.re, got.im - want.im);
  return error === 0 ? 0 : error / size;
}

describe.skipIf(python === undefined)("real functions equal Python's", () => {
  const f64 = numericsOf("f64");
  const cases = [
    { name: "erf", expression: "math.erf(z)", low: -7, high: 7 },
    { name: "erfc", expression: "math.erfc(z)", low: -7, high: 26 },
    { name: "logistic", expression: "1 / (1 + math.exp(-z))", low: -30, high: 30 },
    { name: "cbrt", expression: "float(numpy.cbrt(z))", low: -1e3, high: 1e3 },
    { name: "expm1", expression: "math.expm1(z)", low: -2, high: 2 },
    { name: "log1p", expression: "math.log1p(z)", low: -0.9, high: 2 },
    { name: "atanh", expression: "math.atanh(z)", low: -1, high: 1 },
    { name: "asinh", expression: "math.asinh(z)", low: -1e2, high: 1e2 },
    { name: "tanh", expression: "math.tanh(z)", low: -5, high: 5 },
    { name: "sin", expression: "math.sin(z)", low: -1e5, high: 1e5 },
  ] as const;
  for (const { name, expression, low, high } of cases) {
    it(`${name}: within 8 units in the last place of a double`, () => {
      const inputs = [...sample(3000, low, high), ...sample(1000, -1e-3, 1e-3)];
      const want = reference(
        expression,
        1,
        inputs.flatMap((x) => [x, 0]),
      );
      const wrong: string[] = [];
      inputs.forEach((x, i) => {
        const got = f64[name](x) as number;
        if (!(Math.abs(got - want[i]!) <= 8 * 2 ** -53 * Math.abs(want[i]!)))
          wrong.push(`${x}: ${got}, not ${want[i]}`);
      });
      expect(wrong.slice(0, 5)).toEqual([]);
    });
  }

  it("erf and erfc end where doubles do", () => {
    const inputs = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2.5, -2.5, 5.9, 6.1, 1e-300];
    expect(inputs.map((x) => f64.erf(x))).toEqual([
      ...reference(
        "math.erf(z)",
        1,
        inputs.flatMap((x) => [x, 0]),
      ),
    ]);
    expect(f64.erfc(Number.POSITIVE_INFINITY)).toBe(0);
    expect(f64.erfc(Number.NEGATIVE_INFINITY)).toBe(2);
  });
});

describe.skipIf(python === undefined)("complex functions equal cmath's", () => {
  const c64 = numericsOf("complex<f64>");
  const unary = [
    { name: "exp", expression: "cmath.exp(z)" },
    { name: "log", expression: "cmath.log(z)" },
    { name: "sqrt", expression: "cmath.sqrt(z)" },
    { name: "rsqrt", expression: "1 / cmath.sqrt(z)" },
    { name: "sin", expression: "cmath.sin(z)" },
    { name: "cos", expression: "cmath.cos(z)" },
    { name: "tan", expression: "cmath.tan(z)" },
    { name: "sinh", expression: "cmath.sinh(z)" },
    { name: "cosh", expression: "cmath.cosh(z)" },
    { name: "tanh", expression: "cmath.tanh(z)" },
    { name: "expm1", expression: "complex(numpy.expm1(z))" },
    { name: "log1p", expression: "cmath.log(1 + z)" },
    { name: "logistic", expression: "1 / (1 + cmath.exp(-z))" },
    { name: "cbrt", expression: "z ** (1 / 3)" },
    { name: "sign", expression: "z / abs(z)" },
  ] as const;

  for (const { name, expression } of unary) {
    it(`${name}: relative error below 4e-15`, () => {
      const inputs = [...sample(2000, -4, 4), ...sample(400, -30, 30)];
      const want = reference(
        `(lambda f: complex(f(z)))(lambda z: ${expression}) if True else w`,
        2,
        inputs.flatMap((x, i) => (i % 2 === 0 ? [x] : [x, 0, 0])),
      );
      const wrong: string[] = [];
      for (let i = 0; i < inputs.length / 2; i++) {
        const got = c64[name](complexOf(inputs, i)) as Complex;
        if (!(complexError(got, complexOf(want, i)) < 4e-15)) {
          wrong.push(`${show(complexOf(inputs, i))}: ${show(got)}, not ${show(complexOf(want, i))}`);
        }
      }
      expect(wrong.slice(0, 5)).toEqual([]);
    });
  }

  const binary = [
    { name: "mul", expression: "z * w" },
    { name: "div", expression: "z / w" },
    { name: "pow", expression: "z ** w" },
  ] as const;
  for (const { name, expression } of binary) {
    it(`${name}: relative error below 2e-14`, () => {
      const inputs = sample(4000, -4, 4);
      const want = reference(expression, 2, inputs);
      const wrong: string[] = [];
      for (let i = 0; i < inputs.length / 4; i++) {
        const [z, w] = [complexOf(inputs, 2 * i), complexOf(inputs, 2 * i + 1)];
        const got = c64[name](z, w) as Complex;
        if (!(complexError(got, complexOf(want, i)) < 2e-14)) wrong.push(`${show(z)} ${show(w)}: ${show(got)}`);
      }
      expect(wrong.slice(0, 5)).toEqual([]);
    });
  }

  /** Functions whose angle is the real part. */
  const angles: ReadonlySet<string> = new Set(["sin", "cos", "tan"]);
  const edges = [0, -0, 1, -1, 0.5, -2, 800, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const name of ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"] as const) {
    it(`${name}: zeros keep their signs, and infinities and NaNs go where Annex G sends them`, () => {
      const inputs = edges.flatMap((re) => edges.map((im) => ({ re, im })));
      // cmath raises where C sets a flag; NumPy does not, and is as exact about signs.
      const want = reference(
        `complex(numpy.${name}(z))`,
        2,
        inputs.flatMap(({ re, im }) => [re, im, 0, 0]),
      );
      const wrong = inputs.flatMap((z, i) => {
        const [got, ref] = [c64[name](z) as Complex, complexOf(want, i)];
        // At an infinite or unknown angle, Annex G leaves the signs of zeros and infinities open.
        const open = !Number.isFinite(angles.has(name) ? z.re : z.im) && name !== "log" && name !== "sqrt";
        const same = open ? closeMagnitude : close;
        return same(got.re, ref.re) && same(got.im, ref.im) ? [] : [`${show(z)}: ${show(got)}, not ${show(ref)}`];
      });
      expect(wrong).toEqual([]);
    });
  }

  const closeMagnitude = (got: number, want: number) => close(Math.abs(got), Math.abs(want));

  function close(got: number, want: number): boolean {
    if (!Number.isFinite(want) || want === 0) return Object.is(got, want);
    return Math.abs(got - want) <= 1e-14 * Math.abs(want);
  }
});
