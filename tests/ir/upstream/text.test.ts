/**
 * @file Our text against upstream's tool. Each file under `cases/` goes every way round: our parser reads what a person
 * wrote, what mlir-opt prints and its generic form; mlir-opt reads what we print, pretty and generic; all mean the same.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Context } from "../../../ir/context.js";
import type { Operation } from "../../../ir/graph.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { upstreamContext, upstreamDialects } from "./context.js";
import { genericForm, mlirOpt, mlirTranslate, normalForm, runTool } from "./referee.js";

const folder = fileURLToPath(new URL("cases/", import.meta.url));
const cases = readdirSync(folder).filter((name) => name.endsWith(".mlir"));
/** Upstream's generic form wants properties there that no text of ours carries, such as the sizes of operand bundles. */
const prettyOnly = ["llvm-module.mlir"];
const textOf = (name: string): string => readFileSync(`${folder}${name}`, "utf8");

function read(text: string, context: Context): Operation {
  const module = parseModule(text, "case.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return module;
}

describe.each(cases)("%s", (name) => {
  const text = textOf(name);

  it("is read, verified, and printed so that it reads back equal", () => {
    const context = upstreamContext();
    const module = read(text, context);
    for (const generic of [false, true]) {
      const printed = printModule(module, context, { generic });
      expect(printModule(read(printed, context), context, { generic })).toBe(printed);
    }
  });

  describe.skipIf(mlirOpt === undefined)("with mlir-opt", () => {
    const tool = mlirOpt!;

    it("means the same to mlir-opt after we print it, pretty or generic", () => {
      const context = upstreamContext();
      const module = read(text, context);
      const wanted = normalForm(tool, text);
      expect(normalForm(tool, printModule(module, context))).toBe(wanted);
      if (prettyOnly.includes(name)) return;
      expect(normalForm(tool, printModule(module, context, { generic: true }))).toBe(wanted);
    });

    it("is read from mlir-opt's own pretty and generic print", () => {
      const wanted = normalForm(tool, text);
      for (const form of [wanted, genericForm(tool, text)]) {
        const context = upstreamContext();
        expect(normalForm(tool, printModule(read(form, context), context))).toBe(wanted);
      }
    });
  });
});

describe.skipIf(mlirTranslate === undefined)("with mlir-translate", () => {
  it.each(cases.filter((name) => name.startsWith("llvm")))("%s becomes LLVM IR from our print", (name) => {
    const context = upstreamContext();
    const ir = runTool(mlirTranslate!, ["--mlir-to-llvmir", "-"], printModule(read(textOf(name), context), context));
    expect(ir).toContain("define ");
  });
});

it("the cases hold an instance of every operation", () => {
  const context = upstreamContext();
  const seen = new Set<string>();
  for (const name of cases) for (const op of read(textOf(name), context).walk()) seen.add(op.name);
  const missing = upstreamDialects.flatMap((d) => d.ops.map((op) => op.name)).filter((op) => !seen.has(op));
  expect(missing).toEqual([]);
});
