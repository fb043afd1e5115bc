/** @file The command line with accelerators: targets by name and by file, the emulator, what is refused. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acceleratorNamed } from "../../machine/presets.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli, cliJson } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  writeFileSync(
    at("sum.mlir"),
    "func.func public @main(%a: tensor<3x5xf32>, %b: tensor<5x2xf32>) -> tensor<3x2xf32> {\n" +
      "  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<3x5xf32>, tensor<5x2xf32>) -> tensor<3x2xf32>\n" +
      "  return %0 : tensor<3x2xf32>\n}\n",
  );
});
afterAll(() => {
  process.env = before;
  remove();
});

test("a bundle for an accelerator holds its programs and its machine, and runs on the emulator", async () => {
  const exported = await cli("export", at("sum.mlir"), "--target", "p1-tiny", "-o", at("sum.psm"));
  expect(exported.code).toBe(0);
  expect(readdirSync(at("sum.psm")).sort()).toEqual(["machine.p1-tiny.json", "manifest.bin", "tiles.bin"]);
  const { code, json } = await cliJson("run", at("sum.psm"), "--seed", "1");
  expect(code).toBe(0);
  expect(json).toMatchObject({ engine: "cycles", target: "p1-tiny", code: "emulated" });
  const counters = json["counters"] as readonly { readonly calls: number; readonly work: Record<string, number> }[];
  expect(counters.map((c) => c.calls)).toEqual([1, 1]);
  expect(counters.reduce((sum, c) => sum + (c.work["macs"] ?? 0), 0)).toBe(3 * 5 * 2);
  const told = await cli("run", at("sum.psm"), "--seed", "1");
  expect(told.out).toContain("30 MACs");
  expect(told.out).toContain("how many cycles this takes is not told yet");
  const { out } = await cli("inspect", at("sum.psm"));
  expect(out).toContain("target p1-tiny: spatial, machine.p1-tiny.json");
  expect(out).toContain("matmul 3x2x5 f32");
});

test("equal exports are equal byte for byte", async () => {
  for (const name of ["one.psm", "two.psm"]) await cli("export", at("sum.mlir"), "--target", "p1-tiny", "-o", at(name));
  for (const file of readdirSync(at("one.psm"))) {
    expect(readFileSync(join(at("one.psm"), file))).toEqual(readFileSync(join(at("two.psm"), file)));
  }
});

test("a machine of one's own comes from a file, and its problems are told with their places", async () => {
  const description = { ...acceleratorNamed("p1-tiny"), name: "mine", grid: { rows: 1, columns: 2 } };
  writeFileSync(
    at("mine.json"),
    JSON.stringify({ ...description, hbm: { ...acceleratorNamed("p1-tiny")!.hbm, positions: [] } }),
  );
  const wrong = await cliJson("export", at("sum.mlir"), "--target", at("mine.json"));
  expect(wrong.code).toBe(2);
  expect(wrong.json.diagnostics.map((p) => p.message)).toEqual([
    `${at("mine.json")}: hbm.positions: 0 positions for 2 channels`,
  ]);
  const positions = [0, 1].map((column) => ({ row: 0, column, edge: "north" }));
  writeFileSync(
    at("mine.json"),
    JSON.stringify({ ...description, hbm: { ...acceleratorNamed("p1-tiny")!.hbm, positions } }),
  );
  expect((await cli("export", at("sum.mlir"), "--target", at("mine.json"), "-o", at("mine.psm"))).code).toBe(0);
  const { json } = await cliJson("run", at("mine.psm"), "--seed", "1");
  expect(json).toMatchObject({ engine: "cycles", target: "mine" });
});

test("files that are no descriptions, and unknown names, are usage errors", async () => {
  writeFileSync(at("text.json"), "no json");
  expect((await cli("export", at("sum.mlir"), "--target", at("text.json"))).code).toBe(2);
  expect((await cli("export", at("sum.mlir"), "--target", at("absent.json"))).code).toBe(5);
  const unknown = await cliJson("export", at("sum.mlir"), "--target", "p1-tinny");
  expect(unknown.code).toBe(2);
  expect(unknown.json.diagnostics[0]?.fix).toMatch(/^did you mean 'p1-tiny'\? there are .*znver4/);
});

test("an engine that was asked for is used or refused", async () => {
  const both = await cli("export", at("sum.mlir"), "--target", "p1-tiny", "--target", "wasm32", "-o", at("both.psm"));
  expect(both.code).toBe(0);
  expect((await cliJson("run", at("both.psm"), "--seed", "1", "--engine", "cycles")).json).toMatchObject({
    target: "p1-tiny",
  });
  expect((await cliJson("run", at("both.psm"), "--seed", "1", "--target", "p1-tiny", "--engine", "wasm")).code).toBe(4);
  expect((await cliJson("run", at("sum.psm"), "--seed", "1", "--engine", "native")).code).toBe(4);
});

test("a graph that the accelerator cannot run ends with exit 4", async () => {
  writeFileSync(
    at("exp.mlir"),
    "func.func public @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.exponential %a : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}\n",
  );
  const { code, json } = await cliJson("export", at("exp.mlir"), "--target", "p1-tiny", "-o", at("exp.psm"));
  expect(code).toBe(4);
  expect(json.diagnostics.map((p) => p.code)).toEqual(["PS4301"]);
});

test("a changed program is not run", async () => {
  await cli("export", at("sum.mlir"), "--target", "p1-tiny", "-o", at("bad.psm"));
  const bytes = readFileSync(join(at("bad.psm"), "tiles.bin"));
  bytes[100]! ^= 1;
  writeFileSync(join(at("bad.psm"), "tiles.bin"), bytes);
  expect((await cliJson("run", at("bad.psm"), "--seed", "1")).code).toBe(5);
});
