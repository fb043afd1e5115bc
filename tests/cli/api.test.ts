/** @file The npm export `persimmons`: what its names do, and that it is what package.json says. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as api from "../../cli/api.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";

const { root, remove } = makeRoot();
const before = { ...process.env };

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = join(root, "cache");
});

afterAll(() => {
  process.env = before;
  remove();
});

const program = `func.func @main(%x: tensor<?x2xf32> {psm.name = "x"}) -> (tensor<?x2xf32> {psm.name = "y"}) {
  %0 = stablehlo.add %x, %x : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
`;

test("exports, loads and runs at sizes that were not known before", async () => {
  const model = join(root, "twice.mlir");
  writeFileSync(model, program);
  const steps: string[] = [];
  const exported = await api.exportModel(model, {
    out: join(root, "twice.psm"),
    targets: ["host"],
    onProgress: (_, detail) => steps.push(detail),
  });
  expect(exported).toMatchObject({ path: join(root, "twice.psm"), diagnostics: [], manifest: { model: "twice" } });
  expect(steps.length).toBeGreaterThan(3);
  const bundle = await api.loadBundle(exported.path);
  for (const rows of [1, 3, 2]) {
    const { y } = await bundle.run({ x: api.tensor(new Float32Array(2 * rows).fill(rows), [rows, 2]) });
    expect([y!.shape, [...api.valuesOf(y!)]]).toEqual([[rows, 2], new Array(2 * rows).fill(2 * rows)]);
  }
  expect(api.counters(bundle)).toEqual([]);
  bundle.close();
}, 60_000);

test("throws what is wrong as data", async () => {
  const model = join(root, "bad.mlir");
  writeFileSync(model, "not a program");
  const error = await api.exportModel(model, { out: join(root, "bad.psm") }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(api.CompileError);
  expect(error).toMatchObject({ exitCode: 3 });
  const missing = await api.loadBundle(join(root, "none.psm")).catch((e: unknown) => e);
  expect(missing).toBeInstanceOf(api.RuntimeFault);
});

test("is where package.json says", () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  expect(exports["."]!.default).toBe("./dist/cli/api.js");
  expect(exports["./runtime"]!.default).toBe("./dist/runtime-lib/api.js");
  for (const name of ["exportModel", "loadBundle", "run", "counters"]) expect(api).toHaveProperty(name);
});
