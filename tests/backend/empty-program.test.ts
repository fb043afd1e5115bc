/** @file A program whose outputs hold no elements launches nothing, and is still a sound bundle. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { emitBundle } from "../../backend/emit-bundle.js";
import { entryInterfaces } from "../../ir/entry.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { runStages } from "../../lowering/driver.js";
import { stagesFor } from "../../lowering/pipeline.js";
import { cpuNamed } from "../../machine/cpu.js";
import { writeBundle } from "../../runtime-lib/bundle/write-bundle.js";

const folder = mkdtempSync(join(tmpdir(), "psm-empty-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = `func.func @main(%x: tensor<0x5xf32>) -> tensor<0x5xf32> {
  %y = stablehlo.negate %x : tensor<0x5xf32>
  return %y : tensor<0x5xf32>
}`;

it("an empty output takes no step, and its buffers live no longer than the program", async () => {
  const context = newContext();
  const cpu = cpuNamed("x86-64-v3")!;
  const module = parseModule(text, "empty.mlir", context);
  const [first, ...others] = stagesFor(cpu);
  runStages([first!], module, context);
  const entries = entryInterfaces(module, context);
  runStages(others, module, context);
  const source = { stem: "empty", kind: "mlir", sha256: "0".repeat(64) } as const;
  const variants = [{ machine: cpu, module, context, entries }];
  const input = { model: "empty", producer: "test", source, options: [], variants };
  const { manifest } = await writeBundle(join(folder, "empty.psm"), (draft) => emitBundle(input, draft));
  const { steps, buffers } = manifest.targets[0]!.programs[0]!;
  expect(steps).toEqual([]);
  expect(buffers.map(({ kind, begin, end }) => ({ kind, begin, end }))).toEqual([
    { kind: "input", begin: 0, end: 0 },
    { kind: "output", begin: 0, end: 0 },
  ]);
});
