/**
 * @file Runs a bundle that counts, round after round, and says what each kernel took. Times are medians over rounds of
 * what one run spends in a kernel; a warm-up is not counted.
 */

import type { Entry, Program, Target } from "../runtime-lib/bundle/generated/manifest.js";
import { bindInputs } from "../runtime-lib/engines/check-inputs.js";
import { entryIndex, type KernelCounter, type TensorData } from "../runtime-lib/engines/engine.js";
import type { RunnableModel } from "../runtime-lib/load-model.js";
import type { ProfileOptions } from "./commands/profile.js";
import { usageError } from "./faults.js";
import { gatherInputs } from "./inputs.js";
import { placeTexts } from "./kernel-places.js";
import { type LaunchSite, launchSites, meanOf } from "./profile-costs.js";
import type { MachinePeak } from "./profile-peak.js";
import { formatMilliseconds } from "./progress.js";

/** One kernel in one run of the entry. */
export interface KernelTime {
  readonly kernel: string;
  readonly runsAs: string;
  /** Nodes and lines of the model. */
  readonly sources: readonly string[];
  readonly calls: number;
  /** Of all calls in a run; absent where the engine has no clock. */
  readonly milliseconds?: number;
  /** Of the run. */
  readonly share?: number;
  /** Operations of a run, and bytes it must at least move; absent where sizes are known only during the run. */
  readonly flops?: number;
  readonly bytes?: number;
  readonly gflops?: number;
  /** Billions of those bytes per second: more than memory gives, where operands are in a cache. */
  readonly gigabytes?: number;
  /** What part of the speed it reaches that the machine's peaks would allow it. */
  readonly ofRoof?: number;
}

export interface Profile {
  readonly bundle: string;
  readonly engine: string;
  readonly target: string;
  readonly entry: string;
  readonly threads: number;
  readonly rounds: number;
  /** Median of a run. */
  readonly milliseconds: number;
  /** What a run takes besides its kernels. */
  readonly outside?: number;
  /** By time, longest first. */
  readonly kernels: readonly KernelTime[];
}

/** A profile with what a trace needs. */
export interface Profiled {
  readonly profile: Profile;
  readonly sites: readonly LaunchSite[];
  readonly target: Target;
}

/** A bundle that is being profiled; its rounds may take turns with those of another. */
export class ProfileRun {
  readonly #loaded: RunnableModel;
  readonly #options: ProfileOptions;
  readonly #bundle: string;
  readonly #entry: Entry;
  readonly #program: Program;
  readonly #inputs: readonly TensorData[];
  readonly #runs: number[] = [];
  readonly #nanoseconds = new Map<string, number[]>();
  readonly #calls = new Map<string, number>();

  /** Throws (exit 2) where the bundle does not count, or inputs do not fit. */
  constructor(bundle: string, loaded: RunnableModel, options: ProfileOptions) {
    const { manifest } = loaded.bundle;
    if (!manifest.options.some(({ name, value }) => name === "profile" && value === "true"))
      throw usageError(
        `${bundle} was not exported for profiling`,
        `persimmons export MODEL --profile -o ${bundle}, or persimmons profile MODEL`,
      );
    this.#bundle = bundle;
    this.#loaded = loaded;
    this.#options = options;
    const name = options.entry ?? manifest.entries[0]!.name;
    const index = entryIndex(loaded.model.description, name);
    this.#entry = manifest.entries[index]!;
    this.#program = loaded.target.programs.find((p) => p.entry === index)!;
    const named = gatherInputs(this.#entry, manifest.symbols, options);
    this.#inputs = bindInputs(loaded.model.description, loaded.model.description.entries[index]!, named);
  }

  /** One run that is counted. */
  round(): void {
    const { model } = this.#loaded;
    const before = byKernel(model.counters());
    const start = performance.now();
    model.run(this.#entry.name, this.#inputs);
    this.#runs.push(performance.now() - start);
    for (const { kernel, calls, nanoseconds } of model.counters()) {
      const [callsBefore, timeBefore] = [before.get(kernel)?.calls ?? 0, before.get(kernel)?.nanoseconds ?? 0];
      if (calls === callsBefore) continue;
      const times = this.#nanoseconds.get(kernel) ?? [];
      times.push(nanoseconds - timeBefore);
      this.#nanoseconds.set(kernel, times);
      this.#calls.set(kernel, calls - callsBefore);
    }
  }

  warm(): void {
    for (let k = 0; k < 2; k++) this.#loaded.model.run(this.#entry.name, this.#inputs);
  }

  finish(peak: MachinePeak | undefined): Profiled {
    const { target, model, bundle } = this.#loaded;
    const sites = launchSites(target, this.#program, this.#entry, this.#inputs);
    const milliseconds = medianOf(this.#runs);
    const hasClock = model.engine === "native";
    const kernels = target.kernels.flatMap((kernel, k): KernelTime[] => {
      const calls = this.#calls.get(kernel.symbol);
      if (calls === undefined) return [];
      const own = sites.filter((site) => site.kernel === k);
      const ms = hasClock ? medianOf(this.#nanoseconds.get(kernel.symbol)!) / 1e6 : undefined;
      const work = { flops: times(calls, own, "flops"), bytes: times(calls, own, "bytes") };
      const machine = kernel.grid.length > 0 && this.#options.threads > 1 ? peak?.all : peak?.one;
      // The machine is measured with f32, of which a vector holds twice as many as of f64.
      const isWide = kernel.arguments.some(({ kind, dtype }) => kind !== "scalar" && dtype === "f64");
      const roof = machine && { ...machine, flops: isWide ? machine.flops / 2 : machine.flops };
      return [
        {
          kernel: kernel.symbol,
          runsAs: kernel.summary,
          sources: placeTexts(bundle.manifest, kernel.sources),
          calls,
          ...defined({ ...work, ...(ms === undefined ? {} : ratesOf(ms, milliseconds, work, roof)) }),
        },
      ];
    });
    const spent = kernels.reduce((sum, k) => sum + (k.milliseconds ?? 0), 0);
    const profile = {
      bundle: this.#bundle,
      engine: model.engine,
      target: target.name,
      entry: this.#entry.name,
      threads: model.engine === "wasm" ? 1 : this.#options.threads,
      rounds: this.#runs.length,
      milliseconds,
      ...(hasClock ? { outside: Math.max(0, milliseconds - spent) } : {}),
      kernels: kernels.toSorted((a, b) => (b.milliseconds ?? 0) - (a.milliseconds ?? 0) || b.calls - a.calls),
    };
    return { profile, sites, target };
  }

  close(): void {
    this.#loaded.model.close();
  }
}

function times(calls: number, sites: readonly LaunchSite[], what: "flops" | "bytes"): number | undefined {
  const mean = meanOf(sites.map((site) => site[what]));
  return mean === undefined ? undefined : mean * calls;
}

interface Work {
  readonly flops: number | undefined;
  readonly bytes: number | undefined;
}

/** Speeds, and how near they come to what operations and bytes at the machine's peaks would take. */
function ratesOf(ms: number, whole: number, { flops, bytes }: Work, roof: MachinePeak["one"] | undefined) {
  const seconds = ms / 1e3;
  const rate = (x: number | undefined): number | undefined =>
    x === undefined || x === 0 || seconds === 0 ? undefined : x / seconds / 1e9;
  const least = roof && Math.max((flops ?? 0) / roof.flops, (bytes ?? 0) / roof.bytes);
  return {
    milliseconds: ms,
    share: ms / whole,
    gflops: rate(flops),
    gigabytes: rate(bytes),
    ofRoof: least === undefined || least === 0 || seconds === 0 ? undefined : least / seconds,
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function byKernel(counters: readonly KernelCounter[]): ReadonlyMap<string, KernelCounter> {
  return new Map(counters.map((c) => [c.kernel, c]));
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Kernels are timed in microseconds more often than not. */
export function timeText(milliseconds: number): string {
  return milliseconds < 1 ? `${(1e3 * milliseconds).toFixed(1)} us` : formatMilliseconds(milliseconds);
}
