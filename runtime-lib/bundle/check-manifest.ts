/**
 * @file Whether a manifest that is well formed also makes sense: names legal and unique, indices in range, expressions
 * over declared symbols, sizes that agree. The engines index without looking, so everything they rely on is checked here;
 * both the writer and the reader ask. The targets' programs are in `check-program.ts`.
 */

import type { FaultDiagnostic } from "../diagnostic.js";
import { checkTargets } from "./check-program.js";
import { checkedProduct, findDtype } from "./dtype.js";
import type { Entry, Manifest, Value, Weight, WeightData } from "./generated/manifest.js";
import { ManifestProblems } from "./manifest-problems.js";

/** The format this code reads and writes. */
export const formatVersion = 1;

/** The manifest's own file, which it does not list. */
export const manifestFile = "manifest.bin";

const maxRank = 64;

/** Everything inconsistent in `m`, as faults (PS5004) in `file`. Empty for a manifest that engines may use. */
export function checkManifest(m: Manifest, file: string): readonly FaultDiagnostic[] {
  const problems = new ManifestProblems(file);
  const symbols = new Set(m.symbols.map((s) => s.name));
  problems.identifier("model", m.model);
  problems.sha256("source.sha256", m.source.sha256);
  checkFiles(m, problems);
  checkSymbols(m, problems);
  checkWeights(m, problems);
  checkStates(m, symbols, problems);
  checkEntries(m, symbols, problems);
  checkMesh(m, problems);
  checkTargets(m, symbols, problems);
  return problems.all;
}

function checkFiles(m: Manifest, problems: ManifestProblems): void {
  m.files.forEach((f, k) => {
    problems.fileName(`files[${k}].name`, f.name);
    problems.sha256(`files[${k}].sha256`, f.sha256);
    if (f.name.toLowerCase() === manifestFile) problems.add(`files[${k}].name`, "the manifest cannot list itself");
  });
  // Names that differ by case alone are one file on some systems.
  const names = m.files.map((f) => f.name.toLowerCase());
  problems.unique("files", names);
}

function checkSymbols(m: Manifest, problems: ManifestProblems): void {
  const names = m.symbols.map((s) => s.name);
  problems.unique("symbols", names);
  m.symbols.forEach((s, k) => {
    problems.identifier(`symbols[${k}].name`, s.name);
    // An integer that a schedule reads from data may be any.
    if (s.min < 0 && s.kind === "input") problems.add(`symbols[${k}]`, `a size cannot be ${s.min}`);
    if (s.max !== undefined && s.max < s.min) problems.add(`symbols[${k}]`, `the range [${s.min}, ${s.max}] is empty`);
  });
}

function checkWeights(m: Manifest, problems: ManifestProblems): void {
  const data = m.weightData;
  const names = m.weights.map((w) => w.name);
  problems.unique("weights", names);
  if (data !== undefined) checkWeightData(m, data, problems);
  else if (m.weights.length > 0) problems.add("weights", "there are weights, but no weight_data says where they are");
  m.weights.forEach((w, k) => {
    checkWeight(w, data, `weights[${k}] '${w.name}'`, problems);
  });
}

function checkWeightData(m: Manifest, data: WeightData, problems: ManifestProblems): void {
  const file = m.files.find((f) => f.name === data.file);
  if (file === undefined) problems.add("weight_data.file", `'${data.file}' is not among the files`);
  else if (data.offset + data.bytes !== file.size) {
    problems.add(
      "weight_data",
      `${data.bytes} bytes from ${data.offset} do not end where the file does, at ${file.size}`,
    );
  }
  if (data.offset % 64 !== 0) problems.add("weight_data.offset", `${data.offset} is not a multiple of 64`);
}

function checkWeight(w: Weight, data: WeightData | undefined, path: string, problems: ManifestProblems): void {
  const dtype = checkDtype(`${path}.dtype`, w.dtype, problems);
  const elements = checkedProduct(w.shape);
  checkRank(path, w.shape.length, problems);
  if (w.offset % 64 !== 0) problems.add(`${path}.offset`, `${w.offset} is not a multiple of 64`);
  if (elements === undefined) problems.add(`${path}.shape`, "the number of elements is beyond 53 bits");
  else if (dtype !== undefined && elements * dtype.bytes !== w.bytes) {
    problems.add(path, `[${w.shape.join(", ")}] of ${w.dtype} takes ${elements * dtype.bytes} bytes, not ${w.bytes}`);
  }
  if (data === undefined || w.offset + w.bytes <= data.bytes) return;
  problems.add(path, `${w.bytes} bytes from ${w.offset} leave the data section of ${data.bytes} bytes`);
}

function checkStates(m: Manifest, symbols: ReadonlySet<string>, problems: ManifestProblems): void {
  const names = m.states.map((s) => s.name);
  problems.unique("states", names);
  m.states.forEach((s, k) => {
    const path = `states[${k}] '${s.name}'`;
    checkDtype(`${path}.dtype`, s.dtype, problems);
    checkRank(path, s.shape.length, problems);
    problems.expressions(`${path}.shape`, s.shape, symbols);
    if (s.weight !== undefined) problems.index(`${path}.weight`, s.weight, m.weights.length, "weight");
  });
}

function checkEntries(m: Manifest, symbols: ReadonlySet<string>, problems: ManifestProblems): void {
  const names = m.entries.map((e) => e.name);
  problems.unique("entries", names);
  m.entries.forEach((entry, k) => {
    const path = `entries[${k}] '${entry.name}'`;
    problems.identifier(`${path}.name`, entry.name);
    checkValues(`${path}.inputs`, entry.inputs, symbols, problems);
    checkValues(`${path}.outputs`, entry.outputs, symbols, problems);
    entry.inputs.forEach((value, i) => {
      if (value.allocatedByRun) problems.add(`${path}.inputs[${i}]`, "an input cannot be allocated by the run");
    });
    checkStateUses(m, entry, path, problems);
    checkChecks(entry, path, symbols, problems);
  });
}

function checkValues(
  path: string,
  values: readonly Value[],
  symbols: ReadonlySet<string>,
  problems: ManifestProblems,
): void {
  const names = values.map((v) => v.name);
  problems.unique(path, names);
  values.forEach((v, k) => {
    checkDtype(`${path}[${k}].dtype`, v.dtype, problems);
    checkRank(`${path}[${k}]`, v.shape.length, problems);
    problems.expressions(`${path}[${k}].shape`, v.shape, symbols);
  });
}

function checkStateUses(m: Manifest, entry: Entry, path: string, problems: ManifestProblems): void {
  const states = entry.states.map((use) => use.state);
  problems.indices(`${path}.states`, states, m.states.length, "state");
  if (new Set(states).size < states.length) problems.add(`${path}.states`, "a state is used twice");
}

function checkChecks(entry: Entry, path: string, symbols: ReadonlySet<string>, problems: ManifestProblems): void {
  entry.checks.forEach((check, k) => {
    const at = `${path}.checks[${k}]`;
    if (check.expected !== undefined) problems.expression(`${at}.expected`, check.expected, symbols);
    if (check.value !== undefined) problems.expression(`${at}.value`, check.value, symbols);
    if ((check.value === undefined) !== (check.relation === undefined))
      problems.add(at, "a value and what it must be are named together");
    if (check.input === undefined) {
      if (check.dimension !== undefined) problems.add(at, "a dimension is named, but no input");
      return;
    }
    if (!problems.index(`${at}.input`, check.input, entry.inputs.length, "input")) return;
    if (check.dimension === undefined) return;
    problems.index(`${at}.dimension`, check.dimension, entry.inputs[check.input]!.shape.length, "dimension");
  });
}

function checkMesh(m: Manifest, problems: ManifestProblems): void {
  if (m.mesh === undefined) return;
  const names = m.mesh.axes.map((axis) => axis.name);
  problems.unique("mesh.axes", names);
  const devices = checkedProduct(m.mesh.axes.map((axis) => axis.size));
  if (devices === undefined || devices < 1) problems.add("mesh", "the axes do not multiply to a number of devices");
}

function checkDtype(path: string, name: string, problems: ManifestProblems): ReturnType<typeof findDtype> {
  const dtype = findDtype(name);
  if (dtype === undefined) problems.add(path, `'${name}' is not an element type`);
  return dtype;
}

function checkRank(path: string, rank: number, problems: ManifestProblems): void {
  if (rank > maxRank) problems.add(path, `rank ${rank} is beyond ${maxRank}`);
}
