/** @file `--target` names as CPU descriptions. Decisions use the names and features of CPUs, never measurements. */

import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import { closest } from "../ir/suggest.js";
import { bestCpu, type CpuDescription, type CpuFeatures, cpuNamed, cpus } from "../machine/cpu.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import { hostArchitecture, readCpuFlags } from "../runtime-lib/engines/cpu.js";
import { findNativeToolchain } from "../runtime-lib/engines/toolchain.js";
import { cliCode } from "./faults.js";

/** This machine, as far as the system tells. */
export function hostFeatures(): CpuFeatures {
  const arch = hostArchitecture();
  // Every 64-bit Arm has NEON; systems without /proc do not say so.
  const flags = readCpuFlags() ?? new Set(arch === "aarch64" ? ["asimd"] : []);
  return { arch: arch === "x86_64" || arch === "aarch64" ? arch : "other", flags };
}

/**
 * The descriptions of `names`, each once, in order. Without names: `host` where a native LLVM is found, else `wasm32`.
 * Throws a `CompileError` (exit 2) naming every unknown target, or (exit 4) where this machine is not known.
 */
export async function resolveTargets(
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly CpuDescription[]> {
  const wanted = names.length > 0 ? names : [await defaultTarget(env)];
  const unknown = wanted.filter((name) => name !== "host" && cpuNamed(name) === undefined);
  if (unknown.length > 0) throw new CompileError(unknown.map(unknownTarget), 2);
  return [...new Set(wanted.map((name) => (name === "host" ? hostCpu() : cpuNamed(name)!)))];
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
  const known = ["host", ...cpus.map((cpu) => cpu.name)];
  const near = closest(name, known);
  const fix = near === undefined ? `there are ${known.join(", ")}` : `did you mean '${near}'?`;
  return diagnostic(cliCode.target, `there is no target '${name}'`, { fix });
}
