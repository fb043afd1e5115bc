/** @file Caches are written in place: however a program puts a few rows into a state, the rest of it is not touched. */

import { expect, it } from "vitest";
import { importMlirText } from "../../../frontends/mlir/import.js";
import { printModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { cpuNamed } from "../../../machine/cpu.js";

const cache = "tensor<1x4x64x16xf32>";
const rows = "tensor<1x4x2x16xf32>";

const writes: Readonly<Record<string, string>> = {
  "a block at a position": `
  %z = stablehlo.constant dense<0> : tensor<i64>
  %new = stablehlo.dynamic_update_slice %c, %x, %z, %z, %at, %z : (${cache}, ${rows}, tensor<i64>, tensor<i64>, tensor<i64>, tensor<i64>) -> ${cache}`,
  "rows at positions of their own": `
  %place = stablehlo.broadcast_in_dim %at, dims = [] : (tensor<i64>) -> tensor<2x1xi64>
  %new = "stablehlo.scatter"(%c, %place, %x) <{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [0, 1, 3], inserted_window_dims = [2], scatter_dims_to_operand_dims = [2], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    stablehlo.return %b : tensor<f32>
  }) : (${cache}, tensor<2x1xi64>, ${rows}) -> ${cache}`,
};

it.each(Object.entries(writes))("%s", (_, write) => {
  const text = `func.func @main(%x: ${rows}, %at: tensor<i64>, %c: ${cache} {psm.state, tf.aliasing_output = 1 : i32}) -> (tensor<f32>, ${cache}) {${write}
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sum = stablehlo.reduce(%new init: %zero) applies stablehlo.add across dimensions = [0, 1, 2, 3] : (${cache}, tensor<f32>) -> tensor<f32>
  return %sum, %new : tensor<f32>, ${cache}
}
`;
  const context = newContext();
  const module = importMlirText(text, "cache.mlir", context);
  runStages(stagesFor(cpuNamed("x86-64-v3")!), module, context, { until: "bufferize" });
  const lowered = printModule(module, context);
  expect(lowered).toContain("memref<1x4x64x16xf32>");
  expect(lowered).not.toMatch(/memref\.(copy|alloc|alloca)[ (].*1x4x64x16xf32/);
});
