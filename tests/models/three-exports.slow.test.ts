/**
 * @file One block exported three ways is the same to the compiler: the graph as PyTorch traces it, the decomposed one and
 * ONNX of operator set 18 raise to the same composites. Needs a Python with torch, onnx and onnxscript.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionName, functionsOf } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import { printType } from "../../ir/types.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { importModel, stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import { pythonWith } from "../support/python.js";

const python = pythonWith("torch", "onnx", "onnxscript");
const folder = mkdtempSync(join(tmpdir(), "persimmons-exports-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Raised {
  readonly name: string;
  /** Of the operands and the first result. */
  readonly types: string;
  readonly isCausal: boolean;
}

/** The composites of the program after `simplify`, in an order of their own. */
async function raised(file: string): Promise<readonly Raised[]> {
  const context = newContext();
  const module = await importModel(join(folder, file), context);
  runStages(stagesFor(cpuNamed("x86-64-v3")!), module, context, { until: "simplify" });
  const main = [...functionsOf(module)].find((f) => functionName(f) === "main")!;
  const all = [...main.walk()].filter((op) => composite.matches(op));
  return all
    .map((op) => ({
      name: composite.attrsOf(op).name,
      types: [...op.operands, op.results[0]!].map((x) => printType(x.type)).join(" -> "),
      isCausal: "causal" in (composite.attrsOf(op).composite_attributes ?? {}),
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const gpt = ["psm.attention", "psm.gelu", "psm.layer_norm", "psm.layer_norm"];
const llama = [
  "psm.attention",
  "psm.rms_norm",
  "psm.rms_norm",
  "psm.rotary_embedding",
  "psm.rotary_embedding",
  "psm.swish",
];

describe.skipIf(python === undefined)("a block exported three ways", () => {
  beforeAll(() => {
    const script = fileURLToPath(new URL("three_exports.py", import.meta.url));
    execFileSync(python!, [script, folder], { stdio: ["ignore", "ignore", "pipe"] });
  }, 300_000);

  it.each([
    ["gpt", gpt],
    ["gpt-written", gpt],
    ["llama", llama],
    ["llama-written", llama],
  ])("%s has the same composites each time", async (name, expected) => {
    const traced = await raised(`${name}.pt2`);
    expect(traced.map((r) => r.name)).toEqual(expected);
    expect(traced.filter((r) => r.isCausal).map((r) => r.name)).toEqual(["psm.attention"]);
    expect(await raised(`${name}.decomposed.pt2`)).toEqual(traced);
    expect(await raised(`${name}.onnx`)).toEqual(traced);
  });
});
