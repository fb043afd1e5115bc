/**
 * @file The work of `persimmons verify`: the bundle and a reference compute the model on the same inputs. Where an output
 * differs, the model is compiled again with its inner values as outputs, to name the first node that does.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import { entryInterfaces } from "../ir/entry.js";
import { interpret } from "../ir/interpret.js";
import { type NdArray, toBytes } from "../ir/ndarray.js";
import { type CpuDescription, cpuNamed } from "../machine/cpu.js";
import type { Entry, SizeSymbol } from "../runtime-lib/bundle/generated/manifest.js";
import { writeBundle } from "../runtime-lib/bundle/write-bundle.js";
import { bindInputs } from "../runtime-lib/engines/check-inputs.js";
import { entryIndex, type TensorData } from "../runtime-lib/engines/engine.js";
import { loadModel, type RunnableModel } from "../runtime-lib/load-model.js";
import type { VerifyOptions } from "./commands/verify.js";
import { arrayOf, type Comparison, compareTensors } from "./compare.js";
import { compileGraph, describeSource, type Graph, importGraph } from "./compile.js";
import type { Importing } from "./constexprs.js";
import { asDiagnostics, cliCode, usageError } from "./faults.js";
import { type Compute, type Difference, firstDifference } from "./first-difference.js";
import { withFirstStates } from "./first-states.js";
import { gatherInputs } from "./inputs.js";
import { readNpy, writeNpy } from "./npy.js";
import { Peer, peerPackages } from "./peer.js";
import { probeModel } from "./probe.js";
import { type Progress, progressOf } from "./progress.js";
import { findPython } from "./python.js";
import { loadChoice } from "./run-bundle.js";
import type { Outcome, Session } from "./session.js";

/** The options with what importing the model takes. */
type Options = VerifyOptions & { readonly importing?: Importing };

export async function verifyBundle(session: Session, model: string, path: string, options: Options): Promise<Outcome> {
  const choice = { ...loadChoice(options, session.signal), verify: "always" as const };
  const loaded = await session.interruptible(() => loadModel(path, choice, session.env));
  const folder = mkdtempSync(join(tmpdir(), "persimmons-verify-"));
  try {
    return await new Verification(session, model, loaded, options, folder).run();
  } finally {
    loaded.model.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where reference values come from. */
interface Reference {
  readonly name: "ort" | "interpreter";
  readonly outputs: ReadonlyMap<string, TensorData>;
  readonly every: Compute;
}

class Verification {
  readonly #session: Session;
  readonly #model: string;
  readonly #loaded: RunnableModel;
  readonly #options: Options;
  readonly #folder: string;
  readonly #progress: Progress;
  readonly #remarks: Diagnostic[];
  readonly #index: number;
  readonly #entry: Entry;
  readonly #inputs: readonly TensorData[];

  constructor(session: Session, model: string, loaded: RunnableModel, options: Options, folder: string) {
    this.#session = session;
    this.#model = model;
    this.#loaded = loaded;
    this.#options = options;
    this.#folder = folder;
    this.#progress = progressOf(session, options);
    this.#remarks = asDiagnostics(loaded.remarks).slice();
    const { manifest } = loaded.bundle;
    const { description } = loaded.model;
    this.#index = options.entry === undefined ? 0 : entryIndex(description, options.entry);
    this.#entry = manifest.entries[this.#index]!;
    const dim = [...options.dim, ...defaultSizes(manifest.symbols, options.dim)];
    const named = gatherInputs(this.#entry, manifest.symbols, { in: options.in, seed: options.seed, dim });
    this.#inputs = bindInputs(description, description.entries[this.#index]!, named);
  }

  async run(): Promise<Outcome> {
    await this.#compareSource();
    const outputs = await this.#progress.step("run the bundle", () =>
      this.#session.interruptible(() =>
        this.#loaded.model.runAsync(this.#entry.name, this.#inputs, this.#session.signal),
      ),
    );
    const reference = await this.#reference();
    const comparisons = this.#entry.outputs.map(({ name }, k) => {
      const want = reference.outputs.get(name);
      if (want !== undefined) return compareTensors(name, outputs[k]!, want, this.#options.tolerance);
      return { name, ok: false, problem: `'${name}': the reference has no such output` };
    });
    const wrong = comparisons.filter((c) => !c.ok);
    const difference = wrong.length === 0 ? undefined : await this.#search(reference);
    return this.#tell(reference, comparisons, difference);
  }

  async #compareSource(): Promise<void> {
    const { source } = this.#loaded.bundle.manifest;
    if ((await describeSource(this.#model)).sha256 === source.sha256) return;
    await this.#compareInterface();
    const message = `the bundle was made from another file than ${this.#model}`;
    this.#remarks.push(diagnostic(cliCode.wrongResult, message, { severity: "warning" }));
  }

  /** A bundle of a model with another interface cannot be compared at all. */
  async #compareInterface(): Promise<void> {
    const { module, context } = await importGraph(this.#model, this.#options.importing);
    const entry = entryInterfaces(module, context).find((e) => e.name === this.#entry.name);
    const ports = (values: readonly { readonly name: string; readonly shape: readonly unknown[] }[]): string =>
      values.map(({ name, shape }) => `${name} of rank ${shape.length}`).join(", ") || "nothing";
    const [here, there] = [this.#entry, entry ?? { inputs: [], outputs: [] }].map(
      (e) => `${ports(e.inputs)} to ${ports(e.outputs)}`,
    );
    if (here === there) return;
    throw usageError(
      `the bundle is of another model than ${this.#model}: it goes from ${here}, the model from ${there}`,
    );
  }

  /** ONNX Runtime where it is there and takes the model, or is asked for; else the interpreter. */
  async #reference(): Promise<Reference> {
    const { reference } = this.#options;
    const isOnnx = extname(this.#model).toLowerCase() === ".onnx";
    if (reference === "interpreter" || (!isOnnx && reference === undefined)) return this.#interpreter();
    const python = await findPython(this.#session.env, this.#session.signal);
    const missing = peerPackages.ort.filter((name) => python?.packages[name] === undefined);
    if (python !== undefined && missing.length === 0) {
      try {
        return await this.#onnxRuntime(python.command);
      } catch (error) {
        if (!(error instanceof CompileError) || reference === "ort") throw error;
        this.#remark(
          `ONNX Runtime does not take the model (${error.diagnostics[0]!.message}); the interpreter is the reference`,
        );
        return this.#interpreter();
      }
    }
    const what = python === undefined ? "no Python was found" : `${python.command} lacks ${missing.join(", ")}`;
    if (reference === "ort") {
      throw new CompileError([diagnostic(cliCode.python, what, { fix: "install them, or set PERSIMMONS_PYTHON" })], 4);
    }
    this.#remark(`${what}; the interpreter is the reference`);
    return this.#interpreter();
  }

  #remark(message: string): void {
    this.#remarks.push(diagnostic(cliCode.python, message, { severity: "remark" }));
  }

  async #onnxRuntime(python: string): Promise<Reference> {
    const inputs = this.#entry.inputs.map(({ name }, k) => ({ name, file: join(this.#folder, `in-${k}.npy`) }));
    inputs.forEach(({ file }, k) => {
      writeNpy(file, this.#inputs[k]!);
    });
    const ask = async (every: boolean): Promise<ReadonlyMap<string, TensorData>> => {
      const { env, signal } = this.#session;
      const asked = { peer: "ort" as const, model: this.#model, threads: 2, inputs, every };
      const peer = await Peer.load(python, asked, env, signal);
      try {
        await peer.run(1);
        const files = await peer.outputs(join(this.#folder, every ? "every" : "outputs"));
        return new Map([...files].map(([name, file]) => [name, readNpy(file)]));
      } finally {
        await peer.close();
      }
    };
    const outputs = await this.#progress.step("run ONNX Runtime", () => this.#session.interruptible(() => ask(false)));
    return { name: "ort", outputs, every: () => this.#session.interruptible(() => ask(true)) };
  }

  async #interpreter(): Promise<Reference> {
    const outputs = await this.#progress.step("run the interpreter", async () =>
      this.#interpret(await importGraph(this.#model, this.#options.importing)),
    );
    const every: Compute = async (names) =>
      this.#interpret(await (await probeModel(this.#model, this.#options.importing)).make(names));
    return { name: "interpreter", outputs, every };
  }

  /** The outputs of a graph on the inputs, which its function takes in the entry's order. */
  #interpret({ module, context }: Graph): ReadonlyMap<string, TensorData> {
    const entry = entryInterfaces(module, context).find((e) => e.name === this.#entry.name)!;
    const args = withFirstStates(entry, this.#inputs.map(arrayOf), context);
    const results = interpret(module, entry.name, args, context);
    return new Map(
      entry.outputs.map(({ name, result }) => {
        const { element, shape, ...array } = results[result] as NdArray;
        return [name, { dtype: element, shape, bytes: toBytes({ element, shape, ...array }) }];
      }),
    );
  }

  async #search(reference: Reference): Promise<Difference | undefined> {
    const cpu = cpuNamed(this.#loaded.target.name);
    if (cpu === undefined) {
      this.#remark(
        `nothing is compiled for '${this.#loaded.target.name}' here, so the first node that differs is not looked for`,
      );
      return undefined;
    }
    const probe = await probeModel(this.#model, this.#options.importing);
    return this.#progress.step("find the first node that differs", async (say) => {
      const compiled: Compute = (names) => {
        say(`${names.length} values`);
        return this.#compileAndRun(cpu, probe.make, names);
      };
      return firstDifference(probe, compiled, reference.every, this.#options.tolerance);
    });
  }

  async #compileAndRun(
    cpu: CpuDescription,
    make: (names: readonly string[]) => Promise<Graph>,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, TensorData>> {
    const source = this.#loaded.bundle.manifest.source;
    const { compose } = await compileGraph({ source, make: () => make(names) }, { targets: [cpu] });
    const { path } = await writeBundle(join(this.#folder, "probe.psm"), compose);
    const choice = { ...loadChoice(this.#options, this.#session.signal), trust: true };
    const { model, bundle } = await loadModel(path, choice, this.#session.env);
    try {
      const entry = bundle.manifest.entries[0]!;
      const outputs = await model.runAsync(entry.name, this.#inputs);
      return new Map(entry.outputs.map(({ name }, k) => [name, outputs[k]!]));
    } finally {
      model.close();
    }
  }

  #tell(reference: Reference, comparisons: readonly Comparison[], difference: Difference | undefined): Outcome {
    const wrong = comparisons.filter((c) => !c.ok);
    const { model, target } = this.#loaded;
    const sizes = this.#entry.inputs.map(({ name }, k) => `${name} [${this.#inputs[k]!.shape.join(", ")}]`);
    const against = reference.name === "ort" ? "ONNX Runtime" : "the reference interpreter";
    const first =
      difference === undefined ? undefined : { ...difference.value, problem: difference.comparison.problem };
    return {
      exitCode: wrong.length === 0 ? 0 : 1,
      diagnostics: [...this.#remarks, ...wrong.map((c) => this.#problem(c)), ...this.#firstNode(difference)],
      data: {
        reference: reference.name,
        engine: model.engine,
        target: target.name,
        entry: this.#entry.name,
        inputs: this.#entry.inputs.map(({ name }, k) => ({ name, shape: this.#inputs[k]!.shape })),
        comparisons,
        ...(first === undefined ? {} : { first }),
      },
      lines: [
        `${basename(this.#model)} on the ${model.engine} engine (${target.name}) against ${against}; ${sizes.join(", ")}`,
        ...comparisons.map(({ name, ok, error }) => {
          return `  ${name}: ${ok ? "agrees" : "DIFFERS"}${error === undefined ? "" : ` (error ${error.toPrecision(3)})`}`;
        }),
      ],
    };
  }

  #problem(comparison: Comparison): Diagnostic {
    return diagnostic(cliCode.wrongResult, comparison.problem ?? `'${comparison.name}' differs`);
  }

  #firstNode(difference: Difference | undefined): readonly Diagnostic[] {
    if (difference === undefined) return [];
    const { value, comparison, fusedOnly } = difference;
    const how = fusedOnly ? ", when it is compiled together with what comes before it" : "";
    const message = `the first node that differs is ${value.node}${how}`;
    return [
      diagnostic(cliCode.wrongResult, message, {
        notes: [{ message: comparison.problem ?? "", at: { kind: "unknown" } }],
        fix: "report it with the model: a bundle must compute what its model says",
      }),
    ];
  }
}

/** A size for each symbol that is not given: 3, or the nearest that is allowed. */
function defaultSizes(symbols: readonly SizeSymbol[], given: readonly string[]): readonly string[] {
  const named = new Set(given.map((text) => text.slice(0, text.indexOf("="))));
  const used = symbols.filter(({ kind, name }) => kind === "input" && !named.has(name));
  return used.map(({ name, min, max }) => `${name}=${Math.min(Math.max(3, min), max ?? 3)}`);
}
