/** @file The pass on IR: what it leaves, that scalars and vectors get the same bits as WebAssembly, and that mlir-opt takes the text. */

import { describe, expect, it } from "vitest";
import type { Context } from "../../../ir/context.js";
import type { Datum } from "../../../ir/define.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import type { NdArray } from "../../../ir/ndarray.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { expandMath, expandMathWith, kept } from "../../../lowering/legalize/expand-math.js";
import { mlirOpt, runTool } from "../../ir/upstream/referee.js";
import { Random } from "../../support/random.js";
import { claims, errorInUnits, expansionOf, type FunctionName, specials } from "./functions.js";
import { compileFunction, type FloatArray } from "./wasm-machine.js";

function parse(text: string, context: Context): Operation {
  const module = parseModule(text, "test.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return module;
}

function expanded(text: string, context: Context, pass = expandMath): Operation {
  const module = parse(text, context);
  pass.run(module, context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  for (const op of module.walk()) {
    if (op.def.dialect === "math") expect(kept.has(op.def), op.name).toBe(true);
    expect(op.name).not.toBe("arith.remf");
  }
  return module;
}

const spelling: Readonly<Partial<Record<FunctionName, string>>> = { fmod: "arith.remf", pow: "math.powf" };

function source(name: FunctionName, type: string): string {
  const op = spelling[name] ?? `math.${name}`;
  const args = claims[name].reference.length === 2 ? ["%x", "%y"] : ["%x"];
  return `func.func @f(${args.map((a) => `${a}: ${type}`).join(", ")}) -> ${type} {
    %r = ${op} ${args.join(", ")} : ${type}
    return %r : ${type}
  }`;
}

/** Special values, small ones, and all exponents. */
function inputsFor(name: FunctionName, format: "f32" | "f64"): readonly FloatArray[] {
  const random = new Random(17);
  const [low, high] = claims[name].range;
  const make = (seed: number): number[] => {
    const plain = Array.from({ length: 60 }, () => low + (high - low) * random.unit());
    const wild = Array.from({ length: 60 }, () => (random.unit() - 0.5) * 2 ** random.int(-150, 120));
    const rotated = [...specials.slice(seed), ...specials.slice(0, seed)];
    return [...rotated, ...plain, ...wild];
  };
  const arity = claims[name].reference.length;
  const lists = Array.from({ length: arity }, (_, k) => make(7 * k));
  return lists.map((x) => (format === "f32" ? new Float32Array(x) : new Float64Array(x)));
}

function vectorOf(element: "f32" | "f64", data: FloatArray): NdArray {
  return { element, shape: [data.length], data } as NdArray;
}

const names = Object.keys(claims) as readonly FunctionName[];

describe.each(["f32", "f64"] as const)("expansions to %s IR", (format) => {
  it.each(names)("%s gives scalars, vectors and WebAssembly the same bits, near the true ones", (name) => {
    const inputs = inputsFor(name, format);
    const count = inputs[0]!.length;
    const context = newContext();
    const scalar = expanded(source(name, format), context);
    const vector = expanded(source(name, `vector<${count}x${format}>`), context);
    const wasm = compileFunction(format, inputs.length, expansionOf(name))(...inputs);
    const [lanes] = interpret(
      vector,
      "f",
      inputs.map((x) => vectorOf(format, x)),
      context,
    ) as readonly NdArray[];
    for (let i = 0; i < count; i++) {
      const args = inputs.map((x) => x[i]!);
      const label = `${name}(${args.join(", ")})`;
      expect(lanes!.data[i], label).toBe(wasm[i]);
      if (i % 3 === 0) expect(interpret(scalar, "f", args as readonly Datum[], context)[0], label).toBe(wasm[i]);
      if (format === "f32")
        expect(errorInUnits(wasm[i]!, claims[name].reference(...args)), label).toBeLessThanOrEqual(claims[name].f32);
    }
  });

  it("text that mlir-opt takes", () => {
    const context = newContext();
    const functions = names.map((n) => source(n, `vector<4x${format}>`).replace("@f", `@${n}`));
    const text = printModule(expanded(functions.join("\n"), context), context);
    if (mlirOpt !== undefined) runTool(mlirOpt, ["-"], text);
    expect(printModule(parse(text, context), context)).toBe(text);
  });
});

describe("the pass", () => {
  it("leaves what is an instruction, and other element types, alone", () => {
    const context = newContext();
    const text = `func.func @f(%x: vector<4xf32>, %y: bf16, %t: tensor<2xf32>) -> (vector<4xf32>, bf16, tensor<2xf32>) {
      %0 = math.sqrt %x : vector<4xf32>
      %1 = math.floor %0 : vector<4xf32>
      %2 = math.exp %y : bf16
      %3 = math.exp %t : tensor<2xf32>
      return %1, %2, %3 : vector<4xf32>, bf16, tensor<2xf32>
    }`;
    const module = parse(text, context);
    const before = printModule(module, context);
    expandMath.run(module, context);
    expect(printModule(module, context)).toBe(before);
  });

  it("takes vectors of any rank", () => {
    const context = newContext();
    const module = expanded(source("sin", "vector<2x3xf32>"), context);
    const data = Float32Array.from([1, 2, 1e30, -4, 0, 5e5]);
    const [out] = interpret(module, "f", [{ element: "f32", shape: [2, 3], data }], context) as readonly NdArray[];
    expect([...out!.data]).toEqual([...compileFunction("f32", 1, expansionOf("sin"))(data)]);
    if (mlirOpt !== undefined) runTool(mlirOpt, ["-"], printModule(module, context));
  });

  it("gives both results of sincos", () => {
    const context = newContext();
    const text = `func.func @f(%x: f64) -> (f64, f64) {
      %0, %1 = math.sincos %x : f64
      return %0, %1 : f64, f64
    }`;
    const [sin, cos] = interpret(expanded(text, context), "f", [1e300], context);
    expect([sin, cos]).toEqual([Math.sin(1e300), Math.cos(1e300)]);
  });

  it("tells infinities, NaN and finite numbers apart", () => {
    const context = newContext();
    const text = `func.func @f(%x: f32) -> (i1, i1, i1) {
      %0 = math.isnan %x : f32
      %1 = math.isinf %x : f32
      %2 = math.isfinite %x : f32
      return %0, %1, %2 : i1, i1, i1
    }`;
    const module = expanded(text, context);
    const classes = [Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e30].map((x) => interpret(module, "f", [x], context));
    expect(classes).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  });

  it("fuses multiply-adds where the target asks for it, and stays as exact", () => {
    const context = newContext();
    const module = expanded(source("exp", "vector<8xf32>"), context, expandMathWith({ fma: true }));
    expect(printModule(module, context)).toContain("vector.fma");
    const data = Float32Array.from([0, -0.3, 1, 20.5, -87.2, -100, 88.7, 0.01]);
    const [out] = interpret(module, "f", [vectorOf("f32", data)], context) as readonly NdArray[];
    data.forEach((x, i) => {
      expect(errorInUnits(out!.data[i] as number, Math.exp(x))).toBeLessThanOrEqual(claims.exp.f32);
    });
  });
});

describe("powers with integer exponents", () => {
  const power = (x: number, n: bigint): number => {
    let result = 1;
    for (let i = 0n; i < (n < 0n ? -n : n); i++) result *= x;
    return n < 0n ? 1 / result : result;
  };

  it.each(["i8", "i32", "i64"])("fpowi of f32 by %s", (element) => {
    const context = newContext();
    const text = `func.func @f(%x: f32, %n: ${element}) -> f32 {
      %0 = math.fpowi %x, %n : f32, ${element}
      return %0 : f32
    }`;
    const module = expanded(text, context);
    const wide = element === "i64";
    for (const x of [2, -3, 0.7, -0.1, 1, -1, 0, -0, 1.0009765625]) {
      for (const n of [0, 1, 2, 3, -1, -2, 7, 100, -100, 127]) {
        const args = [Math.fround(x), wide ? BigInt(n) : n];
        const got = interpret(module, "f", args, context)[0] as number;
        expect(errorInUnits(got, power(Math.fround(x), BigInt(n))), `${x} ^ ${n}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it("huge exponents keep their parity", () => {
    const context = newContext();
    const text = `func.func @f(%x: f32, %n: i64) -> f32 {
      %0 = math.fpowi %x, %n : f32, i64
      return %0 : f32
    }`;
    const module = expanded(text, context);
    const at = (x: number, n: bigint): unknown => interpret(module, "f", [x, n], context)[0];
    expect([at(-1, 2n ** 62n + 1n), at(-1, 2n ** 62n), at(-2, 2n ** 40n + 1n), at(-2, -(2n ** 40n) - 1n)]).toEqual([
      -1,
      1,
      Number.NEGATIVE_INFINITY,
      -0,
    ]);
  });

  it.each(["i8", "i32", "i64"] as const)("ipowi of %s wraps", (element) => {
    const context = newContext();
    const text = `func.func @f(%x: ${element}, %n: ${element}) -> ${element} {
      %0 = math.ipowi %x, %n : ${element}
      return %0 : ${element}
    }`;
    const wide = element === "i64";
    const [plain, lowered] = [parse(text, context), expanded(text, context)];
    for (const x of [0, 1, -1, 2, 3, -5, 127]) {
      for (const n of [0, 1, 2, 5, 31, 62, -1, -2]) {
        const args = wide ? [BigInt(x), BigInt(n)] : [x, n];
        expect(interpret(lowered, "f", args, context), `${x} ^ ${n}`).toEqual(interpret(plain, "f", args, context));
      }
    }
  });
});
