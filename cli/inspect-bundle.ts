/** @file What there is to know of a bundle without running it. */

import type { Manifest, Program, SizeSymbol, Target } from "../runtime-lib/bundle/generated/manifest.js";
import { type OpenBundle, openBundle } from "../runtime-lib/bundle/read-bundle.js";
import { isTrusted } from "../runtime-lib/bundle/trust.js";
import { signatureOf, valueText } from "./describe-export.js";
import { planLines } from "./describe-plan.js";
import { countLaunches } from "./kernel-places.js";
import { formatBytes } from "./progress.js";
import type { Outcome } from "./session.js";

/** Opens and describes the bundle at `path`; `always` hashes every file. Rejects with everything wrong with it (exit 5). */
export async function inspectBundle(path: string, always: boolean, signal: AbortSignal): Promise<Outcome> {
  const bundle = await openBundle(path, { verify: always ? "always" : "stamp", signal });
  const trusted = isTrusted(bundle.digest);
  const { manifest } = bundle;
  return {
    data: {
      path: bundle.path,
      form: bundle.form,
      digest: bundle.digest,
      hashes: bundle.hashes,
      trusted,
      model: manifest.model,
      producer: manifest.producer,
      source: manifest.source,
      options: manifest.options,
      files: manifest.files,
      symbols: manifest.symbols,
      entries: manifest.entries,
      states: manifest.states,
      weights: { count: manifest.weights.length, bytes: manifest.weightData?.bytes ?? 0 },
      targets: manifest.targets.map((target) => ({ ...target, programs: target.programs.map(programData) })),
    },
    lines: [
      ...headLines(bundle, trusted),
      ...interfaceLines(manifest),
      ...manifest.targets.flatMap(targetLines(manifest)),
    ],
  };
}

function headLines({ path, form, digest, hashes, manifest }: OpenBundle, trusted: boolean): readonly string[] {
  const { source } = manifest;
  const total = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return [
    `${path}: ${form === "pack" ? "packed bundle" : "bundle"} of ${manifest.model}, ${formatBytes(total)}`,
    `  made by ${manifest.producer} from ${source.stem} (${source.kind}, sha256 ${source.sha256.slice(0, 16)}…)`,
    `  digest ${digest.slice(0, 16)}…, files ${hashes === "checked" ? "hashed now" : "hashed earlier, untouched since"}, ${trusted ? "trusted" : "not on the trust list"}`,
    ...manifest.options.map(({ name, value }) => `  option ${name}: ${value}`),
    "files",
    ...manifest.files.map(({ name, size }) => `  ${name}: ${formatBytes(size)}`),
  ];
}

function interfaceLines({ entries, symbols, states, weights, weightData }: Manifest): readonly string[] {
  return [
    "entries",
    ...entries.map((entry) => `  ${signatureOf(entry)}`),
    ...(symbols.length > 0 ? ["sizes", ...symbols.map((symbol) => `  ${symbolText(symbol)}`)] : []),
    ...(states.length > 0
      ? ["states", ...states.map((state) => `  ${valueText({ ...state, allocatedByRun: false })}`)]
      : []),
    `weights: ${weights.length} tensors, ${formatBytes(weightData?.bytes ?? 0)}`,
  ];
}

function symbolText({ name, kind, min, max }: SizeSymbol): string {
  const range = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  return `${name}: ${range}${kind === "data" ? ", known during the run" : ""}`;
}

const targetLines =
  (manifest: Manifest) =>
  (target: Target): readonly string[] => {
    const { name, kind, cpu, features, machine = "", kernels } = target;
    const launches = countLaunches(target);
    return [
      `target ${name}: ${kind}, ${[cpu, ...features, machine].filter((f) => f !== "").join(" ")}`,
      ...planLines(manifest, target).map((line) => `  ${line}`),
      ...kernels.map(({ symbol, summary, grid }, k) => {
        const chunks = grid.length === 0 ? "" : `, grid ${grid.join(" x ")}`;
        return `  kernel ${symbol}: ${summary}${chunks}, launched ${launches.get(k) ?? 0} times`;
      }),
    ];
  };

function programData({ entry, buffers, steps, memory }: Program): Readonly<Record<string, unknown>> {
  return { entry, memory, buffers: buffers.length, steps };
}
