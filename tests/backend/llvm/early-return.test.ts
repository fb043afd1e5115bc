/** @file A host function that is left early, for whatever reason and wherever, has freed all it allocated. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { emitModule, programOf } from "../../../backend/llvm/emit-module.js";
import { entryInterfaces } from "../../../ir/entry.js";
import { parseModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { findNativeToolchain } from "../../../runtime-lib/engines/toolchain.js";
import { makeRoot } from "../../runtime-lib/engines/fixtures.js";

const { root, remove } = makeRoot();
afterAll(remove);

/** Allocates before, in and behind a branch, asserts in between, and gives two outputs that it allocates. */
const program = `func.func @main(%c: tensor<i1>, %n: tensor<1xi64>) -> (tensor<?xf32>, tensor<?xf32>) {
  %a = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
  %e = stablehlo.exponential %a : tensor<?xf32>
  %b = "stablehlo.if"(%c) ({
    %1 = stablehlo.add %n, %n : tensor<1xi64>
    %2 = stablehlo.dynamic_iota %1, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
    %3 = stablehlo.cosine %2 : tensor<?xf32>
    stablehlo.return %3 : tensor<?xf32>
  }, {
    %4 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
    stablehlo.return %4 : tensor<?xf32>
  }) : (tensor<i1>) -> tensor<?xf32>
  %ten = stablehlo.constant dense<10> : tensor<1xi64>
  %lt = stablehlo.compare LT, %n, %ten : (tensor<1xi64>, tensor<1xi64>) -> tensor<1xi1>
  %ok = stablehlo.reshape %lt : (tensor<1xi1>) -> tensor<i1>
  stablehlo.custom_call @shape_assertion(%ok) {error_message = "too many", has_side_effect = true} : (tensor<i1>) -> ()
  %s = stablehlo.sine %b : tensor<?xf32>
  return %e, %s : tensor<?xf32>, tensor<?xf32>
}`;

it("frees its allocations when memory ends, when a check fails, when it is cancelled", async () => {
  const context = newContext();
  const module = parseModule(program, "program.mlir", context);
  const entries = entryInterfaces(module, context);
  runStages(stagesFor(cpuNamed("x86-64-v3")!), module, context);
  const lowered = programOf(module, entries, context);
  const { text } = emitModule(lowered, { model: "program", entries, weightOffset: () => 0, profile: false }, context);
  const [source, binary] = [`${root}/module.ll`, `${root}/program`];
  const main = fileURLToPath(new URL("early-return.c", import.meta.url));
  writeFileSync(source, text);
  const [clang, ...options] = (await findNativeToolchain()).command as [string, ...string[]];
  const flags = ["-O1", "-fsanitize=address", "-Wno-override-module", source, main, "-lm", "-o", binary];
  execFileSync(clang, [...options, ...flags], { stdio: "pipe" });
  const lines = execFileSync(binary).toString().trim().split("\n");
  expect(lines.filter((line) => !line.endsWith("live 0"))).toEqual([]);
  const kinds = [...new Set(lines)];
  // Cancelled behind the last launch it is done all the same.
  expect(kinds.toSorted()).toEqual([
    "cancel -1 live 0",
    "cancel 0 live 0",
    "check 2 live 0",
    "done 0 live 0",
    "memory -2 live 0",
  ]);
  expect(lines.filter((line) => line.startsWith("memory")).length).toBeGreaterThan(4);
}, 60_000);
