/**
 * @file This machine's CPU in LLVM's words: architecture and features. Asked before anything is compiled, so that a
 * variant for another machine ends with exit 4; the library asks the CPU itself once more when it is loaded.
 * Where the system has no list to read (macOS), features are unknown here and the library's own check decides.
 */

import { readFileSync } from "node:fs";
import { runtimeFault } from "../diagnostic.js";
import type { ModelDescription } from "../native/description.js";
import { neededFeatures } from "../native/features.js";

/** LLVM's names where /proc/cpuinfo has another; all others are spelled alike, or with `_` for `-` and `.`. */
const cpuinfoNames: Readonly<Record<string, string>> = {
  "64bit": "lm",
  x87: "fpu",
  sse3: "pni",
  pclmul: "pclmulqdq",
  crc32: "sse4_2",
  bmi: "bmi1",
  lzcnt: "abm",
  sahf: "lahf_lm",
  sha: "sha_ni",
  rdrnd: "rdrand",
  prfchw: "3dnowprefetch",
  evex512: "avx512f",
  avx512vbmi2: "avx512_vbmi2",
  avx512vnni: "avx512_vnni",
  avx512bitalg: "avx512_bitalg",
  avx512vpopcntdq: "avx512_vpopcntdq",
  avx512bf16: "avx512_bf16",
  avx512fp16: "avx512_fp16",
  avx512vp2intersect: "avx512_vp2intersect",
  avxvnni: "avx_vnni",
  avxifma: "avx_ifma",
  avxvnniint8: "avx_vnni_int8",
  avxvnniint16: "avx_vnni_int16",
  avxneconvert: "avx_ne_convert",
  "fp-armv8": "fp",
  neon: "asimd",
  fullfp16: "asimdhp",
  fp16fml: "asimdfhm",
  dotprod: "asimddp",
  rdm: "asimdrdm",
  lse: "atomics",
  complxnum: "fcma",
  jsconv: "jscvt",
  rcpc: "lrcpc",
  crc: "crc32",
};

/** LLVM's name of this process's architecture. */
export function hostArchitecture(): string {
  const names: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64", ia32: "i386" };
  return names[process.arch] ?? process.arch;
}

/** The words that /proc/cpuinfo lists for the CPU; undefined where there is no such file. */
export function readCpuFlags(text = readCpuinfo()): ReadonlySet<string> | undefined {
  const list = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text ?? "")?.[1];
  return list === undefined ? undefined : new Set(list.split(/\s+/));
}

function readCpuinfo(): string | undefined {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return undefined;
  }
}

/** Those of `features` (LLVM's names) that a CPU with `flags` lacks. */
export function missingFeatures(features: readonly string[], flags: ReadonlySet<string>): readonly string[] {
  return features.filter((f) => !flags.has(cpuinfoNames[f] ?? f.replace(/[-.]/g, "_")));
}

/** Throws PS5224 or PS5223 (exit 4) where this machine cannot run a native variant. */
export function requireHost(d: ModelDescription): void {
  const architecture = (d.target.triple.split("-")[0] ?? "").replace(/^arm64$/, "aarch64");
  const fix = "export with --target=host on this machine, or use a variant for it (wasm32 runs anywhere)";
  const variant = `the variant '${d.target.name}'`;
  if (architecture !== "" && architecture !== hostArchitecture()) {
    const message = `${variant} is for ${architecture}; this machine is ${hostArchitecture()}`;
    throw runtimeFault("PS5224", message, { exitCode: 4, fix });
  }
  const flags = readCpuFlags();
  const missing = flags === undefined ? [] : missingFeatures(neededFeatures(d.target.cpu, d.target.features), flags);
  if (missing.length === 0) return;
  const message = `${variant} needs CPU features that this machine lacks: ${missing.join(", ")}`;
  throw runtimeFault("PS5223", message, { exitCode: 4, fix });
}
