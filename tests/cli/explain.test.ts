/** @file `persimmons explain`: kernels of a bundle, what was decided about one, and names that are not there. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli, cliJson, problemsOf } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const bundle = join(root, "net.psm");

beforeAll(async () => {
  process.env["PERSIMMONS_CACHE"] = join(root, "cache");
  const model = join(root, "net.mlir");
  writeFileSync(
    model,
    `func.func public @main(%a: tensor<64x32xf32>, %b: tensor<32x48xf32>) -> (tensor<64x48xf32>, tensor<64x48xf32>) {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x32xf32>, tensor<32x48xf32>) -> tensor<64x48xf32>
  %1 = stablehlo.negate %0 : tensor<64x48xf32>
  return %0, %1 : tensor<64x48xf32>, tensor<64x48xf32>
}
`,
  );
  expect((await cli("export", model, "--target", "wasm32", "--target", "avx2", "-o", bundle)).err).not.toContain(
    "error",
  );
});
afterAll(() => {
  process.env = before;
  remove();
});

test("without a name it lists the kernels of the first target, or of the one that is named", async () => {
  const { code, out } = await cli("explain", bundle);
  expect(code).toBe(0);
  expect(out).toMatch(/^2 kernels for wasm32\n {2}main_kernel_0 {2}.* from net\.mlir:2:8\n/);
  expect((await cli("explain", bundle, "--target", "x86-64-v3")).out).toMatch(/^2 kernels for x86-64-v3\n/);
});

test("of a kernel it tells the place, the cost and every decision with its reason", async () => {
  const { out } = await cli("explain", bundle, "kernel", "main_kernel_1");
  expect(out).toContain("  from      net.mlir:3:8\n");
  expect(out).toContain("  launched  1 time by the schedule");
  expect(out).toContain(`  costs     ${64 * 48} operations, at least ${2 * 4 * 64 * 48} bytes\n`);
  expect(out).toContain("group-kernels: is a kernel of its own, apart from what it reads\n      because ");
  expect(out).toContain("vectorize-generics: an operation runs over vectors of 4 elements");
});

test("the same as data", async () => {
  const { json } = await cliJson("explain", bundle, "kernel", "main_kernel_1", "--target", "x86-64-v3");
  expect(json).toMatchObject({ ok: true, target: "x86-64-v3", kernel: "main_kernel_1", launches: 1 });
  const decisions = json["decisions"] as readonly { readonly pass: string; readonly numbers: readonly unknown[] }[];
  expect(decisions.map((d) => d.pass)).toEqual(["group-kernels", "vectorize-generics", "split-into-chunks"]);
  expect(decisions[1]!.numbers).toContainEqual({ name: "lanes", value: "8" });
  const { json: all } = await cliJson("explain", bundle);
  expect(all["kernels"]).toHaveLength(2);
});

describe("what is not there", () => {
  test.each([
    [["kernel", "main_kernel_7"], "the target wasm32 has no kernel 'main_kernel_7'", "did you mean 'main_kernel_0'?"],
    [["kernel", "softmax"], "the target wasm32 has no kernel 'softmax'", "it has main_kernel_0, main_kernel_1"],
    [["kernle", "x"], "'kernle' is nothing that can be explained", "did you mean 'kernel'?"],
    [["kernel"], "the kernel has no name", "lists kernels"],
    [["--target", "x86-64-v2"], "the bundle has no target 'x86-64-v2'", "did you mean 'x86-64-v3'?"],
  ])("%j", async (args, message, fix) => {
    const { code, json } = await cliJson("explain", bundle, ...args);
    expect(code).toBe(2);
    expect(problemsOf(json)).toEqual([expect.stringContaining(message)]);
    expect(json.diagnostics[0]!.fix).toContain(fix);
  });
});

test("targets are told by export and doctor, and a name near one is", async () => {
  const { json } = await cliJson("export", join(root, "net.mlir"), "--target", "avx51");
  expect(problemsOf(json)).toEqual(["PS6007 there is no target 'avx51'"]);
  expect(json.diagnostics[0]!.fix).toMatch(/^did you mean 'avx512'\? there are host, .*neon, wasm32, p1-64/);
  expect((await cli("export", "--help")).out).toMatch(/x86-64-v4, avx512 +x86-64 with AVX-512\n/);
  expect((await cliJson("doctor")).json["targets"]).toEqual(expect.arrayContaining(["host", "neon", "p1-tiny"]));
});
