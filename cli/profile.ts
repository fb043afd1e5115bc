/**
 * @file The work of `persimmons profile`: exports models that are given for bundles, runs in turns, and tells where the
 * time goes: a table, an object, trace events, or what changed between two bundles.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Diagnostic } from "../ir/diagnostic.js";
import { loadModel, type RunnableModel } from "../runtime-lib/load-model.js";
import { kernelImport } from "./commands/kernel-options.js";
import type { ProfileOptions } from "./commands/profile.js";
import { asDiagnostics, fileError, usageError } from "./faults.js";
import { someOf } from "./kernel-places.js";
import { changeLines, changesBetween } from "./profile-diff.js";
import { type MachinePeak, machinePeak } from "./profile-peak.js";
import { type KernelTime, type Profile, type Profiled, ProfileRun, timeText } from "./profile-run.js";
import { traceOf } from "./profile-trace.js";
import { progressOf } from "./progress.js";
import { loadChoice } from "./run-bundle.js";
import type { Outcome, Session } from "./session.js";

/** Profiles one bundle or model, or two to compare. */
export async function profile(session: Session, paths: readonly string[], options: ProfileOptions): Promise<Outcome> {
  checkUsage(paths, options);
  if (!paths.some(isModel)) kernelImport(options, paths[0]!);
  const scratch = mkdtempSync(join(tmpdir(), "persimmons-profile-"));
  try {
    const bundles: string[] = [];
    for (const [k, path] of paths.entries())
      bundles.push(isModel(path) ? await exported(session, path, join(scratch, String(k)), options) : path);
    return await measured(session, paths, bundles, options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkUsage(paths: readonly string[], { diff, trace }: ProfileOptions): void {
  if (diff === true && paths.length !== 2) throw usageError("--diff compares two bundles", "give two");
  if (diff !== true && paths.length !== 1) throw usageError("one bundle is profiled at a time", "or give --diff");
  if (diff === true && trace !== undefined) throw usageError("a trace shows one bundle", "leave --diff or --trace out");
}

function isModel(path: string): boolean {
  return /\.(onnx|mlir|pt2|py)$/i.test(path);
}

/** The model as a bundle that counts. */
async function exported(session: Session, model: string, out: string, options: ProfileOptions): Promise<string> {
  const { exportModel } = await import("./export-model.js");
  const { compileModel } = await import("./compile.js");
  const { env, signal, interruptible } = session;
  const name = options.target ?? (options.engine === "wasm" ? "wasm32" : undefined);
  const importing = kernelImport(options, model);
  const request = { model, out, profile: true, importing, targets: name === undefined ? [] : [name] };
  const progress = progressOf(session, options);
  return (await exportModel(request, { compile: compileModel, progress, env, signal, interruptible })).path;
}

async function measured(
  session: Session,
  names: readonly string[],
  bundles: readonly string[],
  options: ProfileOptions,
): Promise<Outcome> {
  const { env, signal } = session;
  const progress = progressOf(session, options);
  const loaded: RunnableModel[] = [];
  try {
    for (const [k, bundle] of bundles.entries()) {
      // A model was exported for the one target there is.
      const { target, ...rest } = options;
      const choice = bundle === names[k] ? options : rest;
      loaded.push(await loadModel(bundle, loadChoice(choice, signal), env));
    }
    const runs = loaded.map((model, k) => new ProfileRun(names[k]!, model, options));
    const isNative = loaded.some(({ model }) => model.engine === "native");
    const peak =
      options.roof && isNative
        ? await progress.step("measure the machine", () => machinePeak(options.threads, env))
        : undefined;
    await progress.step(`run ${names.map((name) => basename(name)).join(" and ")}`, (say) =>
      takeTurns(runs, options.rounds, signal, say),
    );
    const profiled = runs.map((run) => run.finish(peak));
    const { sources } = loaded[0]!.bundle.manifest;
    if (options.trace !== undefined) save(options.trace, traceOf(profiled[0]!, { sources }));
    const remarks = loaded.flatMap((model) => asDiagnostics(model.remarks));
    return told(profiled, peak, options, remarks);
  } finally {
    for (const { model } of loaded) model.close();
  }
}

async function takeTurns(
  runs: readonly ProfileRun[],
  rounds: number,
  signal: AbortSignal,
  say: (detail: string) => void,
): Promise<void> {
  for (const run of runs) run.warm();
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const run of runs) {
      signal.throwIfAborted();
      run.round();
    }
  }
}

function told(
  profiled: readonly Profiled[],
  peak: MachinePeak | undefined,
  options: ProfileOptions,
  diagnostics: readonly Diagnostic[],
): Outcome {
  const profiles = profiled.map((p) => p.profile);
  const first = profiles[0]!;
  const second = profiles[1];
  const machine = peak === undefined ? {} : { peak };
  const changes = second === undefined ? [] : changesBetween(first, second);
  const data = second === undefined ? { ...first, ...machine } : { profiles, changes, ...machine };
  if (options.save !== undefined) save(options.save, data);
  const lines = second === undefined ? profileLines(first, peak) : changeLines(first, second, changes);
  return { diagnostics, data, lines };
}

function save(file: string, data: unknown): void {
  try {
    writeFileSync(file, `${JSON.stringify(data, undefined, 2)}\n`);
  } catch (error) {
    throw fileError(file, "write", error);
  }
}

/** Columns of the table: a heading, and what stands there. */
const columns: readonly (readonly [heading: string, text: (k: KernelTime) => string])[] = [
  ["calls", (k) => String(k.calls)],
  ["time", (k) => (k.milliseconds === undefined ? "-" : timeText(k.milliseconds))],
  ["share", (k) => percent(k.share)],
  ["GFLOP/s", (k) => decimal(k.gflops)],
  ["GB/s", (k) => decimal(k.gigabytes)],
  ["of roof", (k) => percent(k.ofRoof)],
  ["  kernel", (k) => `  ${k.kernel}`],
  ["  runs as", (k) => `  ${k.runsAs}`],
  ["  from", (k) => `  ${someOf(k.sources, 3)}`],
];

function percent(x: number | undefined): string {
  return x === undefined ? "-" : `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
}

function decimal(x: number | undefined): string {
  return x === undefined ? "-" : x.toFixed(x < 10 ? 2 : 1);
}

function profileLines(p: Profile, peak: MachinePeak | undefined): readonly string[] {
  const threads = `${p.threads} ${p.threads === 1 ? "thread" : "threads"}`;
  const rows = [columns.map(([heading]) => heading), ...p.kernels.map((k) => columns.map(([, text]) => text(k)))];
  const widths = columns.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const isText = (c: number): boolean => columns[c]![0].startsWith("  ");
  const aligned = (row: readonly string[]): string =>
    row.map((cell, c) => (isText(c) ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]! + 2))).join("");
  return [
    `${p.entry} of ${p.bundle} (${p.engine}, ${p.target}, ${threads}): ${timeText(p.milliseconds)}, median of ${p.rounds} runs`,
    ...(peak === undefined ? [] : [`  ${peakText(peak)}`]),
    ...rows.map((row) => aligned(row).trimEnd()),
    p.outside === undefined ? "  (calls only: the sandbox has no clock)" : `  outside kernels: ${timeText(p.outside)}`,
  ];
}

function peakText({ one, all, threads }: MachinePeak): string {
  const text = ({ flops, bytes }: MachinePeak["one"]): string =>
    `${decimal(flops / 1e9)} GFLOP/s f32 and ${decimal(bytes / 1e9)} GB/s from memory`;
  const several = threads === 1 ? "" : `; on ${threads}, ${text(all)}`;
  return `the machine, measured: on 1 thread ${text(one)}${several}`;
}
