/**
 * @file `--target` as descriptions: names of CPUs and accelerators, and files that describe an accelerator. Decisions use
 * what the descriptions say, never measurements.
 */

import { readFileSync } from "node:fs";
import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import { closest } from "../ir/suggest.js";
import { readAccelerator } from "../machine/accelerator.js";
import { bestCpu, type CpuDescription, type CpuFeatures, cpuNamed, cpus } from "../machine/cpu.js";
import { acceleratorNamed, presetNames } from "../machine/presets.js";
import type { TargetDescription } from "../machine/target.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import { hostArchitecture, readCpuFlags } from "../runtime-lib/engines/cpu.js";
import { findNativeToolchain } from "../runtime-lib/engines/toolchain.js";
import { cliCode, fileError } from "./faults.js";

/** This machine, as far as the system tells. */
export function hostFeatures(): CpuFeatures {
  const arch = hostArchitecture();
  // Every 64-bit Arm has NEON; systems without /proc do not say so.
  const flags = readCpuFlags() ?? new Set(arch === "aarch64" ? ["asimd"] : []);
  return { arch: arch === "x86_64" || arch === "aarch64" ? arch : "other", flags };
}

/**
 * The descriptions of `names`, each once, in order. A name that ends in `.json` is a file that describes an accelerator.
 * Without names: `host` where a native LLVM is found, else `wasm32`. Throws a `CompileError` (exit 2) naming every unknown
 * target and everything wrong with a description, or (exit 4) where this machine is not known.
 */
export async function resolveTargets(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly TargetDescription[]> {
  const wanted = [...new Set(names.length > 0 ? names : [await defaultTarget(env)])];
  const problems: Diagnostic[] = [];
  const targets: TargetDescription[] = [];
  for (const name of wanted) {
    const found = name.endsWith(".json") ? describedIn(name, problems) : named(name);
    if (found === undefined) problems.push(...(name.endsWith(".json") ? [] : [unknownTarget(name)]));
    else if (!targets.includes(found)) targets.push(found);
  }
  if (problems.length > 0) throw new CompileError(problems, 2);
  const twice = targets.find((t, k) => targets.findIndex((other) => other.name === t.name) !== k);
  if (twice === undefined) return targets;
  const fix = "give the descriptions different names";
  throw new CompileError([diagnostic(cliCode.target, `two targets are called '${twice.name}'`, { fix })], 2);
}

function named(name: string): TargetDescription | undefined {
  return name === "host" ? hostCpu() : (cpuNamed(name) ?? acceleratorNamed(name));
}

/** The accelerator that a file describes; `undefined` where `problems` say what is wrong with it. */
function describedIn(file: string, problems: Diagnostic[]): TargetDescription | undefined {
  const read = readAccelerator(parseJson(file));
  if (read.ok) return read.description;
  problems.push(...read.problems.map((p) => diagnostic(cliCode.target, `${file}: ${p.path}: ${p.message}`)));
  return undefined;
}

function parseJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileError(file, "read", error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CompileError([diagnostic(cliCode.target, `${file} is no JSON: ${why}`)], 2);
  }
}

async function defaultTarget(env: NodeJS.ProcessEnv): Promise<string> {
  if (bestCpu(hostFeatures()) === undefined) return "wasm32";
  try {
    await findNativeToolchain(env);
    return "host";
  } catch (error) {
    if (error instanceof RuntimeFault) return "wasm32";
    throw error;
  }
}

function hostCpu(): CpuDescription {
  const features = hostFeatures();
  const cpu = bestCpu(features);
  if (cpu !== undefined) return cpu;
  const fix = "give --target wasm32, which runs anywhere";
  throw new CompileError(
    [diagnostic(cliCode.target, `this machine (${features.arch}) is none that native code is written for`, { fix })],
    4,
  );
}

function unknownTarget(name: string): Diagnostic {
  const own = cpus.map((cpu) => cpu.name);
  const known = ["host", ...own, ...presetNames()];
  const near = closest(name, [...known, ...cpus.flatMap((cpu) => cpu.aliases)]);
  const fix = `${near === undefined ? "" : `did you mean '${near}'? `}there are ${known.join(", ")}`;
  return diagnostic(cliCode.target, `there is no target '${name}'`, { fix });
}
