/** @file Finding where two runtimes part, over made-up ones; and the models that it is asked of. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { arrayOf } from "../../cli/compare.js";
import { type Compute, firstDifference } from "../../cli/first-difference.js";
import { type ModelProbe, probeModel } from "../../cli/probe.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { tensor } from "../../runtime-lib/tensor.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-probe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = Array.from({ length: 20 }, (_, k) => ({ name: `v${k}`, node: `op ${k}` }));
const probe: ModelProbe = { values, make: () => expect.fail("only the runtimes make models here") };

/** Gives 1 for every value, and 2 for those that are `wrong`. */
function runtime(wrong: (name: string, asked: readonly string[]) => boolean): Compute {
  return async (names) => new Map(names.map((n) => [n, tensor(Float32Array.of(wrong(n, names) ? 2 : 1))]));
}

const numberOf = (name: string): number => Number(name.slice(1));
const right = runtime(() => false);

test("the first value that differs is named, not the last", async () => {
  const found = await firstDifference(
    probe,
    runtime((name) => numberOf(name) >= 7),
    right,
    1e-4,
  );
  expect(found).toMatchObject({ value: { name: "v7", node: "op 7" }, fusedOnly: false });
});

test("a fault of fusing, which hides when every value is asked for, is found by halving", async () => {
  let runs = 0;
  const fused = runtime((name, asked) => {
    runs++;
    return asked.length === 1 && numberOf(name) >= 13;
  });
  const found = await firstDifference(probe, fused, right, 1e-4);
  expect(found).toMatchObject({ value: { name: "v13" }, fusedOnly: true });
  expect(runs).toBeLessThan(values.length + 8);
});

test("no difference is none", async () => {
  expect(await firstDifference(probe, right, right, 1e-4)).toBeUndefined();
});

test("values that the reference does not have are passed over", async () => {
  const some: Compute = async (names) => right(names.filter((name) => numberOf(name) % 2 === 1));
  const found = await firstDifference(
    probe,
    runtime((name) => numberOf(name) >= 4),
    some,
    1e-4,
  );
  expect(found!.value.name).toBe("v5");
});

test("inner values of programs and of ONNX models become outputs", async () => {
  const file = join(folder, "inner.mlir");
  writeFileSync(
    file,
    `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.add %x, %x : tensor<2xf32>
  %1 = stablehlo.negate %0 : tensor<2xf32>
  %2 = stablehlo.multiply %1, %1 : tensor<2xf32>
  return %2 : tensor<2xf32>
}
`,
  );
  const inner = await probeModel(file);
  expect(inner.values.map(({ node }) => node.split(" ")[0])).toEqual([
    "stablehlo.add",
    "stablehlo.negate",
    "stablehlo.multiply",
  ]);
  const names = inner.values.map(({ name }) => name);
  const { module, context } = await inner.make([names[1]!, names[0]!]);
  const results = interpret(module, "main", [arrayOf(tensor(Float32Array.of(1, 2)))], context) as readonly NdArray[];
  expect(results.map((r) => [...r.data])).toEqual([
    [-2, -4],
    [2, 4],
  ]);
  const digits = await probeModel("models/digits.onnx");
  expect(digits.values.map(({ node }) => node.split(" ")[0])).toContain("Softmax");
  expect(digits.values).toHaveLength(9);
});
