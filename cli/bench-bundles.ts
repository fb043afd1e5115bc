/**
 * @file The work of `persimmons bench`. Everyone gets the same inputs and threads and is warmed up; then everyone runs in
 * turn, round after round, so that what slows the machine down slows all of them. Medians and their ratios are told, and
 * how far the others' outputs are from ours, as being fast and wrong is no feat.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Diagnostic } from "../ir/diagnostic.js";
import type { Entry } from "../runtime-lib/bundle/generated/manifest.js";
import { bindInputs } from "../runtime-lib/engines/check-inputs.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { loadModel, type RunnableModel } from "../runtime-lib/load-model.js";
import type { BenchOptions } from "./commands/bench.js";
import { compareTensors, defaultTolerance } from "./compare.js";
import { asDiagnostics, usageError } from "./faults.js";
import { gatherInputs } from "./inputs.js";
import { readNpy, writeNpy } from "./npy.js";
import { Peer, peerPackages } from "./peer.js";
import { formatMilliseconds, progressOf } from "./progress.js";
import { requirePython } from "./python.js";
import { loadChoice } from "./run-bundle.js";
import type { Outcome, Session } from "./session.js";

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
  if (against.length > 0 && model.length !== bundles.length) {
    throw usageError("the other runtimes need the models", "give --model FILE once for each bundle, in their order");
  }
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
      results.push(await bench.time(bundle, python?.command, model[k]));
    });
  }
  return { diagnostics: remarks, data: { bundles: results }, lines: results.flatMap(resultLines) };
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

  async time(bundle: string, python: string | undefined, model: string | undefined): Promise<BundleTimings> {
    const { model: instance, target, bundle: opened } = this.#loaded;
    try {
      const entry = opened.manifest.entries[0]!;
      const inputs = this.#inputs(entry);
      const ours = await this.#ourselves(entry, inputs);
      if (python !== undefined && model !== undefined) await this.#startPeers(python, model, entry, inputs);
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

  async #startPeers(python: string, model: string, entry: Entry, tensors: readonly TensorData[]): Promise<void> {
    const inputs = entry.inputs.map(({ name }, k) => ({ name, file: join(this.#folder, `in-${k}.npy`) }));
    inputs.forEach(({ file }, k) => {
      writeNpy(file, tensors[k]!);
    });
    const { threads, against } = this.#options;
    for (const peer of against) {
      this.#say(`load ${peer}`);
      const { env, signal } = this.#session;
      this.#peers.push(await Peer.load(python, { peer, model, threads, inputs }, env, signal));
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
