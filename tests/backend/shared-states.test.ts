/** @file Several entries over one state: what one entry leaves, the next one finds, on every engine. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedStates } from "../../backend/shared-states.js";
import { importMlirText } from "../../frontends/mlir/import.js";
import { entryInterfaces } from "../../ir/entry.js";
import { newContext } from "../../lowering/dialects.js";
import { tensor, valuesOf } from "../../runtime-lib/api.js";
import { type LoadChoice, loadModel } from "../../runtime-lib/load-model.js";
import { cli } from "../cli/session.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
});
afterAll(() => {
  process.env = before;
  remove();
});

const state = (result: number, initial = "[1.0, 2.0, 3.0, 4.0]", name = "total", size = 4): string =>
  `tensor<${size}xf32> {psm.name = "${name}", psm.state, psm.initial = dense<${initial}> : tensor<${size}xf32>, tf.aliasing_output = ${result} : i32}`;

const weight = "stablehlo.constant dense<[10.0, 20.0, 30.0, 40.0]> : tensor<4xf32>";

/** `grow` adds its input and a weight to the state, `shrink` takes the weight away; both give the state's new value. */
const program = `func.func @grow(%x: tensor<4xf32> {psm.name = "x"}, %t: ${state(1)}) -> (tensor<4xf32> {psm.name = "now"}, tensor<4xf32>) {
  %w = ${weight}
  %0 = stablehlo.add %t, %x : tensor<4xf32>
  %1 = stablehlo.add %0, %w : tensor<4xf32>
  return %1, %1 : tensor<4xf32>, tensor<4xf32>
}
func.func @shrink(%t: ${state(1)}) -> (tensor<4xf32> {psm.name = "now"}, tensor<4xf32>) {
  %w = ${weight}
  %0 = stablehlo.subtract %t, %w : tensor<4xf32>
  return %0, %0 : tensor<4xf32>, tensor<4xf32>
}
`;

const engines: Readonly<Record<string, string>> = { native: "host", wasm: "wasm32", cycles: "p1-tiny" };

describe.each(Object.entries(engines))("on the %s engine", (engine, target) => {
  it("entries share a state by its name, and weights", async () => {
    writeFileSync(at("total.mlir"), program);
    const path = at(`${engine}.psm`);
    expect(await cli("export", at("total.mlir"), "-t", target, "-o", path)).toMatchObject({ code: 0 });
    const { model, bundle } = await loadModel(path, { engine: engine as NonNullable<LoadChoice["engine"]> });
    expect(bundle.manifest.states.map((s) => s.name)).toEqual(["total"]);
    // One for both entries, and what the state begins with.
    expect(bundle.manifest.weights).toHaveLength(2);
    expect(bundle.manifest.entries.map((e) => e.states.map((use) => use.state))).toEqual([[0], [0]]);
    const x = tensor(new Float32Array([1, 1, 1, 1]), [4]);
    const run = (entry: string, ...inputs: readonly (typeof x)[]) => [...valuesOf(model.run(entry, inputs)[0]!)];
    expect(run("grow", x)).toEqual([12, 23, 34, 45]);
    expect(run("shrink")).toEqual([2, 3, 4, 5]);
    expect(run("grow", x)).toEqual([13, 24, 35, 46]);
    expect([...valuesOf(model.state("total"))]).toEqual([13, 24, 35, 46]);
    model.resetState("total");
    expect(run("shrink")).toEqual([-9, -18, -27, -36]);
    model.close();
  });
});

it.each(["grow", "shrink"])("what '%s' does is verified from what the states begin with", async (entry) => {
  const verified = await cli("verify", at("total.mlir"), at("native.psm"), "--entry", entry);
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.out).toContain("now: agrees");
});

function conflictsOf(text: string): () => unknown {
  const context = newContext();
  const module = importMlirText(text, "states.mlir", context);
  return () => sharedStates(entryInterfaces(module, context));
}

const two = (first: string, second: string, size = 4): string =>
  `func.func @one(%t: ${first}) -> tensor<4xf32> {\n  return %t : tensor<4xf32>\n}\n` +
  `func.func @two(%t: ${second}) -> tensor<${size}xf32> {\n  return %t : tensor<${size}xf32>\n}\n`;

describe("a state of one name", () => {
  it("must have one size", () => {
    expect(conflictsOf(two(state(0), state(0, "0.0", "total", 5), 5))).toThrow(
      "the state 'total' is f32[4] in the entry 'one' and f32[5] in 'two'",
    );
  });

  it("must begin with the same elements", () => {
    expect(conflictsOf(two(state(0), state(0, "0.0")))).toThrow(
      "the state 'total' begins with other elements in the entry 'one' than in 'two'",
    );
  });

  it("may be told to begin with zeros in two ways", () => {
    const silent = 'tensor<4xf32> {psm.name = "total", psm.state, tf.aliasing_output = 0 : i32}';
    expect(conflictsOf(two(silent, state(0, "0.0")))()).toHaveLength(1);
  });

  it("stands once in an entry", () => {
    const twice = `func.func @one(%a: ${state(0)}, %b: ${state(1)}) -> (tensor<4xf32>, tensor<4xf32>) {\n  return %a, %b : tensor<4xf32>, tensor<4xf32>\n}\n`;
    expect(conflictsOf(twice)).toThrow("the state 'total' stands twice in the entry 'one'");
  });
});
