/** @file What export planned: the arena beside its lower bound, and the schedule, as `inspect` and `export --verbose` tell them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli } from "./session.js";

const { root, remove } = makeRoot();
const at = (name: string): string => join(root, name);

/** Two products whose results are residuals: x and one more tensor of 64 KiB are alive at a time, beside what is given. */
const program = `func.func @main(%x: tensor<128x128xf32>) -> tensor<128x128xf32> {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0] : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %1 = stablehlo.add %0, %x : tensor<128x128xf32>
  %2 = stablehlo.tanh %1 : tensor<128x128xf32>
  %3 = stablehlo.dot_general %2, %2, contracting_dims = [1] x [0] : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
  %4 = stablehlo.add %3, %2 : tensor<128x128xf32>
  func.return %4 : tensor<128x128xf32>
}`;

beforeAll(() => writeFileSync(at("residual.mlir"), program));
afterAll(remove);

const plan =
  /main: arena (\S+ \S+), no plan needs less than (\S+ \S+)\n\s*(?:x86-64-v3 )?schedule: 2 kernels launched one after another, 2 of them in chunks that threads share/;

test("an export says what it planned where more is asked for, and inspect says it at any time", async () => {
  const quiet = await cli("export", at("residual.mlir"), "-t", "avx2", "-o", at("quiet.psm"));
  expect([quiet.code, quiet.out]).toEqual([0, expect.not.stringMatching(plan)]);
  const told = await cli("export", at("residual.mlir"), "-t", "avx2", "-o", at("told.psm"), "--verbose");
  const inspected = await cli("inspect", at("told.psm"));
  for (const { code, out } of [told, inspected]) {
    expect([code, out]).toEqual([0, expect.stringMatching(plan)]);
    const [, arena, bound] = plan.exec(out)!;
    expect(arena).toBe(bound);
  }
});
