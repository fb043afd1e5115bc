/**
 * @file A shared library from a module, its table and the C runtime, through the compile cache. The module is compiled
 * for the features of its variant; the runtime for the architecture's baseline, since it is what checks the features.
 * Only C ABI v1 is exported. Equal inputs give equal bytes.
 */

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runtimeFault } from "../diagnostic.js";
import { abiFunctions, runtimePrefix } from "../native/abi.js";
import type { ModelDescription } from "../native/description.js";
import { neededFeatures } from "../native/features.js";
import { nativeSources } from "../native/sources.js";
import { identifier, libraryText, tableMark } from "../native/table.js";
import { cachedFile, contentKey } from "./cache.js";
import { requireHost } from "./cpu.js";
import type { ModelVariant } from "./engine.js";
import { findNativeToolchain, type NativeToolchain, runProgram } from "./toolchain.js";

const runtimeOptions = ["-std=c11", "-O2", "-fPIC", "-fvisibility=hidden", "-pthread"];
// Contraction is the module's to allow, operation by operation.
const moduleOptions = ["-O3", "-fPIC", "-ffp-contract=off", "-Wno-override-module"];

/**
 * The path of the shared library for a variant, in the cache. Rejects with a `RuntimeFault`: PS5220 no LLVM, PS5221 the
 * module does not compile, PS5222 the cache, PS5223 and PS5224 the machine, PS5230 the module cannot be read.
 */
export async function buildNative(variant: ModelVariant, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  requireHost(variant.description);
  const name = identifier(variant.description.model);
  const toolchain = await findNativeToolchain(env);
  const module = await moduleText(variant);
  const target = targetOptions(toolchain, variant.description);
  const runtime = runtimeKey(toolchain);
  const options = JSON.stringify([moduleOptions, target, linkOptions(name)]);
  const key = contentKey(["library 1", runtime, options, module]);
  const build = async (folder: string) => {
    const object = cachedFile(runtime, ".o", (into) => compileRuntime(toolchain, into), env);
    await Promise.all([object, compileModule(toolchain, variant, { module, target, folder })]);
    return linkLibrary(toolchain, variant, await object, folder);
  };
  return cachedFile(key, process.platform === "darwin" ? ".dylib" : ".so", build, env);
}

/**
 * A module's text with its table and the bridge, unless the file has them already. Rejects with PS5230 (exit 5) where it
 * cannot be read.
 */
export async function moduleText(variant: ModelVariant): Promise<Uint8Array> {
  const text = await readFile(variant.modulePath).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw runtimeFault("PS5230", `the module cannot be read: ${reason}`, { cause: error });
  });
  if (text.includes(tableMark)) return text;
  return Buffer.concat([text, Buffer.from(libraryText(variant.description), "utf8")]);
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

/** The runtime's object is the same for all models. */
function runtimeKey(toolchain: NativeToolchain): string {
  const options = JSON.stringify([runtimeOptions, baseline(toolchain), runtimePrefix, process.platform, process.arch]);
  const sources = [...nativeSources().files].flat();
  return contentKey(["runtime 1", toolchain.kind, toolchain.version, options, ...sources]);
}

async function compileRuntime(toolchain: NativeToolchain, folder: string): Promise<string> {
  const sources = nativeSources().folder;
  const what = [
    `-DPSM_NAME=${runtimePrefix}`,
    "-I",
    sources,
    "-c",
    path.join(sources, "psm_runtime.c"),
    "-o",
    "runtime.o",
  ];
  const command = [...toolchain.command, ...runtimeOptions, ...baseline(toolchain), ...what];
  const result = await runProgram(command, folder);
  if (result.code === 0) return path.join(folder, "runtime.o");
  throw new Error(`the runtime does not compile (${command.join(" ")}):\n${result.stderr}`);
}

interface ModuleInput {
  readonly module: Uint8Array;
  readonly target: readonly string[];
  readonly folder: string;
}

/** Leaves module.o in the folder; fixed names there keep paths out of the output. */
async function compileModule(toolchain: NativeToolchain, variant: ModelVariant, input: ModuleInput): Promise<void> {
  await writeFile(path.join(input.folder, "module.ll"), input.module);
  const args = [...moduleOptions, ...input.target, "-c", "module.ll", "-o", "module.o"];
  await runClang(toolchain, args, input.folder, variant.modulePath);
}

async function linkLibrary(
  toolchain: NativeToolchain,
  variant: ModelVariant,
  runtime: string,
  folder: string,
): Promise<string> {
  const name = variant.description.model;
  await writeFile(path.join(folder, "exports"), exportList(name));
  const args = ["-shared", "-o", "library", "module.o", runtime, ...linkOptions(name)];
  await runClang(toolchain, args, folder, variant.modulePath);
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
  modulePath: string,
): Promise<void> {
  const result = await runProgram([...toolchain.command, ...args], folder);
  if (result.code !== 0) throw compileFault(modulePath, toolchain.version, result.stderr);
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
