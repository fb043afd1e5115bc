/** @file Complex elementwise operations in structured form: part by part against the interpreter, branch cuts and special values included. */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../../ir/define.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, getScalar, type NdArray } from "../../../ir/ndarray.js";
import type { Complex } from "../../../ir/scalar.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { stablehloToLinalg } from "../../../lowering/fuse/stablehlo-to-linalg.js";
import { expandMath } from "../../../lowering/legalize/expand-math.js";
import { Random } from "../../support/random.js";
import { expectReadable, main, parseText } from "./structured.js";

type Element = "complex<f32>" | "complex<f64>";
const elements: readonly Element[] = ["complex<f32>", "complex<f64>"];

const edges = [0, -0, 1, -1, 0.5, 2.5, -3, 1e-3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** Every pair of edges, then random numbers near 1 and of many sizes. */
function numbers(seed: number): Complex[] {
  const random = new Random(seed);
  const near = Array.from({ length: 150 }, () => ({ re: random.unit() * 6 - 3, im: random.unit() * 6 - 3 }));
  const wild = (): number => (random.unit() - 0.5) * 2 ** random.int(-30, 30);
  const far = Array.from({ length: 100 }, () => ({ re: wild(), im: wild() }));
  return [...edges.flatMap((re) => edges.map((im) => ({ re, im }))), ...near, ...far];
}

const ulps: Readonly<Record<Element, number>> = { "complex<f32>": 2 ** -23, "complex<f64>": 2 ** -52 };

/** True where the parts are equal to within `units` of the last place of the part, or of the modulus where `byNorm`. */
function agrees(got: Complex, want: Complex, element: Element, units: number, byNorm: boolean): boolean {
  const norm = Math.hypot(want.re, want.im);
  const part = (a: number, b: number): boolean => {
    if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return true;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
    if (a === 0 && b === 0) return false;
    const scale = byNorm && Number.isFinite(norm) ? norm : Math.abs(b);
    return Math.abs(a - b) <= units * ulps[element] * scale + Number.MIN_VALUE * 4;
  };
  return part(got.re, want.re) && part(got.im, want.im);
}

interface Form {
  readonly units: number;
  /** Errors count against the modulus: a part may cancel, here and in the interpreter. */
  readonly byNorm?: boolean;
}

function check(
  name: string,
  element: Element,
  operands: readonly (readonly Complex[])[],
  { units, byNorm = false }: Form,
): void {
  const context = newContext();
  const type = `tensor<${operands[0]!.length}x${element}>`;
  const args = operands.map((_, i) => `%arg${i}`).join(", ");
  const module = parseText(
    main(
      operands.map(() => type),
      [type],
      `%r0 = "stablehlo.${name}"(${args}) : (${operands.map(() => type).join(", ")}) -> ${type}`,
    ),
    context,
  );
  const inputs = operands.map((x) => fromScalars(element, [x.length], x));
  const [wanted] = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  stablehloToLinalg.run(module, context);
  expect(verify(module, context)).toEqual([]);
  expectReadable(printModule(module, context));
  expandMath.run(module, context);
  const [got] = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  for (let i = 0; i < operands[0]!.length; i++) {
    const [a, b] = [got!, wanted!].map((x) => getScalar(x, i) as Complex);
    const label = inputs.map((x) => JSON.stringify(show(getScalar(x, i) as Complex))).join(" ");
    expect(agrees(a!, b!, element, units, byNorm), `${name} of ${label}: ${show(a!)}, not ${show(b!)}`).toBe(true);
  }
}

const show = ({ re, im }: Complex): string => [re, im].map((x) => (Object.is(x, -0) ? "-0" : String(x))).join(" + i ");

const unary: Readonly<Record<string, Form>> = {
  cbrt: { units: 4 },
  cosine: { units: 4 },
  exponential: { units: 4 },
  exponential_minus_one: { units: 4, byNorm: true },
  log: { units: 4 },
  log_plus_one: { units: 4 },
  logistic: { units: 6, byNorm: true },
  negate: { units: 0 },
  rsqrt: { units: 4 },
  sign: { units: 2 },
  sine: { units: 4 },
  sqrt: { units: 3 },
  tan: { units: 6 },
  tanh: { units: 6 },
};

describe.each(elements)("%s", (element) => {
  it.each(Object.keys(unary))("%s", (name) => {
    check(name, element, [numbers(1)], unary[name]!);
  });

  it.each(["add", "subtract", "multiply", "divide"])("%s", (name) => {
    const [x, y] = [numbers(2), numbers(3)];
    check(name, element, [x, y.map((_, i) => y[(i * 7) % y.length]!)], {
      units: 4,
      byNorm: name === "multiply" || name === "divide",
    });
  });

  it("power", () => {
    const random = new Random(9);
    const base = Array.from({ length: 200 }, () => ({ re: random.unit() * 4 - 2, im: random.unit() * 4 - 2 }));
    const exponent = base.map((_, i) => ({ re: random.unit() * 4 - 2, im: i % 3 === 0 ? 0 : random.unit() * 4 - 2 }));
    const zeros = [0, 1, -2, 0.5].map((re) => ({ re, im: 0 }));
    const edge = [...zeros, ...zeros.map(({ re }) => ({ re, im: 1 }))];
    check(
      "power",
      element,
      [
        [...base, ...edge.map(() => ({ re: 0, im: 0 }))],
        [...exponent, ...edge],
      ],
      { units: 12, byNorm: true },
    );
  });

  it("atan2", () => {
    const random = new Random(10);
    const some = (): Complex[] =>
      Array.from({ length: 200 }, (_, i) => ({
        re: random.unit() * 4 - 2,
        im: i % 4 === 0 ? 0 : random.unit() * 4 - 2,
      }));
    check("atan2", element, [some(), some()], { units: 64, byNorm: true });
  });

  it("abs and comparisons", () => {
    const context = newContext();
    const [x, y] = [numbers(4), numbers(4)];
    y[5] = { re: 7, im: 7 };
    const part = element === "complex<f32>" ? "f32" : "f64";
    const type = (e: string): string => `tensor<${x.length}x${e}>`;
    const body = `%r0 = "stablehlo.abs"(%arg0) : (${type(element)}) -> ${type(part)}
      %r1 = stablehlo.compare EQ, %arg0, %arg1 : (${type(element)}, ${type(element)}) -> ${type("i1")}
      %r2 = stablehlo.compare NE, %arg0, %arg1 : (${type(element)}, ${type(element)}) -> ${type("i1")}`;
    const module = parseText(main([type(element), type(element)], [type(part), type("i1"), type("i1")], body), context);
    const inputs = [x, y].map((z) => fromScalars(element, [z.length], z));
    const wanted = interpret(module, "main", inputs as Datum[], context) as NdArray[];
    stablehloToLinalg.run(module, context);
    const got = interpret(module, "main", inputs as Datum[], context) as NdArray[];
    expect(got[1]!.data).toEqual(wanted[1]!.data);
    expect(got[2]!.data).toEqual(wanted[2]!.data);
    for (let i = 0; i < x.length; i++) {
      const [a, b] = [got[0]!.data[i] as number, wanted[0]!.data[i] as number];
      expect(Object.is(a, b) || Math.abs(a - b) <= 2 * ulps[element] * b, show(x[i]!)).toBe(true);
    }
  });

  it("abs and divide neither over- nor underflow on the way", () => {
    const huge = element === "complex<f32>" ? 2 ** 126 : 2 ** 1022;
    const tiny = element === "complex<f32>" ? 2 ** -140 : 2 ** -1060;
    const sizes = [huge, 1, tiny, -huge, -tiny, 1.5];
    const all = sizes.flatMap((re) => sizes.map((im) => ({ re, im })));
    check("sqrt", element, [all], { units: 3 });
    const divisors = all.map((_, i) => all[(i * 5 + 3) % all.length]!);
    const context = newContext();
    const type = `tensor<${all.length}x${element}>`;
    const module = parseText(main([type, type], [type], `%r0 = stablehlo.divide %arg0, %arg1 : ${type}`), context);
    stablehloToLinalg.run(module, context);
    const inputs = [all, divisors].map((z) => fromScalars(element, [z.length], z));
    const [got] = interpret(module, "main", inputs as Datum[], context) as NdArray[];
    all.forEach((a, i) => {
      const want = exactQuotient(a, divisors[i]!, element);
      const found = getScalar(got!, i) as Complex;
      for (const part of ["re", "im"] as const) {
        const near =
          Math.abs(found[part] - want[part]) <=
          8 * ulps[element] * Math.hypot(want.re, want.im) + 4 * smallest[element];
        expect(
          found[part] === want[part] || near,
          `${show(a)} / ${show(divisors[i]!)} = ${show(found)}, not ${show(want)}`,
        ).toBe(true);
      }
    });
  });
});

const smallest: Readonly<Record<Element, number>> = { "complex<f32>": 2 ** -149, "complex<f64>": 2 ** -1074 };

/** A finite double in units of 2^-1074. */
function whole(x: number): bigint {
  const unit = Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) - 60);
  const digits = x === 0 ? 0 : x * 2 ** Math.floor(-unit / 2) * 2 ** Math.ceil(-unit / 2);
  return BigInt(digits) << BigInt(x === 0 ? 0 : unit + 1074);
}

/** A quotient of finite numbers, rounded to the part. */
function exactQuotient(a: Complex, b: Complex, element: Element): Complex {
  const [p, q, r, s] = [a.re, a.im, b.re, b.im].map(whole) as [bigint, bigint, bigint, bigint];
  const norm = r * r + s * s;
  const ratio = (x: bigint): number => {
    const bits = ((x < 0n ? -x : x) << 1300n) / norm;
    const length = bits.toString(2).length;
    const kept = length > 60 ? bits >> BigInt(length - 60) : bits;
    const power = (length > 60 ? length - 60 : 0) - 1300;
    const size = Number(kept) * 2 ** Math.max(power, -1000) * 2 ** Math.min(power + 1000, 0);
    const signed = x < 0n ? -size : size;
    return element === "complex<f32>" ? Math.fround(signed) : signed;
  };
  return { re: ratio(p * r + q * s), im: ratio(q * r - p * s) };
}
