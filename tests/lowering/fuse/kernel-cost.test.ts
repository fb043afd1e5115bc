/** @file What launches of kernels cost: arithmetic operations and bytes, for sizes known and open. */

import { describe, expect, it } from "vitest";
import { functionsOf } from "../../../ir/dialects/func.js";
import { BYTES, FLOPS } from "../../../ir/names.js";
import { parseModule } from "../../../ir/text/module.js";
import { newContext } from "../../../lowering/dialects.js";
import { runStages } from "../../../lowering/driver.js";
import { stagesFor } from "../../../lowering/pipeline.js";
import { cpuNamed } from "../../../machine/cpu.js";

/** Operations and bytes of each kernel of a program, after the last stage. */
function costs(text: string): readonly (readonly [string | undefined, string | undefined])[] {
  const context = newContext();
  const module = parseModule(text, "cost.mlir", context);
  runStages(stagesFor(cpuNamed("wasm32")!), module, context);
  return [...functionsOf(module)].flatMap(({ extra }) => {
    const texts = [FLOPS, BYTES].map((name) => (extra[name]?.kind === "string" ? extra[name].value : undefined));
    return texts[1] === undefined ? [] : [[texts[0], texts[1]] as const];
  });
}

const product = (m: string, symbols = "") => `
func.func @main(%a: tensor<${m}x8xf32>, %b: tensor<8x16xf32>) -> tensor<${m}x16xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<${m}x8xf32>, tensor<8x16xf32>) -> tensor<${m}x16xf32>
  return %0 : tensor<${m}x16xf32>
}${symbols}`;

describe("the cost of a kernel", () => {
  it("is two operations for each product that is summed up, and each operand once", () => {
    expect(costs(product("4"))).toEqual([[String(2 * 4 * 8 * 16), String(4 * (4 * 8 + 8 * 16 + 4 * 16))]]);
  });

  it("is an expression over open sizes", () => {
    const [[flops, bytes]] = costs(product("?")) as [[string, string]];
    const symbol = /[A-Za-z]\w*/.exec(flops)![0];
    expect(flops).toBe(`${symbol}*256`);
    expect(bytes).toBe(`${symbol}*96 + 512`);
  });

  it("is that of the whole chain where operations are fused: what lies between is not moved", () => {
    const chain = `
func.func @main(%a: tensor<32xf32>, %b: tensor<32xf32>) -> tensor<32xf32> {
  %0 = stablehlo.add %a, %b : tensor<32xf32>
  %1 = stablehlo.multiply %0, %a : tensor<32xf32>
  %2 = stablehlo.exponential %1 : tensor<32xf32>
  return %2 : tensor<32xf32>
}`;
    expect(costs(chain)).toEqual([[String(3 * 32), String(3 * 32 * 4)]]);
  });
});
