/**
 * @file A wasm module from a module's text and the C runtime, with the LLVM that the package brings: nothing to install
 * and no system tool. The result imports nothing, so it can reach nothing but its own memory, whose maximum is the cap.
 * The compiler itself runs as wasm over files in memory: what it reads is what it is given here.
 */

import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as yowasp from "@yowasp/clang";
import { abiFunctions, runtimePrefix } from "../native/abi.js";
import { neededFeatures } from "../native/features.js";
import { nativeSources } from "../native/sources.js";
import { compileFault, moduleText } from "./build-native.js";
import { cachedFile, contentKey } from "./cache.js";
import type { ModelVariant } from "./engine.js";

export const wasmPage = 65536;

/** In every engine that runs on Node 20 or in a browser of its age; a variant may ask for more. */
const baseFeatures = ["simd128", "bulk-memory", "nontrapping-fptoint", "sign-ext", "mutable-globals"] as const;

const target = "--target=wasm32-unknown-unknown";
const moduleOptions = [target, "-O3", "-ffp-contract=off", "-Wno-override-module"] as const;
// Without -fno-builtin the loops of memcpy would become calls of memcpy.
const runtimeOptions = [
  target,
  ...["-std=c11", "-O2", "-ffreestanding", "-fno-builtin", "-fvisibility=hidden"],
  ...["-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint"],
];
// The stack lies below everything else: overflowing it traps.
const linkOptions = ["--no-entry", "--stack-first", "-zstack-size=1048576", "--strip-debug", "-O2"] as const;

/** The package exports its version; its type declarations do not say so. */
const compiler = `@yowasp/clang ${(yowasp as unknown as { readonly version: string }).version}`;

/**
 * The path of the wasm module for a variant, in the cache; its memory grows to `pages` of 64 KiB at most. Rejects with
 * a `RuntimeFault`: PS5221 the module does not compile, PS5222 the cache, PS5230 the module cannot be read.
 */
export async function buildWasm(
  variant: ModelVariant,
  pages: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const module = await moduleText(variant);
  const features = featureOptions(variant);
  const object = contentKey(["wasm module 1", compiler, JSON.stringify([moduleOptions, features]), module]);
  const linked = contentKey(["wasm 1", object, runtimeKey(), JSON.stringify(linkOptions), `${pages}`]);
  const compile = (folder: string) => compileModule(variant.modulePath, module, features, folder);
  const build = async (folder: string) => {
    const runtime = await runtimeObject(env);
    return link(variant, [await cachedFile(object, ".o", compile, env), runtime], pages, folder);
  };
  return cachedFile(linked, ".wasm", build, env);
}

function runtimeKey(): string {
  const sources = [...nativeSources().files].flat();
  return contentKey(["wasm runtime 1", compiler, JSON.stringify([runtimeOptions, runtimePrefix]), ...sources]);
}

/** The path of the runtime's object: one that came with the package, or the cache's, compiled when first needed. */
async function runtimeObject(env: NodeJS.ProcessEnv): Promise<string> {
  const shipped = path.join(nativeSources().folder, "prebuilt", `${runtimeKey()}.o`);
  return existsSync(shipped) ? shipped : cachedFile(runtimeKey(), ".o", compileRuntime, env);
}

/**
 * Puts the runtime's object beside its sources, for a package to ship: it saves the first user of the wasm engine some
 * seconds. One that is there and not stale is left as it is; returns its path.
 */
export async function prebuildWasmRuntime(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = path.join(nativeSources().folder, "prebuilt");
  const name = `${runtimeKey()}.o`;
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    const object = await cachedFile(runtimeKey(), ".o", compileRuntime, env);
    const fresh = `${file}.${process.pid}`;
    await mkdir(folder, { recursive: true });
    await copyFile(object, fresh);
    await rename(fresh, file);
  }
  const stale = (await readdir(folder)).filter((other) => other !== name && other.endsWith(".o"));
  await Promise.all(stale.map((other) => rm(path.join(folder, other), { force: true })));
  return file;
}

function featureOptions(variant: ModelVariant): readonly string[] {
  const { cpu, features } = variant.description.target;
  const all = new Set([...baseFeatures, ...neededFeatures(cpu, features)]);
  return [...all].flatMap((feature) => ["-Xclang", "-target-feature", "-Xclang", `+${feature}`]);
}

async function compileModule(
  modulePath: string,
  module: Uint8Array,
  features: readonly string[],
  folder: string,
): Promise<string> {
  const args = ["clang", ...moduleOptions, ...features, "-c", "module.ll", "-o", "module.o"];
  const compiled = await runTool(args, { "module.ll": module }, modulePath);
  const file = path.join(folder, "module.o");
  await writeFile(file, compiled("module.o"));
  return file;
}

async function compileRuntime(folder: string): Promise<string> {
  const source = [`-DPSM_NAME=${runtimePrefix}`, "-c", "psm_runtime.c", "-o", "runtime.o"];
  const files = Object.fromEntries(nativeSources().files);
  const compiled = await runTool(["clang", ...runtimeOptions, ...source], files, undefined);
  const file = path.join(folder, "runtime.o");
  await writeFile(file, compiled("runtime.o"));
  return file;
}

async function link(
  variant: ModelVariant,
  objects: readonly [module: string, runtime: string],
  pages: number,
  folder: string,
): Promise<string> {
  const exports = [...abiFunctions, "wasm_alloc", "wasm_free"].map((f) => `--export=${runtimePrefix}_${f}`);
  const limits = [...linkOptions, `--max-memory=${pages * wasmPage}`];
  const files = { "module.o": await readFile(objects[0]), "runtime.o": await readFile(objects[1]) };
  const args = ["wasm-ld", ...limits, ...exports, "module.o", "runtime.o", "-o", "model.wasm"];
  const linked = await runTool(args, files, variant.modulePath);
  const file = path.join(folder, "model.wasm");
  await writeFile(file, linked("model.wasm"));
  return file;
}

let started: Promise<unknown> | undefined;

/** Loads the compiler (75 MB of wasm) once, without its progress lines. */
async function start(): Promise<void> {
  started ??= Promise.resolve(yowasp.runLLVM(undefined, {}, { fetchProgress: () => {} }));
  await started;
}

/** Runs one tool over `files`; gives a reader of the files it leaves. `modulePath` is whose fault a failure is. */
async function runTool(
  args: string[],
  files: yowasp.Tree,
  modulePath: string | undefined,
): Promise<(name: string) => Uint8Array> {
  await start();
  const output: Uint8Array[] = [];
  const keep = (bytes: Uint8Array | null) => {
    if (bytes !== null) output.push(bytes.slice());
  };
  try {
    const left = await yowasp.runLLVM(args, files, { stdout: keep, stderr: keep, decodeASCII: false });
    return (name) => (left as yowasp.Tree)[name] as Uint8Array;
  } catch (error) {
    const text = Buffer.concat(output).toString("utf8");
    if (modulePath === undefined) throw new Error(`the runtime does not compile to wasm:\n${text}`, { cause: error });
    // An exit status, or a crash of the compiler on a module it cannot digest.
    throw compileFault(modulePath, compiler, text === "" ? String(error) : text);
  }
}
