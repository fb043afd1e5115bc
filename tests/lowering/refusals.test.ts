/** @file What compiling would refuse, found without lowering: that nothing else refuses, and that the verdicts are the same. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Builder } from "../../ir/builder.js";
import { CompileError } from "../../ir/diagnostic.js";
import { functionBody, functionsOf } from "../../ir/dialects/func.js";
import { elementFacts } from "../../ir/element.js";
import { Block } from "../../ir/graph.js";
import { parseModule } from "../../ir/text/module.js";
import { verify } from "../../ir/verify.js";
import { newContext } from "../../lowering/dialects.js";
import { structures } from "../../lowering/fuse/stablehlo-to-linalg.js";
import { Converter } from "../../lowering/fuse/structure/converter.js";
import { refusalsIn } from "../../lowering/fuse/structure/refused.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { passesBeforeStructure, refusals } from "../../lowering/refusals.js";
import { cpuNamed } from "../../machine/cpu.js";

/** The verdict without lowering, and that of the conversion itself with nothing looked at before. */
function verdicts(text: string): { readonly early: boolean; readonly late: boolean } | undefined {
  const context = newContext();
  try {
    const module = parseModule(text, "test.mlir", context);
    if (verify(module, context).length > 0) return undefined;
    const [func] = [...functionsOf(module)];
    const early = refusalsIn(func!, structures).length > 0;
    return { early, late: isRefusedByConversion(func!, context) };
  } catch (error) {
    // Not every operation takes every element.
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

function isRefusedByConversion(func: Parameters<typeof functionBody>[0], context: ReturnType<typeof newContext>) {
  const old = functionBody(func);
  const body = new Block();
  const to = new Converter(context, new Builder(context, body), structures);
  const args = old.args.map((a) => body.addArg(to.type(a.type)));
  for (const arg of args) to.noteSizes(arg);
  try {
    to.block(old, args);
    return false;
  } catch (error) {
    if (error instanceof CompileError) return true;
    throw error;
  }
}

const main = (args: string, result: string, body: string): string =>
  `func.func @main(${args}) -> ${result} {\n${body}\nfunc.return %r : ${result}\n}`;

const elements = Object.keys(elementFacts).filter((e) => !/quant|token/.test(e));

describe("refusals without lowering", () => {
  it("come after the same passes as in the pipeline", () => {
    const passes = stagesFor(cpuNamed("wasm32")!).flatMap((s) => s.passes.map((p) => p.name));
    const end = passes.indexOf("stablehlo-to-linalg");
    expect(passesBeforeStructure.map((p) => p.name)).toEqual(passes.slice(0, end));
  });

  it("are of the only passes of these stages that refuse anything", () => {
    const refusing = /\bcompileError\(|new CompileError\(|\.unsupported\(|diagnostics\.(add|error)\(/;
    const sources = ["lowering/simplify", "lowering/fuse"].flatMap((folder) =>
      (readdirSync(folder, { recursive: true }) as string[]).map((name) => join(folder, name)),
    );
    const files = sources.filter((f) => f.endsWith(".ts") && refusing.test(readFileSync(f, "utf8")));
    const elsewhere = files.filter((f) => !f.startsWith("lowering/fuse/structure/")).sort();
    // Groups of kernels are of the stage behind.
    expect(elsewhere).toEqual(["lowering/fuse/kernel-groups.ts", "lowering/fuse/stablehlo-to-linalg.ts"]);
  });

  const unary = ["abs", "negate", "exponential", "sine", "sign", "not", "popcnt", "real", "ceil", "is_finite", "tanh"];
  const binary = [
    "add",
    "and",
    "atan2",
    "complex",
    "divide",
    "maximum",
    "multiply",
    "power",
    "remainder",
    "shift_left",
  ];

  it.each(unary)("of %s are those of the conversion, for every element", (name) => {
    const compared = elements.flatMap((e) => {
      const result = { is_finite: "i1", real: e.replace(/complex<(.*)>/, "$1"), abs: e.replace(/complex<(.*)>/, "$1") };
      const to = (result as Readonly<Record<string, string>>)[name] ?? e;
      const text = `%r = "stablehlo.${name}"(%x) : (tensor<3x${e}>) -> tensor<3x${to}>`;
      return verdicts(main(`%x: tensor<3x${e}>`, `tensor<3x${to}>`, text)) ?? [];
    });
    expect(compared.length).toBeGreaterThan(0);
    expect(compared.map((v) => v.early)).toEqual(compared.map((v) => v.late));
  });

  it.each(binary)("of %s are those of the conversion, alone and in the body of a reduction", (name) => {
    const compared = elements.flatMap((e) => {
      const [one, many] = [`tensor<${e}>`, `tensor<3x${e}>`];
      const to = name === "complex" ? `tensor<3xcomplex<${e}>>` : many;
      const alone = `%r = "stablehlo.${name}"(%x, %x) : (${many}, ${many}) -> ${to}`;
      const body = `"stablehlo.${name}"(%a, %b) : (${one}, ${one}) -> ${one}`;
      const reduced = `%r = "stablehlo.reduce"(%x, %z) <{dimensions = array<i64: 0>}> ({
        ^bb0(%a: ${one}, %b: ${one}):
          %c = ${body}
          "stablehlo.return"(%c) : (${one}) -> ()
        }) : (${many}, ${one}) -> ${one}`;
      return [
        verdicts(main(`%x: ${many}`, to, alone)) ?? [],
        verdicts(main(`%x: ${many}, %z: ${one}`, one, reduced)) ?? [],
      ].flat();
    });
    expect(compared.length).toBeGreaterThan(0);
    expect(compared.map((v) => v.early)).toEqual(compared.map((v) => v.late));
  });

  it("name every operation and its place", () => {
    const context = newContext();
    const text = main(
      "%x: tensor<2xf32>, %k: !stablehlo.token",
      "tensor<2xf32>",
      `%a = stablehlo.custom_call @somebody(%x) : (tensor<2xf32>) -> tensor<2xf32>
       %s = "stablehlo.send"(%a, %k) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 2>}> : (tensor<2xf32>, !stablehlo.token) -> !stablehlo.token
       %r = stablehlo.custom_call @another(%a) : (tensor<2xf32>) -> tensor<2xf32>`,
    );
    const found = refusals(parseModule(text, "test.mlir", context), context);
    expect(found.map((d) => [d.code, d.at.kind, d.fix !== undefined])).toEqual([
      ["PS3001", "text", true],
      ["PS3001", "text", false],
      ["PS3001", "text", true],
    ]);
    expect(found.map((d) => d.message).join()).toMatch(/somebody.*send.*another/s);
  });
});
