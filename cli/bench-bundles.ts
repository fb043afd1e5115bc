/**
 * @file The work of `persimmons bench`. Everyone gets the same inputs and threads and is warmed up; then everyone runs in
 * turn, round after round, so that what slows the machine down slows all of them. Medians and their ratios are told, and
 * how far the others' outputs are from ours, as being fast and wrong is no feat.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { basename, join } from "node:path";
import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import { bestCpu } from "../machine/cpu.js";
import type { Entry } from "../runtime-lib/bundle/generated/manifest.js";
import { bindInputs } from "../runtime-lib/engines/check-inputs.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { loadModel, type RunnableModel } from "../runtime-lib/load-model.js";
import type { BenchOptions } from "./commands/bench.js";
import { compareTensors, defaultTolerance } from "./compare.js";
import { asDiagnostics, cliCode, fileError, usageError } from "./faults.js";
import { gatherInputs } from "./inputs.js";
import { readNpy, writeNpy } from "./npy.js";
import { Peer, type PeerName, peerFormats, peerPackages } from "./peer.js";
import { formatMilliseconds, progressOf } from "./progress.js";
import { type PythonFound, requirePython } from "./python.js";
import { loadChoice } from "./run-bundle.js";
import type { Outcome, Session } from "./session.js";
import { hostFeatures } from "./targets.js";
import { packageVersion } from "./version.js";

interface Timing {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  /** Nine of ten runs take no longer. */
  readonly ninth: number;
  readonly runs: number;
  /** Their median over ours: above 1 we are faster. Absent for ourselves. */
  readonly ratio?: number;
  /** max|a-b| / max|b| of our outputs against theirs, the largest of all outputs. */
  readonly difference?: number;
}

interface BundleTimings {
  readonly bundle: string;
  readonly engine: string;
  readonly target: string;
  readonly threads: number;
  readonly timings: readonly Timing[];
}

/** A runtime with the model loaded. */
interface Contender {
  readonly name: string;
  run(count: number): Promise<readonly number[]>;
}

/** Longest that one turn of a round should take; short models run several times in it. */
const turnMilliseconds = 50;

export async function benchBundles(
  session: Session,
  bundles: readonly string[],
  options: BenchOptions,
): Promise<Outcome> {
  const { against, model } = options;
  if (options.in.length > 0 && bundles.length > 1) {
    throw usageError("--in names inputs of one bundle", "time bundles with inputs of their own one at a time");
  }
  const peerModels = modelsOfPeers(bundles, model, against);
  const python =
    against.length === 0
      ? undefined
      : await requirePython([...new Set(against.flatMap((name) => peerPackages[name]))], session.env, session.signal);
  const results: BundleTimings[] = [];
  const remarks: Diagnostic[] = [];
  const progress = progressOf(session, options);
  for (const [k, bundle] of bundles.entries()) {
    await progress.step(`time ${basename(bundle)}`, async (say) => {
      const loaded = await loadModel(bundle, loadChoice(options, session.signal), session.env);
      remarks.push(...asDiagnostics(loaded.remarks));
      const bench = new Bench(session, options, loaded, say);
      results.push(await bench.time(bundle, python?.command, peerModels[k]!));
    });
  }
  if (options.save !== undefined) saveResults(options.save, { results, rounds: options.rounds, python });
  return { diagnostics: remarks, data: { bundles: results }, lines: results.flatMap(resultLines) };
}

/** What each peer runs beside a bundle. */
type PeerModels = ReadonlyMap<PeerName, string>;

/** For each bundle, a file for each peer. Throws (exit 2) naming every peer that is left without one. */
function modelsOfPeers(
  bundles: readonly string[],
  models: readonly string[],
  against: readonly PeerName[],
): readonly PeerModels[] {
  if (against.length > 0 && bundles.length > 1 && models.length !== bundles.length)
    throw usageError("the other runtimes need the models", "give --model FILE once for each bundle, in their order");
  if (against.length > 0 && models.length === 0)
    throw usageError("the other runtimes need the model", "give --model FILE once for each bundle, in their order");
  const problems: Diagnostic[] = [];
  const found = bundles.map((bundle, k) => {
    const files = bundles.length === 1 ? models : models.slice(k, k + 1);
    return new Map(
      against.flatMap((peer) => {
        const { extension, what } = peerFormats[peer];
        const file = files.find((name) => name.toLowerCase().endsWith(extension));
        if (file !== undefined) return [[peer, file] as const];
        const fix = `give --model FILE${extension}, or leave ${peer} out`;
        problems.push(diagnostic(cliCode.usage, `${peer} runs ${what}, and ${bundle} has none given`, { fix }));
        return [];
      }),
    );
  });
  if (problems.length > 0) throw new CompileError(problems, 2);
  return found;
}

interface Results {
  readonly results: readonly BundleTimings[];
  readonly rounds: number;
  readonly python: PythonFound | undefined;
}

/** Times mean little without what they were taken on. */
function saveResults(file: string, { results, rounds, python }: Results): void {
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    threads: availableParallelism(),
    memory: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    target: bestCpu(hostFeatures())?.name,
    node: process.version,
  };
  const versions = { persimmons: packageVersion(), ...(python && { python: python.version, ...python.packages }) };
  const record = { taken: new Date().toISOString(), machine, versions, rounds, milliseconds: results };
  try {
    writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
  } catch (error) {
    throw fileError(file, "write", error);
  }
}

class Bench {
  readonly #session: Session;
  readonly #options: BenchOptions;
  readonly #loaded: RunnableModel;
  readonly #say: (detail: string) => void;
  readonly #folder = mkdtempSync(join(tmpdir(), "persimmons-bench-"));
  readonly #peers: Peer[] = [];

  constructor(session: Session, options: BenchOptions, loaded: RunnableModel, say: (detail: string) => void) {
    this.#session = session;
    this.#options = options;
    this.#loaded = loaded;
    this.#say = say;
  }

  async time(bundle: string, python: string | undefined, models: PeerModels): Promise<BundleTimings> {
    const { model: instance, target, bundle: opened } = this.#loaded;
    try {
      const entry = opened.manifest.entries[0]!;
      const inputs = this.#inputs(entry);
      const ours = await this.#ourselves(entry, inputs);
      if (python !== undefined) await this.#startPeers(python, models, entry, inputs);
      const contenders = [ours.contender, ...this.#peers];
      const times = await this.#rounds(contenders);
      const [own] = times;
      const timings: Timing[] = [];
      for (const [k, contender] of contenders.entries()) {
        const timing = summariseTimes(contender.name, times[k]!);
        if (k === 0) timings.push(timing);
        else {
          const difference = await this.#difference(this.#peers[k - 1]!, entry, ours.outputs());
          timings.push({ ...timing, ratio: timing.median / medianOf(own!), difference });
        }
      }
      const { threads } = this.#options;
      return { bundle, engine: instance.engine, target: target.name, threads, timings };
    } finally {
      instance.close();
      await Promise.all(this.#peers.map((peer) => peer.close()));
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #inputs(entry: Entry): readonly TensorData[] {
    const { description } = this.#loaded.model;
    const { symbols } = this.#loaded.bundle.manifest;
    return bindInputs(description, description.entries[0]!, gatherInputs(entry, symbols, this.#options));
  }

  async #ourselves(entry: Entry, inputs: readonly TensorData[]) {
    const { model } = this.#loaded;
    let outputs: readonly TensorData[] = [];
    const run = async (count: number): Promise<readonly number[]> => {
      return Array.from({ length: count }, () => {
        const start = performance.now();
        outputs = model.run(entry.name, inputs);
        return performance.now() - start;
      });
    };
    return { contender: { name: "persimmons", run }, outputs: () => outputs };
  }

  async #startPeers(python: string, models: PeerModels, entry: Entry, tensors: readonly TensorData[]): Promise<void> {
    const inputs = entry.inputs.map(({ name }, k) => ({ name, file: join(this.#folder, `in-${k}.npy`) }));
    inputs.forEach(({ file }, k) => {
      writeNpy(file, tensors[k]!);
    });
    const { threads } = this.#options;
    const outputs = entry.outputs.map(({ name }) => name);
    for (const [peer, model] of models) {
      this.#say(`load ${peer}`);
      const { env, signal } = this.#session;
      this.#peers.push(await Peer.load(python, { peer, model, threads, inputs, outputs }, env, signal));
    }
  }

  /** Times by contender. */
  async #rounds(contenders: readonly Contender[]): Promise<readonly (readonly number[])[]> {
    const counts: number[] = [];
    for (const contender of contenders) {
      const warm = [...(await contender.run(1)), ...(await contender.run(2))];
      counts.push(Math.min(200, Math.max(1, Math.round(turnMilliseconds / Math.min(...warm)))));
    }
    const times: number[][] = contenders.map(() => []);
    for (let round = 0; round < this.#options.rounds; round++) {
      this.#say(`round ${round + 1} of ${this.#options.rounds}`);
      for (const [k, contender] of contenders.entries()) {
        this.#session.signal.throwIfAborted();
        times[k]!.push(medianOf(await contender.run(counts[k]!)));
      }
    }
    return times;
  }

  async #difference(peer: Peer, entry: Entry, ours: readonly TensorData[]): Promise<number> {
    const files = await peer.outputs(join(this.#folder, peer.name));
    const errors = entry.outputs.map(({ name, dtype }, k) => {
      const file = files.get(name);
      if (file === undefined) return Number.NaN;
      return compareTensors(name, ours[k]!, readNpy(file, dtype), defaultTolerance).error ?? Number.NaN;
    });
    return Math.max(0, ...errors);
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function summariseTimes(name: string, times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const ninth = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.9))]!;
  return { name, median: medianOf(times), least: sorted[0]!, ninth, runs: times.length };
}

function resultLines({ bundle, engine, target, threads, timings }: BundleTimings): readonly string[] {
  return [
    `${bundle} (${engine}, ${target}, ${threads} threads)`,
    ...timings.map(({ name, median, least, ninth, ratio, difference }) => {
      const beside =
        ratio === undefined
          ? ""
          : `, ${ratio.toFixed(2)}x of its speed; outputs differ by ${difference!.toPrecision(2)}`;
      return `  ${name.padEnd(11)} median ${formatMilliseconds(median)}, from ${formatMilliseconds(least)}, 90 % within ${formatMilliseconds(ninth)}${beside}`;
    }),
  ];
}
