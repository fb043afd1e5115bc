/** @file What an export says of the bundle it wrote. */

import type { Entry, Manifest, Target, Value } from "../runtime-lib/bundle/generated/manifest.js";
import { planLines } from "./describe-plan.js";
import type { ExportResult } from "./export-model.js";
import { formatBytes, formatMilliseconds } from "./progress.js";
import type { Outcome } from "./session.js";

/** What is said besides. */
interface Told {
  readonly timings?: boolean;
  readonly verbose?: boolean;
}

export function describeExport(result: ExportResult, { timings = false, verbose = false }: Told): Outcome {
  const { path, digest, manifest } = result;
  const targets = manifest.targets.map(({ name, kernels }) => ({ name, kernels: kernels.length }));
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return {
    diagnostics: result.diagnostics,
    data: { bundle: path, digest, model: manifest.model, targets, files: manifest.files, timings: result.timings },
    lines: [
      `${path}: ${formatBytes(bytes)}, ${targets.map((t) => `${t.name} (${t.kernels} kernels)`).join(", ")}`,
      ...manifest.entries.map((entry) => `  ${signatureOf(entry)}`),
      ...(verbose ? manifest.targets.flatMap((target) => planOf(manifest, target)) : []),
      ...(timings ? result.timings.map((t) => `  ${t.target} ${t.stage}: ${formatMilliseconds(t.milliseconds)}`) : []),
    ],
  };
}

function planOf(manifest: Manifest, target: Target): readonly string[] {
  return planLines(manifest, target).map((line) => `  ${target.name} ${line}`);
}

/** `main(image: f32[N, 1, 8, 8]) -> (probabilities: f32[N, 10])`. */
export function signatureOf({ name, inputs, outputs }: Pick<Entry, "name" | "inputs" | "outputs">): string {
  return `${name}(${inputs.map(valueText).join(", ")}) -> (${outputs.map(valueText).join(", ")})`;
}

export function valueText({ name, dtype, shape }: Value): string {
  return `${name}: ${dtype}[${shape.join(", ")}]`;
}
