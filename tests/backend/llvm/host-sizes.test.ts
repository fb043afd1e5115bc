/** @file Sizes that the host learns while it runs: a size that is first known inside a loop has no value behind it. */

import { describe, expect, it } from "vitest";
import { emitModule, programOf } from "../../../backend/llvm/emit-module.js";
import { type EntryInterface, entryInterfaces } from "../../../ir/entry.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { cpuNamed } from "../../../machine/cpu.js";
import { mlirOpt, runTool } from "../../ir/upstream/referee.js";

/** Sums of the first 0, 1, … elements: the slice has another size in each turn. */
const growingSlices = `func.func @main(%x: tensor<5xf32>, %n: tensor<i64>) -> tensor<f32> {
  %zero = stablehlo.constant dense<0> : tensor<i64>
  %one = stablehlo.constant dense<1> : tensor<i64>
  %starts = stablehlo.constant dense<0> : tensor<1xi64>
  %steps = stablehlo.constant dense<1> : tensor<1xi64>
  %nothing = stablehlo.constant dense<0.0> : tensor<f32>
  %r:2 = stablehlo.while(%i = %zero, %sum = %nothing) : tensor<i64>, tensor<f32>
  cond {
    %more = stablehlo.compare LT, %i, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    %ends = stablehlo.reshape %i : (tensor<i64>) -> tensor<1xi64>
    %part = stablehlo.real_dynamic_slice %x, %starts, %ends, %steps
      : (tensor<5xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
    %double = stablehlo.add %part, %part : tensor<?xf32>
    %more = stablehlo.reduce(%double init: %sum) applies stablehlo.add across dimensions = [0]
      : (tensor<?xf32>, tensor<f32>) -> tensor<f32>
    %next = stablehlo.add %i, %one : tensor<i64>
    stablehlo.return %next, %more : tensor<i64>, tensor<f32>
  }
  return %r#1 : tensor<f32>
}`;

describe.skipIf(mlirOpt === undefined)("a size that is first known inside a loop", () => {
  it("has no value behind it", () => {
    const context = newContext();
    const module = parseModule(growingSlices, "growing.mlir", context);
    let entries: readonly EntryInterface[] | undefined;
    for (const stage of stagesFor(cpuNamed("x86-64-v3")!)) {
      runStages([stage], module, context);
      entries ??= entryInterfaces(module, context);
    }
    const input = { model: "growing", entries: entries!, weightOffset: () => 0, profile: false };
    const emitted = emitModule(programOf(module, entries!, context), input, context);
    const printed = printModule(emitted.module, context);
    expect(runTool(mlirOpt!, ["-"], printed)).toContain("@growing_main_run(");
  });
});
