/** @file What is an entry of a StableHLO text, and what callers see of it. */

import { describe, expect, it } from "vitest";
import { importMlirText } from "../../../frontends/mlir/import.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { entryInterfaces } from "../../../ir/entry.js";
import { newContext } from "../../../lowering/dialects.js";

const add = (name: string): string => `func.func @${name}(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.add %a, %b : tensor<f32>
  return %0 : tensor<f32>
}`;

function entries(text: string): readonly string[] {
  const context = newContext();
  return entryInterfaces(importMlirText(text, "m.mlir", context), context).map((e) => e.name);
}

describe("entries", () => {
  it("are the public functions", () => {
    expect(entries(`${add("prefill")}\n${add("decode")}`)).toEqual(["prefill", "decode"]);
  });

  it("are not what others call, where there is @main", () => {
    const call = "%0 = func.call @sum(%a, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>";
    const main = `func.func @main(%a: tensor<f32>) -> tensor<f32> {\n${call}\nreturn %0 : tensor<f32>\n}`;
    expect(entries(`${main}\n${add("sum")}\n${add("other")}`)).toEqual(["main", "other"]);
  });

  it("must be", () => {
    expect(() => entries(add("private").replace("func.func", "func.func private"))).toThrow(CompileError);
  });
});
