/**
 * @file The expansions compiled by LLVM, through upstream's own lowering: no library call is left on any target, and vectors
 * on this machine give the bits that WebAssembly gives.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { expandMathWith } from "../../../lowering/legalize/expand-math.js";
import { findTool, mlirOpt, mlirTranslate, runTool } from "../../ir/upstream/referee.js";
import { Random } from "../../support/random.js";
import { claims, errorInUnits, expansionOf, type FunctionName, specials } from "./functions.js";
import { compileFunction, type FloatArray } from "./wasm-machine.js";

const clang = findTool("clang");
const nm = findTool("llvm-nm");
const tools = mlirOpt !== undefined && mlirTranslate !== undefined && clang !== undefined && nm !== undefined;
const folder = mkdtempSync(path.join(tmpdir(), "psm-legalize-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LANES = 8;
const names = Object.keys(claims) as readonly FunctionName[];
const spelling: Readonly<Partial<Record<FunctionName, string>>> = { fmod: "arith.remf", pow: "math.powf" };
type Format = "f32" | "f64";

/** One function of vectors for each expansion, lowered to LLVM IR. */
function llvmText(format: Format, fma = false): string {
  const type = `vector<${LANES}x${format}>`;
  const functions = names.map((name) => {
    const args = claims[name].reference.length === 2 ? ["%x", "%y"] : ["%x"];
    return `func.func @psm_${name}(${args.map((a) => `${a}: ${type}`).join(", ")}) -> ${type} {
      %r = ${spelling[name] ?? `math.${name}`} ${args.join(", ")} : ${type}
      return %r : ${type}
    }`;
  });
  const context = newContext();
  const module = parseModule(functions.join("\n"), "test.mlir", context);
  expandMathWith({ fma }).run(module, context);
  const lowering = ["vector-to-llvm", "scf-to-cf", "math-to-llvm", "arith-to-llvm", "cf-to-llvm", "func-to-llvm"];
  const passes = [...lowering.map((p) => `--convert-${p}`), "--reconcile-unrealized-casts", "-"];
  return runTool(mlirTranslate!, ["--mlir-to-llvmir", "-"], runTool(mlirOpt!, passes, printModule(module, context)));
}

const DRIVER = (format: Format): string => `
#include <stdio.h>
#include <string.h>
typedef ${format === "f32" ? "float" : "double"} lanes __attribute__((vector_size(${format === "f32" ? 4 * LANES : 8 * LANES})));
${names.map((n) => `lanes psm_${n}(${claims[n].reference.length === 2 ? "lanes, lanes" : "lanes"});`).join("\n")}
int main(int argc, char **argv) {
  lanes x, y;
  while (fread(&x, sizeof x, 1, stdin) == 1 && fread(&y, sizeof y, 1, stdin) == 1) {
    lanes r = x;
${names.map((n) => `    if (!strcmp(argv[1], "${n}")) r = psm_${n}(${claims[n].reference.length === 2 ? "x, y" : "x"});`).join("\n")}
    fwrite(&r, sizeof r, 1, stdout);
  }
  return argc != 2;
}`;

function inputsFor(name: FunctionName, format: Format): readonly [FloatArray, FloatArray] {
  const random = new Random(31);
  const [low, high] = claims[name].range;
  const make = (turn: number): FloatArray => {
    const plain = Array.from({ length: 2000 }, () => low + (high - low) * random.unit());
    const wild = Array.from({ length: 2000 }, () => (random.unit() - 0.5) * 2 ** random.int(-150, 130));
    const all = [...specials.slice(turn), ...specials.slice(0, turn), ...plain, ...wild];
    const whole = all.slice(0, all.length - (all.length % LANES));
    return format === "f32" ? new Float32Array(whole) : new Float64Array(whole);
  };
  return [make(0), make(9)];
}

/** The operands' vectors by turns, as the driver reads them. */
function interleaved(x: FloatArray, y: FloatArray): Buffer {
  const bytes = x.BYTES_PER_ELEMENT * LANES;
  const [a, b] = [x, y].map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength));
  const parts: Buffer[] = [];
  for (let at = 0; at < x.byteLength; at += bytes) parts.push(a!.subarray(at, at + bytes), b!.subarray(at, at + bytes));
  return Buffer.concat(parts);
}

function runNative(program: string, name: string, x: FloatArray, y: FloatArray): FloatArray {
  const out = new Uint8Array(execFileSync(program, [name], { input: interleaved(x, y), maxBuffer: 2 ** 26 }));
  return x instanceof Float32Array ? new Float32Array(out.buffer) : new Float64Array(out.buffer);
}

function compileDriver(format: Format, source: string, program: string): void {
  const driver = `${program}.c`;
  writeFileSync(driver, DRIVER(format));
  execFileSync(clang!, ["-march=native", "-O2", "-Wno-override-module", "-Wno-psabi", source, driver, "-o", program]);
}

describe.skipIf(!tools).each(["f32", "f64"] as const)("%s vectors compiled by LLVM", (format) => {
  const file = (suffix: string): string => path.join(folder, `${format}${suffix}`);
  let text: string | undefined;
  const source = (): string => {
    text ??= llvmText(format);
    writeFileSync(file(".ll"), text);
    return file(".ll");
  };

  it.each([
    ["x86-64-v3", ["--target=x86_64-unknown-linux-gnu", "-march=x86-64-v3"]],
    ["x86-64-v4", ["--target=x86_64-unknown-linux-gnu", "-march=x86-64-v4"]],
    ["aarch64", ["--target=aarch64-unknown-linux-gnu"]],
    ["wasm32", ["--target=wasm32", "-msimd128", "-mbulk-memory", "-mnontrapping-fptoint"]],
  ] as const)(
    "call no library on %s",
    (_, flags) => {
      const object = file(".o");
      execFileSync(clang!, [...flags, "-O2", "-Wno-override-module", "-c", source(), "-o", object]);
      const undefinedSymbols = execFileSync(nm!, ["--undefined-only", "--just-symbol-name", object], {
        encoding: "utf8",
      });
      expect(
        undefinedSymbols
          .split("\n")
          .filter((s) => s !== "" && !s.startsWith("__stack_pointer") && !s.startsWith("__linear_memory")),
      ).toEqual([]);
    },
    300_000,
  );

  it("give the bits that WebAssembly gives", () => {
    const program = file(".out");
    compileDriver(format, source(), program);
    for (const name of names) {
      const [x, y] = inputsFor(name, format);
      const got = runNative(program, name, x, y);
      const arity = claims[name].reference.length;
      const want = compileFunction(format, arity, expansionOf(name))(...[x, y].slice(0, arity));
      for (let i = 0; i < want.length; i++) {
        if (!Object.is(got[i], want[i])) expect(got[i], `${name} of ${x[i]}, ${y[i]}`).toBe(want[i]);
      }
    }
  }, 300_000);
});

describe.skipIf(!tools)("f32 vectors with fused multiply-adds", () => {
  it("are as exact as those without", () => {
    const [source, program] = [path.join(folder, "fused.ll"), path.join(folder, "fused.out")];
    writeFileSync(source, llvmText("f32", true));
    compileDriver("f32", source, program);
    for (const name of names) {
      const { reference, f32 } = claims[name];
      const [x, y] = inputsFor(name, "f32");
      const got = runNative(program, name, x, y);
      for (let i = 0; i < got.length; i++) {
        const error = errorInUnits(got[i]!, reference(...[x[i]!, y[i]!].slice(0, reference.length)));
        if (error > f32) expect(error, `${name} of ${x[i]}, ${y[i]} gives ${got[i]}`).toBeLessThanOrEqual(f32);
      }
    }
  }, 300_000);
});
