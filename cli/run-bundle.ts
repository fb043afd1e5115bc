/** @file The work of `persimmons run`: inputs in, engine, outputs to files, comparison, and an account of what ran. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import type { Entry, Manifest, Target, Value } from "../runtime-lib/bundle/generated/manifest.js";
import { bindInputs } from "../runtime-lib/engines/check-inputs.js";
import { entryIndex, type KernelCounter, type LoadedModel, type TensorData } from "../runtime-lib/engines/engine.js";
import { type LoadChoice, loadModel, type RunnableModel } from "../runtime-lib/load-model.js";
import type { RunVerbOptions } from "./commands/run.js";
import { type Comparison, compareTensors } from "./compare.js";
import { asDiagnostics, cliCode, fileError } from "./faults.js";
import { gatherInputs, splitNamed } from "./inputs.js";
import { countLaunches } from "./kernel-places.js";
import { readNpy, writeNpy } from "./npy.js";
import { formatMilliseconds } from "./progress.js";
import type { Outcome, Session } from "./session.js";
import { summarise } from "./summarise.js";

/** Runs an entry of the bundle at `path`. Rejects with every problem of the inputs at once (exit 2), or the engine's faults. */
export async function runBundle(session: Session, path: string, options: RunVerbOptions): Promise<Outcome> {
  const loadStart = performance.now();
  const loaded = await loadModel(path, loadChoice(options, session.signal), session.env);
  const loadMilliseconds = performance.now() - loadStart;
  const { model } = loaded;
  try {
    const { manifest } = loaded.bundle;
    const index = entryIndex(model.description, options.entry);
    const entry = manifest.entries[index]!;
    const expected = readExpected(entry, options.expect);
    const named = gatherInputs(entry, manifest.symbols, options);
    const inputs = bindInputs(model.description, model.description.entries[index]!, named);
    const { outputs, milliseconds } = await runRepeatedly(model, options, inputs, session.signal);
    const byName = new Map(entry.outputs.map((output, k) => [output.name, outputs[k]!]));
    const files = options.out === undefined ? [] : writeOutputs(entry.outputs, outputs, options.out);
    const comparisons = [...expected].map(([name, want]) =>
      compareTensors(name, byName.get(name)!, want, options.tolerance),
    );
    return tell({ loaded, entry, outputs, files, comparisons, milliseconds, loadMilliseconds });
  } finally {
    model.close();
  }
}

export function loadChoice(
  options: Pick<RunVerbOptions, "engine" | "target" | "threads" | "memoryLimit" | "trust">,
  signal: AbortSignal,
): LoadChoice {
  const { engine, target, threads, memoryLimit, trust } = options;
  return {
    signal,
    ...(engine === undefined ? {} : { engine }),
    ...(target === undefined ? {} : { target }),
    ...(threads === undefined ? {} : { threads }),
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(trust === undefined ? {} : { trust }),
  };
}

async function runRepeatedly(
  model: LoadedModel,
  { entry, repeat }: RunVerbOptions,
  inputs: readonly TensorData[],
  signal: AbortSignal,
): Promise<{ readonly outputs: readonly TensorData[]; readonly milliseconds: readonly number[] }> {
  const milliseconds: number[] = [];
  for (;;) {
    const start = performance.now();
    const outputs = await model.runAsync(entry, inputs, signal);
    milliseconds.push(performance.now() - start);
    if (milliseconds.length === repeat) return { outputs, milliseconds };
  }
}

/** The references of `--expect`. Throws exit 2 for names the model does not have, with everything else that is wrong. */
function readExpected(entry: Entry, texts: readonly string[]): ReadonlyMap<string, TensorData> {
  const problems: Diagnostic[] = [];
  const expected = new Map<string, TensorData>();
  const names = entry.outputs.map((output) => output.name);
  for (const text of texts) {
    const { name = names[0], file } = splitNamed(text, names);
    const output = entry.outputs.find((o) => o.name === name);
    if (output === undefined) {
      const fix = `it has ${names.map((n) => `'${n}'`).join(", ") || "none"}`;
      problems.push(diagnostic(cliCode.inputs, `the model has no output '${name}'`, { fix }));
      continue;
    }
    try {
      expected.set(output.name, readNpy(file, output.dtype));
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  if (problems.length > 0) throw new CompileError(problems, 2);
  return expected;
}

/** Names of outputs as names of files: what a file system cannot take becomes `_`, and equal ones are numbered. */
export function fileNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base =
      name
        .replace(/[^\w.-]/g, "_")
        .replace(/^\.+/, "_")
        .slice(0, 200) || "output";
    let free = base;
    for (let k = 1; taken.has(free.toLowerCase()); k++) free = `${base}_${k}`;
    taken.add(free.toLowerCase());
    return `${free}.npy`;
  });
}

function writeOutputs(values: readonly Value[], outputs: readonly TensorData[], folder: string): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(folder, "write", error);
  }
  return fileNames(values.map((value) => value.name)).map((name, k) => {
    const file = join(folder, name);
    writeNpy(file, outputs[k]!);
    return file;
  });
}

interface RunStory {
  readonly loaded: RunnableModel;
  readonly entry: Entry;
  readonly outputs: readonly TensorData[];
  readonly files: readonly string[];
  readonly comparisons: readonly Comparison[];
  readonly milliseconds: readonly number[];
  readonly loadMilliseconds: number;
}

function tell(story: RunStory): Outcome {
  const { loaded, entry, outputs, files, comparisons, milliseconds, loadMilliseconds } = story;
  const { model, target, code } = loaded;
  const wrong = comparisons.filter((c) => !c.ok);
  const described = entry.outputs.map(({ name }, k) => {
    const { dtype, shape } = outputs[k]!;
    return { name, dtype, shape, ...(files[k] === undefined ? {} : { file: files[k] }) };
  });
  const counters = model.counters();
  return {
    exitCode: wrong.length > 0 ? 1 : 0,
    diagnostics: [
      ...asDiagnostics(loaded.remarks),
      ...wrong.map((c) => diagnostic(cliCode.wrongResult, c.problem ?? c.name)),
    ],
    data: {
      engine: model.engine,
      target: target.name,
      code,
      entry: entry.name,
      kernels: kernelsOf(loaded.bundle.manifest, target, entry),
      outputs: described,
      comparisons,
      counters,
      loadMilliseconds,
      milliseconds,
    },
    lines: [
      `${entry.name} on the ${model.engine} engine (${target.name}): ${formatMilliseconds(milliseconds.at(-1)!)}`,
      ...described.map(({ name, dtype, shape, file }, k) => {
        const where = file === undefined ? "" : `  -> ${file}`;
        return `  ${name}: ${dtype}[${shape.join(", ")}]  ${summarise(outputs[k]!)}${where}`;
      }),
      ...comparisons.filter((c) => c.ok).map((c) => `  ${c.name}: as expected (error ${c.error?.toPrecision(3)})`),
      ...counters.map((c) => `  ${c.kernel}: ${c.calls} calls, ${describeWork(c)}`),
      ...(model.engine === "cycles" ? ["  (values and counts; how many cycles this takes is not told yet)"] : []),
    ],
  };
}

/** Time, or of an emulated kernel what was counted: whole numbers, those of instructions by group behind each other. */
function describeWork({ nanoseconds, work }: KernelCounter): string {
  // Only native code has a clock: in the sandbox calls are counted, and that is all.
  if (work === undefined) return nanoseconds === 0 ? "time not measured" : formatMilliseconds(nanoseconds / 1e6);
  const entries = Object.entries(work);
  const groups = entries.filter(([name]) => name.startsWith("instructions."));
  const instructions = groups.map(([name, count]) => `${name.slice("instructions.".length)} ${count}`).join(", ");
  const { macs = 0, dmaInBytes = 0, dmaOutBytes = 0, bundles = 0 } = work;
  return `${macs} MACs, ${dmaInBytes} B in, ${dmaOutBytes} B out, ${bundles} bundles (${instructions})`;
}

/** What kernels run as, in the compiler's words; those that other entries alone launch are left out. */
function kernelsOf({ entries }: Manifest, target: Target, { name }: Entry) {
  const others = target.programs.filter((program) => entries[program.entry]!.name !== name);
  const own = target.programs.filter((program) => !others.includes(program));
  const [ours, theirs] = [own, others].map((programs) => countLaunches({ programs }));
  return target.kernels.flatMap(({ symbol, summary }, k) =>
    ours!.has(k) || !theirs!.has(k) ? [{ name: symbol, ranAs: summary }] : [],
  );
}
