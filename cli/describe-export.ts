/** @file What an export says of the bundle it wrote. */

import type { Entry, Value } from "../runtime-lib/bundle/generated/manifest.js";
import type { ExportResult } from "./export-model.js";
import { formatBytes, formatMilliseconds } from "./progress.js";
import type { Outcome } from "./session.js";

export function describeExport(result: ExportResult, timings: boolean): Outcome {
  const { path, digest, manifest } = result;
  const targets = manifest.targets.map(({ name, kernels }) => ({ name, kernels: kernels.length }));
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return {
    diagnostics: result.diagnostics,
    data: { bundle: path, digest, model: manifest.model, targets, files: manifest.files, timings: result.timings },
    lines: [
      `${path}: ${formatBytes(bytes)}, ${targets.map((t) => `${t.name} (${t.kernels} kernels)`).join(", ")}`,
      ...manifest.entries.map((entry) => `  ${signatureOf(entry)}`),
      ...(timings ? result.timings.map((t) => `  ${t.target} ${t.stage}: ${formatMilliseconds(t.milliseconds)}`) : []),
    ],
  };
}

/** `main(image: f32[N, 1, 8, 8]) -> (probabilities: f32[N, 10])`. */
export function signatureOf({ name, inputs, outputs }: Pick<Entry, "name" | "inputs" | "outputs">): string {
  return `${name}(${inputs.map(valueText).join(", ")}) -> (${outputs.map(valueText).join(", ")})`;
}

export function valueText({ name, dtype, shape }: Value): string {
  return `${name}: ${dtype}[${shape.join(", ")}]`;
}
