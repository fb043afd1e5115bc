/** @file The generated parts: the model's table, its description and its header. */

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { dtypeNames, findDtype } from "../../../runtime-lib/bundle/dtype.js";
import { evaluateExpression, parseExpression } from "../../../runtime-lib/bundle/expression.js";
import type { ModelVariant } from "../../../runtime-lib/engines/engine.js";
import { nativeEngine } from "../../../runtime-lib/engines/native/engine.js";
import { findNativeToolchain, runProgram } from "../../../runtime-lib/engines/toolchain.js";
import type { ModelDescription } from "../../../runtime-lib/native/description.js";
import { dtypeCode, dtypeConstant, dtypeOfCode } from "../../../runtime-lib/native/dtype-codes.js";
import { modelHeader } from "../../../runtime-lib/native/header.js";
import { nativeSources } from "../../../runtime-lib/native/sources.js";
import { libraryText, modelTable } from "../../../runtime-lib/native/table.js";
import { makeFixture, makeRoot, numbers, sharedCache, tensor } from "./fixtures.js";

const { root, remove } = makeRoot();
const abi = nativeSources().files.get("psm_abi.h")!;
afterAll(remove);

test("every element type has the code that psm_abi.h gives it", () => {
  const declared = [...abi.matchAll(/^ {2}(PSM_[A-Z0-9_]+) = (0x[0-9a-f]{4})/gm)].map(([, name, code]) => [
    name,
    Number(code),
  ]);
  expect(declared).toHaveLength(dtypeNames.length);
  expect(new Map(dtypeNames.map((name) => [dtypeConstant(name), dtypeCode(name)]))).toEqual(
    new Map(declared as [string, number][]),
  );
  for (const name of dtypeNames) {
    expect(dtypeOfCode(dtypeCode(name))).toBe(name);
    const bits = dtypeCode(name) & 255;
    expect(bits <= 8 ? 1 : bits / 8).toBe(findDtype(name)!.bytes); // how the C side counts
  }
});

test("sizes of states mean in the library what they mean in the manifest", async () => {
  const sizes = [
    "s0",
    "s0*2 + 1",
    "s0 floordiv 3",
    "(0 - s0) floordiv 3 + 100",
    "64*(s0 ceildiv 16)",
    "(0 - s0) ceildiv 7 + 50",
    "(0 - s0) mod 5",
    "s0 mod 4",
    "min(s0, 7, 3) + max(s0, 2)",
    "((((s0 + 1)*2 - 3) floordiv 2)*5) mod 11",
    "12",
  ];
  const base = makeFixture(root, "total").variant("native");
  const states = sizes.map((size, k) => ({ name: `state ${k}`, dtype: "i8", shape: k === 0 ? ["s0*4"] : ["2", size] }));
  const entries = base.description.entries.map((e) => ({
    ...e,
    states: e.name === "keep" ? states.map((_, k) => k) : [0],
  }));
  const description: ModelDescription = { ...base.description, states, entries };
  const model = await nativeEngine(sharedCache).load({ ...base, description });
  for (const s0 of [0, 1, 2, 3, 8, 31, 100]) {
    model.run("keep", [tensor("f32", [s0], new Array<number>(s0).fill(1))]);
    const symbols = new Map([["s0", s0]]);
    for (const state of states) {
      const wanted = state.shape.map((size) => evaluateExpression(parseExpression(size), symbols));
      expect([s0, state.name, model.state(state.name).shape]).toEqual([s0, state.name, wanted]);
    }
    model.resetState();
  }
  model.close();
}, 60_000);

/** A description with names that C, LLVM and JSON each have reasons to stumble over. */
function awkward(variant: ModelVariant): ModelDescription {
  const name = 'a"b\\c\n*/ ??/ %s é 漢 \u0001';
  const [entry] = variant.description.entries;
  const value = { name, dtype: "f32", shape: ["4"], allocatedByRun: false };
  const checks = [{ message: name }];
  return {
    ...variant.description,
    producer: name,
    entries: [{ ...entry!, inputs: [value], outputs: [value], checks }],
  };
}

test("names of any kind pass through table, description and header", async () => {
  const variant = makeFixture(root, "add").variant("native");
  const description = awkward(variant);
  const model = await nativeEngine(sharedCache).load({ ...variant, description });
  expect(() => model.run("main", [])).toThrow(description.entries[0]!.inputs[0]!.name);
  model.close();
  const source = path.join(root, "awkward.c");
  writeFileSync(source, modelHeader(description, abi));
  const { command } = await findNativeToolchain();
  const flags = ["-std=c11", "-Wall", "-Werror", "-c", source, "-o", path.join(root, "awkward.o")];
  const checked = await runProgram([...command, ...flags]);
  expect(checked.stderr).toBe("");
  expect(checked.code).toBe(0);
}, 60_000);

test("a module that brings its table needs no other", async () => {
  const variant = makeFixture(path.join(root, "whole"), "add").variant("native");
  const text = readFileSync(variant.modulePath, "utf8");
  writeFileSync(variant.modulePath, text + libraryText(variant.description));
  const model = await nativeEngine(sharedCache).load(variant);
  const [y] = model.run("main", [tensor("f32", [4], [0, 1, 2, 3])]);
  expect(numbers(y!)).toEqual([10, 21, 32, 43]);
  model.close();
}, 60_000);

test("a name that is no identifier never reaches a symbol", () => {
  const { description } = makeFixture(root, "add").variant("native");
  expect(() => modelTable({ ...description, model: "a b" })).toThrow("'a b' is no C identifier");
  const entries = [{ ...description.entries[0]!, name: "m(" }];
  expect(() => modelTable({ ...description, entries })).toThrow("'m(' is no C identifier");
});

test("a first value outside the weights is refused", () => {
  const { description } = makeFixture(root, "total").variant("native");
  const beyond = { ...description, states: [{ ...description.states[0]!, init: 8 }] };
  expect(() => modelTable(beyond)).toThrow("PS5200");
  const symbolic = { ...description, states: [{ ...description.states[1]!, init: 0 }] };
  expect(() => modelTable(symbolic)).toThrow("PS5200");
});

test("the library describes itself as the manifest does", async () => {
  const variant = makeFixture(root, "rows").variant("native");
  const header = modelHeader(variant.description, abi);
  expect(header).toContain("#define ROWS_MAIN_IN_X 0\n#define ROWS_MAIN_INPUTS 1\n#define ROWS_MAIN_OUT_Y 0\n");
  expect(header).toContain(" *   input 0 'x': f32 [s0, 3]\n");
  expect(header).toContain(" * s0: at least 1, at most 4096\n");
  const table = modelTable(variant.description);
  const text = /c"(\{\\22abi.*)\\00"/.exec(table)![1]!;
  const json = text.replace(/\\([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(variant.description)));
  expect(readFileSync(variant.weightsPath!).length).toBe(variant.description.weights!.offset + 12);
});
