/** @file Models that ONNX Runtime's tools quantized, as QuantizeLinear and DequantizeLinear around operators, beside ONNX Runtime. */

import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrayOf } from "../../cli/compare.js";
import { readNpy } from "../../cli/npy.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { pythonWith } from "../support/python.js";
import { cli } from "./session.js";

const { root, remove } = makeRoot();
const python = pythonWith("numpy", "onnx", "onnxruntime");
const script = fileURLToPath(new URL("quantized_models.py", import.meta.url));
const at = (name: string): string => join(root, name);
const steps = new Map<string, number>();

beforeAll(() => {
  if (python === undefined) return;
  const said = execFileSync(python, [script, root], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  for (const [, name, step] of said.matchAll(/^(\w+) ([\d.e-]+)$/gm)) steps.set(name!, Number(step));
}, 120_000);

afterAll(remove);

/** How far results are apart, in steps of the quantization, each. */
async function distances(name: string, target: string): Promise<readonly number[]> {
  const bundle = at(`${name}.${target}.psm`);
  const exported = await cli("export", at(`${name}.onnx`), "-t", target, "-o", bundle);
  expect([exported.code, exported.err]).toEqual([0, expect.any(String)]);
  const ran = await cli("run", bundle, "--in", `x=${at(`${name}.x.npy`)}`, "--out", at(`${name}.${target}`));
  expect([ran.code, ran.err]).toEqual([0, expect.any(String)]);
  const [ours, wanted] = [at(`${name}.${target}/y.npy`), at(`${name}.y.npy`)].map((file) => arrayOf(readNpy(file)));
  return Array.from(ours!.data as Float32Array, (y, k) => Math.abs(y - (wanted!.data[k] as number)) / steps.get(name)!);
}

describe.skipIf(python === undefined)("a model that ONNX Runtime quantized", () => {
  test.each([
    ["network_u8", "host"],
    ["network_s8", "host"],
    ["layer_u8", "host"],
    ["layer_s8", "host"],
    ["network_u8", "wasm32"],
    ["layer_s8", "wasm32"],
  ])(
    "%s gives its results on %s, all but a few to less than a step",
    async (name, target) => {
      const found = await distances(name, target);
      // A sum that lies between two steps may be rounded to either, which later layers pass on.
      expect(found.filter((distance) => distance > 1.01).length).toBeLessThanOrEqual(found.length / 50);
      expect(Math.max(...found)).toBeLessThan(8);
    },
    120_000,
  );

  test("is as small as its weights are", () => {
    const bundle = at("layer_u8.host.psm");
    const weights = readdirSync(bundle).filter((name) => name.endsWith(".safetensors"));
    const bytes = weights.map((name) => statSync(join(bundle, name)).size).reduce((a, b) => a + b, 0);
    expect(bytes).toBeLessThan(0.5 * statSync(at("layer_u8.f32.onnx")).size);
  });
});
