/**
 * @file A shared library from a module and the C runtime, through the compile cache. The module is compiled for the
 * features of its variant; the runtime for the architecture's baseline, since it is what checks the features.
 * Only C ABI v1 is exported. Equal inputs give equal bytes.
 */

import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runtimeFault } from "../diagnostic.js";
import type { ModelDescription } from "../native/description.js";
import { neededFeatures } from "../native/features.js";
import { nativeSources } from "../native/sources.js";
import { modelSource } from "../native/table.js";
import { cachedFile, contentKey } from "./cache.js";
import { requireHost } from "./cpu.js";
import type { ModelVariant } from "./engine.js";
import { findNativeToolchain, type NativeToolchain, runProgram } from "./toolchain.js";

/** The functions of C ABI v1, without their prefix. */
export const abiFunctions = [
  "abi_version",
  "describe",
  "create",
  "plan",
  "run",
  "release",
  "state_get",
  "state_reset",
  "counters",
  "last_error",
  "cancel",
  "destroy",
] as const;

const common = ["-O3", "-fPIC"];
const runtimeOptions = ["-std=c11", "-fvisibility=hidden", "-pthread"];
// Contraction is the module's to allow, operation by operation.
const moduleOptions = ["-ffp-contract=off", "-Wno-override-module"];

/**
 * The path of the shared library for a variant, in the cache. Rejects with a `RuntimeFault`: PS5220 no LLVM, PS5221 the
 * module does not compile, PS5222 the cache, PS5223 and PS5224 the machine.
 */
export async function buildNative(variant: ModelVariant, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  requireHost(variant.description);
  const toolchain = await findNativeToolchain(env);
  const module = await readModule(variant.modulePath);
  const source = modelSource(variant.description);
  const target = targetOptions(toolchain, variant.description);
  const runtime = [...nativeSources().files].flat();
  const options = JSON.stringify([common, runtimeOptions, moduleOptions, target, process.platform]);
  const key = contentKey(["native 1", toolchain.kind, toolchain.version, options, source, ...runtime, module]);
  const build = (folder: string) => compile(toolchain, variant, { target, source, folder });
  return cachedFile(key, extension(), build, env);
}

function extension(): string {
  return process.platform === "darwin" ? ".dylib" : ".so";
}

/** The text of a module. Rejects with PS5230 (exit 5) where it cannot be read. */
export async function readModule(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw runtimeFault("PS5230", `the module cannot be read: ${reason}`, { cause: error });
  });
}

/** Baseline plus the variant's features, spelled for cc1, which knows LLVM's names on every architecture. */
function targetOptions(toolchain: NativeToolchain, d: ModelDescription): readonly string[] {
  const features = neededFeatures(d.target.cpu, d.target.features);
  return [
    ...baseline(toolchain),
    ...features.flatMap((feature) => ["-Xclang", "-target-feature", "-Xclang", `+${feature}`]),
  ];
}

/** zig compiles for the CPU it runs on unless told otherwise; clang's default is the baseline. */
function baseline(toolchain: NativeToolchain): readonly string[] {
  return toolchain.kind === "zig" ? ["-mcpu=baseline"] : [];
}

interface Compilation {
  readonly target: readonly string[];
  readonly source: string;
  readonly folder: string;
}

async function compile(toolchain: NativeToolchain, variant: ModelVariant, c: Compilation): Promise<string> {
  const { folder, source, target } = c;
  const name = variant.description.model;
  const clang = (args: readonly string[], what: string) => runClang(toolchain, [...args], folder, what);
  // Fixed names in a working folder keep paths out of the output.
  await copyFile(variant.modulePath, path.join(folder, "module.ll"));
  await writeFile(path.join(folder, "model.c"), source);
  const include = ["-I", nativeSources().folder];
  await Promise.all([
    clang([...common, ...moduleOptions, ...target, "-c", "module.ll", "-o", "module.o"], variant.modulePath),
    clang(
      [...common, ...runtimeOptions, ...baseline(toolchain), ...include, "-c", "model.c", "-o", "model.o"],
      "runtime",
    ),
  ]);
  await writeFile(path.join(folder, "exports"), exportList(name));
  await clang(["-shared", "-o", "library", "module.o", "model.o", ...linkOptions(name)], variant.modulePath);
  return path.join(folder, "library");
}

function exportList(name: string): string {
  const symbols = abiFunctions.map((f) => `${name}_${f}`);
  if (process.platform === "darwin") return symbols.map((s) => `_${s}\n`).join("");
  return `{ global: ${symbols.map((s) => `${s};`).join(" ")} local: *; };\n`;
}

function linkOptions(name: string): readonly string[] {
  if (process.platform === "darwin")
    return ["-Wl,-exported_symbols_list,exports", `-Wl,-install_name,lib${name}.dylib`];
  // `defs`: a function that no library has is found now, not by the user's dynamic linker.
  return ["-Wl,--version-script,exports", `-Wl,-soname,lib${name}.so`, "-Wl,-z,defs", "-lm", "-pthread"];
}

async function runClang(
  toolchain: NativeToolchain,
  args: readonly string[],
  folder: string,
  what: string,
): Promise<void> {
  const command = [...toolchain.command, ...args];
  const result = await runProgram(command, folder);
  if (result.code === 0) return;
  if (what === "runtime") throw new Error(`the runtime does not compile (${command.join(" ")}):\n${result.stderr}`);
  throw compileFault(what, toolchain.version, result.stderr);
}

/** PS5221: the module was refused; the compiler's first lines become notes. */
export function compileFault(modulePath: string, compiler: string, stderr: string): Error {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const notes = lines.slice(0, 8).map((message) => ({ message, at: { kind: "unknown" } as const }));
  return runtimeFault("PS5221", `${modulePath} does not compile with ${compiler}`, {
    notes,
    fix: "export the model again with this version",
  });
}
