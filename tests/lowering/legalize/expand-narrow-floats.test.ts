/** @file The pass on programs: results bit for bit those of the narrow formats, whatever shape the code has. */

import { describe, expect, it } from "vitest";
import { decodeFloat, floatFormats } from "../../../ir/float-format.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { numericsOf } from "../../../ir/scalar.js";
import { expandMath } from "../../../lowering/legalize/expand-math.js";
import { expandNarrowFloats, expandNarrowFloatsWith } from "../../../lowering/legalize/expand-narrow-floats.js";
import type { NarrowElement } from "../../../lowering/legalize/math/narrow-float.js";
import { Random } from "../../support/random.js";
import { sized } from "./functions.js";
import { type Outcome, transformed } from "./memory.js";

const formats = (Object.keys(floatFormats) as readonly NarrowElement[]).filter((e) => floatFormats[e].bits <= 16);
const COUNT = sized({ quick: 512, full: 4096, nightly: 65536 });

/** Every code of formats of at most 8 bits against many others; random codes of the wider ones. */
function codes(element: NarrowElement, seed: number): NdArray {
  const random = new Random(seed);
  const { bits } = floatFormats[element];
  const value = (i: number): number =>
    decodeFloat(element, seed === 1 && bits <= 8 ? i : Math.floor(random.unit() * 2 ** bits));
  return fromScalars(
    element,
    [COUNT],
    Array.from({ length: COUNT }, (_, i) => value(i)),
  );
}

function zeros(element: string, shape: readonly number[] = [COUNT]): NdArray {
  const e = element as NarrowElement;
  const { zero } = numericsOf(e);
  return fromScalars(
    e,
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => zero),
  );
}

/** A loop over vectors of 64 elements of `a` and `b`, which gives elements of `to`. */
function loop(element: string, to: string, body: string): string {
  return `func.func @main(%a: memref<${COUNT}x${element}>, %b: memref<${COUNT}x${element}>, %out: memref<${COUNT}x${to}>) {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %n = arith.constant ${COUNT} : index
    scf.for %i = %c0 to %n step %c64 {
      %x = vector.load %a[%i] : memref<${COUNT}x${element}>, vector<64x${element}>
      %y = vector.load %b[%i] : memref<${COUNT}x${element}>, vector<64x${element}>
      ${body}
      vector.store %r, %out[%i] : memref<${COUNT}x${to}>, vector<64x${to}>
    }
    return
  }`;
}

function expectSame({ before, after, text }: Outcome): void {
  for (const element of formats) expect(text).not.toMatch(new RegExp(`[x<: ]${element}[>, \n]`));
  before.forEach((want, k) => {
    const got = after[k]!;
    for (let i = 0; i < want.data.length; i++) {
      if (!Object.is(got.data[i], want.data[i])) expect(got.data[i], `result ${k}, element ${i}`).toBe(want.data[i]);
    }
  });
}

const pass = [expandNarrowFloats];

describe.each(formats)("arithmetic on %s", (element) => {
  const type = `vector<64x${element}>`;
  const inputs = [codes(element, 1), codes(element, 2), zeros(element)];

  it.each(["addf", "subf", "mulf", "divf", "minimumf", "maximumf", "maxnumf"])("%s", (op) => {
    expectSame(transformed(loop(element, element, `%r = arith.${op} %x, %y : ${type}`), pass, inputs));
  });

  it("remf, negf, absf, copysign", () => {
    expectSame(transformed(loop(element, element, `%r = arith.remf %x, %y : ${type}`), pass, inputs));
    const signs = `%0 = arith.negf %x : ${type}
      %1 = math.copysign %0, %y : ${type}
      %2 = math.absf %x : ${type}
      %3 = arith.cmpf olt, %x, %y : ${type}
      %r = arith.select %3, %1, %2 : vector<64xi1>, ${type}`;
    expectSame(transformed(loop(element, element, signs), pass, inputs));
  });

  it("sqrt, floor, roundeven", () => {
    const body = `%0 = math.sqrt %x : ${type}
      %1 = math.floor %y : ${type}
      %2 = math.roundeven %1 : ${type}
      %r = arith.addf %0, %2 : ${type}`;
    expectSame(transformed(loop(element, element, body), pass, inputs));
  });

  it("fused multiply-add rounds once", () => {
    expectSame(transformed(loop(element, element, `%r = vector.fma %x, %y, %x : ${type}`), pass, inputs));
  });

  it.each(["f32", "f64"])("to and from %s", (wide) => {
    const body = `%0 = arith.extf %x : ${type} to vector<64x${wide}>
      %1 = arith.extf %y : ${type} to vector<64x${wide}>
      %2 = arith.mulf %0, %1 : vector<64x${wide}>
      %r = arith.truncf %2 : vector<64x${wide}> to ${type}`;
    expectSame(transformed(loop(element, element, body), pass, inputs));
  });

  it.each(["i8", "i32", "i64"])("from %s", (integer) => {
    const random = new Random(8);
    const wide = integer === "i64";
    const value = (): number | bigint => {
      const n = Math.floor((random.unit() - 0.5) * 2 ** random.int(1, wide ? 63 : 31));
      return wide ? BigInt(n) + BigInt(random.int(-3, 3)) : integer === "i8" ? (n << 24) >> 24 : n;
    };
    const numbers = fromScalars(integer as "i32", [COUNT], Array.from({ length: COUNT }, value));
    for (const op of ["sitofp", "uitofp"]) {
      const body = `%r = arith.${op} %x : vector<64x${integer}> to ${type}`;
      expectSame(transformed(loop(integer, element, body), pass, [numbers, numbers, zeros(element)]));
    }
  });
});

describe("conversions between narrow formats", () => {
  it.each([
    ["f8E4M3FN", "f16"],
    ["f8E5M2", "bf16"],
    ["f4E2M1FN", "f8E5M2"],
    ["f6E2M3FN", "f16"],
  ] as const)("%s and %s", (from, to) => {
    const up = `%r = arith.extf %x : vector<64x${from}> to vector<64x${to}>`;
    expectSame(transformed(loop(from, to, up), pass, [codes(from, 1), codes(from, 2), zeros(to)]));
    const down = `%r = arith.truncf %x : vector<64x${to}> to vector<64x${from}>`;
    expectSame(transformed(loop(to, from, down), pass, [codes(to, 1), codes(to, 2), zeros(from)]));
  });

  it.each([
    ["bf16", "i16"],
    ["f8E5M2", "i8"],
  ] as const)("%s keeps its bits as %s", (element, integer) => {
    const body = `%0 = arith.bitcast %x : vector<64x${element}> to vector<64x${integer}>
      %one = arith.constant dense<1> : vector<64x${integer}>
      %1 = arith.xori %0, %one : vector<64x${integer}>
      %r = arith.bitcast %1 : vector<64x${integer}> to vector<64x${element}>`;
    const finite = fromScalars(
      element,
      [COUNT],
      Array.from({ length: COUNT }, (_, i) => decodeFloat(element, i % 100)),
    );
    expectSame(transformed(loop(element, element, body), pass, [finite, finite, zeros(element)]));
  });
});

/** The largest difference from the same function computed in double precision and rounded, in units of the last place. */
function worstUnits({ before, after }: Outcome, element: NarrowElement): number {
  const { mantissaBits, minExponent } = floatFormats[element];
  const [want, got] = [before.at(-1)!, after.at(-1)!];
  let worst = 0;
  for (let i = 0; i < want.data.length; i++) {
    const [a, b] = [Number(got.data[i]), Number(want.data[i])];
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
    const exponent = Math.max(Math.floor(Math.log2(Math.abs(b))), minExponent);
    worst = Math.max(worst, Math.abs(a - b) / 2 ** (exponent - mantissaBits));
  }
  return worst;
}

describe("functions of narrow floats", () => {
  it.each(["exp", "log", "tanh", "sin", "erf", "rsqrt"])("%s rounds the f32 function", (name) => {
    for (const element of ["bf16", "f16"] as const) {
      const body = `%r = math.${name} %x : vector<64x${element}>`;
      const outcome = transformed(
        loop(element, element, body),
        [expandNarrowFloats, expandMath],
        [codes(element, 3), codes(element, 4), zeros(element)],
      );
      expect(worstUnits(outcome, element)).toBeLessThanOrEqual(1);
    }
  });
});

describe("programs", () => {
  it("reductions of vectors round at every lane", () => {
    const text = `func.func @main(%a: memref<64x64xbf16>, %out: memref<2x64xbf16>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = arith.constant 64 : index
      %zero = arith.constant 0.000000e+00 : bf16
      scf.for %i = %c0 to %n step %c1 {
        %x = vector.load %a[%i, %c0] : memref<64x64xbf16>, vector<64xbf16>
        %s = vector.reduction <add>, %x, %zero : vector<64xbf16> into bf16
        %m = vector.reduction <maximumf>, %x : vector<64xbf16> into bf16
        memref.store %s, %out[%c0, %i] : memref<2x64xbf16>
        memref.store %m, %out[%c1, %i] : memref<2x64xbf16>
      }
      return
    }`;
    const random = new Random(5);
    const data = fromScalars(
      "bf16",
      [64, 64],
      Array.from({ length: 64 * 64 }, () => numericsOf("bf16").fromNumber(random.unit() * 8 - 4)),
    );
    expectSame(transformed(text, pass, [data, zeros("bf16", [2, 64])]));
  });

  it("masked, padded and gathered reads", () => {
    const text = `func.func @main(%a: memref<100xf16>, %out: memref<4x16xf16>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c3 = arith.constant 3 : index
      %c90 = arith.constant 90 : index
      %c10 = arith.constant 10 : index
      %pad = arith.constant 2.500000e+00 : f16
      %other = arith.constant dense<-1.500000e+00> : vector<16xf16>
      %mask = vector.create_mask %c10 : vector<16xi1>
      %at = vector.step : vector<16xindex>
      %0 = vector.transfer_read %a[%c90], %pad : memref<100xf16>, vector<16xf16>
      %1 = vector.maskedload %a[%c90], %mask, %other : memref<100xf16>, vector<16xi1>, vector<16xf16> into vector<16xf16>
      %2 = vector.gather %a[%c0] [%at], %mask, %other : memref<100xf16>, vector<16xindex>, vector<16xi1>, vector<16xf16> into vector<16xf16>
      vector.store %0, %out[%c0, %c0] : memref<4x16xf16>, vector<16xf16>
      vector.transfer_write %1, %out[%c1, %c0] : vector<16xf16>, memref<4x16xf16>
      vector.maskedstore %out[%c2, %c0], %mask, %2 : memref<4x16xf16>, vector<16xi1>, vector<16xf16>
      %3 = vector.extract %2[3] : f16 from vector<16xf16>
      %4 = vector.broadcast %3 : f16 to vector<16xf16>
      vector.store %4, %out[%c3, %c0] : memref<4x16xf16>, vector<16xf16>
      return
    }`;
    const data = fromScalars(
      "f16",
      [100],
      Array.from({ length: 100 }, (_, i) => decodeFloat("f16", 300 * i)),
    );
    expectSame(transformed(text, pass, [data, zeros("f16", [4, 16])]));
  });

  it("values carried by loops, branches, calls and structured operations", () => {
    const text = `
    memref.global "private" constant @table : memref<4xbf16> = dense<[1.0, -2.0, 0.5, 3.0]>
    func.func private @twice(%x: bf16) -> bf16 {
      %0 = arith.addf %x, %x : bf16
      return %0 : bf16
    }
    func.func @main(%a: memref<4xbf16>, %out: memref<4xbf16>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      %one = arith.constant 1.000000e+00 : bf16
      %table = memref.get_global @table : memref<4xbf16>
      %tmp = memref.alloc() : memref<4xbf16>
      linalg.fill ins(%one : bf16) outs(%tmp : memref<4xbf16>)
      linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%a, %table : memref<4xbf16>, memref<4xbf16>) outs(%tmp : memref<4xbf16>) {
      ^bb0(%x: bf16, %y: bf16, %z: bf16):
        %0 = arith.divf %x, %y : bf16
        %1 = arith.addf %0, %z : bf16
        linalg.yield %1 : bf16
      }
      %sum = scf.for %i = %c0 to %c4 step %c1 iter_args(%s = %one) -> (bf16) {
        %x = memref.load %tmp[%i] : memref<4xbf16>
        %big = arith.cmpf ogt, %x, %s : bf16
        %y = scf.if %big -> (bf16) {
          %t = func.call @twice(%x) : (bf16) -> bf16
          scf.yield %t : bf16
        } else {
          scf.yield %x : bf16
        }
        %next = arith.addf %s, %y : bf16
        memref.store %next, %out[%i] : memref<4xbf16>
        scf.yield %next : bf16
      }
      memref.store %sum, %tmp[%c0] : memref<4xbf16>
      %view = memref.subview %out[1] [2] [1] : memref<4xbf16> to memref<2xbf16, strided<[1], offset: 1>>
      %v = memref.load %view[%c1] : memref<2xbf16, strided<[1], offset: 1>>
      memref.store %v, %out[%c0] : memref<4xbf16>
      memref.dealloc %tmp : memref<4xbf16>
      return
    }`;
    const data = fromScalars(
      "bf16",
      [4],
      [3, 7, -11, 1.1].map((x) => numericsOf("bf16").fromNumber(x)),
    );
    expectSame(transformed(text, pass, [data, zeros("bf16", [4])]));
  });

  it("leaves wide floats alone", () => {
    const text = `func.func @main(%a: memref<4xf32>, %out: memref<4xf32>) {
      %c0 = arith.constant 0 : index
      %0 = vector.load %a[%c0] : memref<4xf32>, vector<4xf32>
      %1 = arith.addf %0, %0 : vector<4xf32>
      vector.store %1, %out[%c0] : memref<4xf32>, vector<4xf32>
      return
    }`;
    const data = fromScalars("f32", [4], [1, 2, 3, 4]);
    expect(transformed(text, pass, [data, data]).text).toBe(transformed(text, [], [data, data]).text);
  });

  it("extended values are stored and reinterpreted as what they are", () => {
    const text = `func.func @main(%a: memref<4xbf16>, %out: memref<4xf32>, %bits: memref<4xi32>) {
      %c0 = arith.constant 0 : index
      %0 = vector.load %a[%c0] : memref<4xbf16>, vector<4xbf16>
      %1 = arith.extf %0 : vector<4xbf16> to vector<4xf32>
      %2 = arith.bitcast %1 : vector<4xf32> to vector<4xi32>
      vector.store %1, %out[%c0] : memref<4xf32>, vector<4xf32>
      vector.store %2, %bits[%c0] : memref<4xi32>, vector<4xi32>
      return
    }`;
    const data = fromScalars("bf16", [4], [1, -2, 0.5, 3]);
    expectSame(transformed(text, pass, [data, zeros("f32", [4]), zeros("i32", [4])]));
  });

  it("keeps f16 in memory where the target converts it", () => {
    const text = loop("f16", "f16", "%r = arith.addf %x, %y : vector<64xf16>");
    const native = expandNarrowFloatsWith({ native: new Set(["f16"]) });
    const { before, after, text: made } = transformed(text, [native], [codes("f16", 1), codes("f16", 2), zeros("f16")]);
    expect(made).toMatch(/arith.extf .* : vector<64xf16> to vector<64xf32>/);
    expect(after[2]!.data).toEqual(before[2]!.data);
  });

  it("stops at an operation it has no row for", () => {
    const text = `func.func @main(%a: memref<4xbf16>, %out: memref<4xbf16>) {
      %c0 = arith.constant 0 : index
      %0 = vector.load %a[%c0] : memref<4xbf16>, vector<4xbf16>
      %1 = vector.outerproduct %0, %0 : vector<4xbf16>, vector<4xbf16>
      return
    }`;
    const data = zeros("bf16", [4]);
    expect(() => transformed(text, pass, [data, data])).toThrow(
      /expand-narrow-floats has no row for vector.outerproduct at .*test.mlir:4/,
    );
  });
});
