/** @file What a manifest tells of kernels besides their code: costs, places in the model, and what passes decided. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { emitBundle } from "../../backend/emit-bundle.js";
import { entryInterfaces } from "../../ir/entry.js";
import type { Location } from "../../ir/location.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import type { Manifest } from "../../runtime-lib/bundle/generated/manifest.js";
import { openBundle } from "../../runtime-lib/bundle/read-bundle.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";

const folder = mkdtempSync(join(tmpdir(), "psm-facts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The manifest as it is read back; `at` gives operations of one name their places, in order. */
async function manifestOf(name: string, text: string, places: readonly Location[] = []): Promise<Manifest> {
  const context = newContext();
  const cpu = cpuNamed("avx512")!;
  const module = parseModule(text, `${name}.mlir`, context);
  const located = [...module.walk()].filter((op) => op.name === "stablehlo.dot_general");
  places.forEach((at, k) => {
    located[k]!.at = at;
  });
  const [first, ...others] = stagesFor(cpu);
  runStages([first!], module, context);
  const entries = entryInterfaces(module, context);
  runStages(others, module, context);
  const source = { stem: name, kind: "mlir", sha256: "0".repeat(64) } as const;
  const variants = [{ machine: cpu, module, context, entries }];
  const input = { model: name, producer: "test", source, options: [], variants };
  const path = join(folder, `${name}.psm`);
  await writeBundle(path, (draft) => emitBundle(input, draft));
  return (await openBundle(path)).manifest;
}

const node = (name: string, source?: string): Location => ({
  kind: "graph-node",
  file: "/home/me/net.pt2",
  node: name,
  ...(source === undefined ? {} : { source }),
});

const twoProducts = `func.func @main(%a: tensor<?x64xf32>, %b: tensor<64x64xf32>) -> tensor<?x64xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  %1 = stablehlo.dot_general %0, %b, contracting_dims = [1] x [0] : (tensor<?x64xf32>, tensor<64x64xf32>) -> tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}`;

it("a kernel that is launched twice comes from both places, each launch from its own", async () => {
  const places = [node("linear", "/home/me/net.py:12"), node("linear_1", "/home/me/net.py:13")];
  const { targets, sources } = await manifestOf("twice", twoProducts, places);
  const [{ kernels, programs }] = targets as readonly [Manifest["targets"][number]];
  expect(kernels.map((k) => k.sources.map((s) => sources[s]))).toEqual([
    [
      { file: "net.pt2", node: "linear", line: 0, column: 0, code: "net.py:12" },
      { file: "net.pt2", node: "linear_1", line: 0, column: 0, code: "net.py:13" },
    ],
  ]);
  const launches = programs[0]!.steps.filter(({ action }) => action.kind === "launch");
  expect(launches.map((step) => step.sources.map((s) => sources[s]?.node))).toEqual([["linear"], ["linear_1"]]);
  const [size] = (kernels[0]!.flops.match(/[A-Za-z_]\w*/) ?? []) as string[];
  expect(kernels[0]!.flops).toBe(`8192 * ${size}`);
  expect(kernels[0]!.bytes).toBe(`512 * ${size} + 16384`);
});

it("what passes decided comes with the numbers they decided by, in the order of the passes", async () => {
  const softmax = `func.func @main(%a: tensor<64x1000xf32>) -> tensor<64x1000xf32> {
    %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %top = stablehlo.reduce(%a init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<64x1000xf32>, tensor<f32>) -> tensor<64xf32>
    %tops = stablehlo.broadcast_in_dim %top, dims = [0] : (tensor<64xf32>) -> tensor<64x1000xf32>
    %d = stablehlo.subtract %a, %tops : tensor<64x1000xf32>
    return %d : tensor<64x1000xf32>
  }`;
  const [kernel, ...others] = (await manifestOf("rows", softmax)).targets[0]!.kernels;
  expect(others).toEqual([]);
  const passes = kernel!.remarks.map(({ pass }) => pass);
  expect(passes.slice(0, 2)).toEqual(["group-kernels", "fuse-rows"]);
  expect(passes.at(-1)).toBe("split-into-chunks");
  const numbers = new Map(kernel!.remarks[0]!.numbers.map(({ name, value }) => [name, value]));
  expect([...numbers]).toEqual(
    expect.arrayContaining([
      ["rows", "64"],
      ["longest row", "1000"],
      ["bytes of a row", "4000"],
    ]),
  );
});

it("equal kernels are one, whatever was said of them", async () => {
  // The first is said not to go with the product that it reads; the second reads an input.
  const text = `func.func @main(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
    %p = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0] : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    %0 = stablehlo.transpose %p, dims = [1, 0] : (tensor<64x64xf32>) -> tensor<64x64xf32>
    %1 = stablehlo.transpose %a, dims = [1, 0] : (tensor<64x64xf32>) -> tensor<64x64xf32>
    return %0, %1 : tensor<64x64xf32>, tensor<64x64xf32>
  }`;
  const { kernels, programs } = (await manifestOf("equal", text)).targets[0]!;
  const launched = programs[0]!.steps.flatMap(({ action }) => (action.kind === "launch" ? [action.kernel] : []));
  expect([kernels.length, launched.length]).toEqual([2, 3]);
  const said = kernels.flatMap(({ remarks }) => remarks.map(({ what }) => what));
  expect(said).toContain("is a kernel of its own, apart from what it reads");
});
