/** @file `--constexpr` and `--kernel`: verbs that read models take kernels in Python as `export` does. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliJson, problemsOf } from "./session.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-kernels-"));
const at = (name: string): string => join(folder, name);
const source = at("steps.py");
writeFileSync(
  source,
  `import persimmons
from persimmons import f64

N, STEPS = persimmons.sizes("N STEPS")


@persimmons.loops
def smooth(x: f64[N]):
    for t in range(STEPS):
        for i in range(1, N - 1):
            x[i] = (x[i - 1] + x[i] + x[i + 1]) / 3.0


@persimmons.loops
def twice(x: f64[N]):
    for i in range(N):
        x[i] = 2.0 * x[i]
`,
);

describe("kernels in Python", () => {
  it("are checked with sizes given, of which those that bound loops alone are needed", async () => {
    const missing = await cliJson("check", source);
    expect(missing.code).toBe(3);
    expect(missing.json.diagnostics[0]!.fix).toContain("--constexpr STEPS");
    expect((await cliJson("check", source, "--constexpr", "STEPS=2")).code).toBe(0);
    expect((await cliJson("check", source, "--kernel", "twice")).code).toBe(0);
  });

  it("are inspected with the types that sizes give them", async () => {
    const { code, json } = await cliJson("inspect", source, "--constexpr", "N=8,STEPS=2", "--kernel", "smooth");
    expect(code).toBe(0);
    expect(json["inputs"]).toEqual([{ name: "x", type: "tensor<8xf64>" }]);
  });

  it("are verified with the sizes that they were exported with", async () => {
    const sizes = ["--constexpr", "N=8", "--constexpr", "STEPS=2", "--kernel", "smooth"];
    expect((await cliJson("export", source, ...sizes, "-o", at("steps.psm"))).code).toBe(0);
    const { code, json } = await cliJson("verify", source, at("steps.psm"), ...sizes);
    expect({ code, problems: problemsOf(json) }).toEqual({ code: 0, problems: [] });
    expect(json["reference"]).toBe("interpreter");
  });

  it("are listed with what they ran as where the entry runs them", async () => {
    const bundle = at("both.psm");
    const exported = await cliJson("export", source, "--constexpr", "STEPS=2", "--target", "wasm32", "-o", bundle);
    expect(exported.code).toBe(0);
    const { json } = await cliJson("run", bundle, "--entry", "twice", "--seed", "1", "--dim", "N=8");
    expect(json["kernels"]).toEqual([{ name: "twice_loops", ranAs: expect.stringMatching(/loops? over/) }]);
  });

  it("are profiled from their source, with the operations and bytes that their loops have", async () => {
    const options = ["--constexpr", "N=10,STEPS=4", "--kernel", "smooth", "--engine", "wasm", "--rounds", "1"];
    const { code, json } = await cliJson("profile", source, ...options);
    expect({ code, problems: problemsOf(json) }).toEqual({ code: 0, problems: [] });
    const [kernel] = json["kernels"] as readonly { readonly flops: number; readonly bytes: number }[];
    expect([kernel!.flops, kernel!.bytes]).toEqual([4 * 8 * 3, 8 * (10 + 8)]);
    const other = await cliJson("profile", "models/digits.onnx", "--kernel", "smooth");
    expect([other.code, problemsOf(other.json)[0]]).toEqual([2, expect.stringContaining("models/digits.onnx is none")]);
  });

  it("alone have sizes and names", async () => {
    const { code, json } = await cliJson("check", "models/digits.onnx", "--constexpr", "N=3");
    expect(code).toBe(2);
    expect(problemsOf(json)[0]).toContain("models/digits.onnx is none");
  });
});
