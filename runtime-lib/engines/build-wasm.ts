/**
 * @file A wasm module from a module's text and the C runtime, with the LLVM that the package brings: nothing to install
 * and no system tool. The result imports nothing, so it can reach nothing but its own memory, whose maximum is the cap.
 * The compiler itself runs as wasm over files in memory: what it reads is what it is given here.
 */

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as yowasp from "@yowasp/clang";
import { neededFeatures } from "../native/features.js";
import { nativeSources } from "../native/sources.js";
import { modelSource } from "../native/table.js";
import { abiFunctions, compileFault, readModule } from "./build-native.js";
import { cachedFile, contentKey } from "./cache.js";
import type { ModelVariant } from "./engine.js";

export const wasmPage = 65536;

/** In every engine that runs on Node 20 or in a browser of its age; a variant may ask for more. */
const baseFeatures = ["simd128", "bulk-memory", "nontrapping-fptoint", "sign-ext", "mutable-globals"] as const;

const target = "--target=wasm32-unknown-unknown";
const moduleOptions = [target, "-O3", "-ffp-contract=off", "-Wno-override-module"] as const;
// Without -fno-builtin the loops of memcpy would become calls of memcpy.
const runtimeOptions = [target, "-std=c11", "-O2", "-ffreestanding", "-fno-builtin", "-fvisibility=hidden"] as const;
// The stack lies below everything else: overflowing it traps.
const linkOptions = ["--no-entry", "--stack-first", "-zstack-size=1048576", "--strip-debug", "-O2"] as const;

/** The package exports its version; its type declarations do not say so. */
const compiler = `@yowasp/clang ${(yowasp as unknown as { readonly version: string }).version}`;

/**
 * The path of the wasm module for a variant, in the cache; its memory grows to `pages` of 64 KiB at most. Rejects with
 * a `RuntimeFault`: PS5221 the module does not compile, PS5222 the cache.
 */
export async function buildWasm(
  variant: ModelVariant,
  pages: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const module = await readModule(variant.modulePath);
  const source = modelSource(variant.description);
  const features = featureOptions(variant);
  const runtime = [...nativeSources().files].flat();
  const options = JSON.stringify([moduleOptions, runtimeOptions, features]);
  const objects = contentKey(["wasm objects 1", compiler, options, source, ...runtime, module]);
  const linked = contentKey(["wasm 1", objects, JSON.stringify(linkOptions), `${pages}`]);
  const compile = (folder: string) => compileObject(variant.modulePath, { module, source, features }, folder);
  const build = async (folder: string) => link(variant, await cachedFile(objects, ".o", compile, env), pages, folder);
  return cachedFile(linked, ".wasm", build, env);
}

function featureOptions(variant: ModelVariant): readonly string[] {
  const { cpu, features } = variant.description.target;
  const all = new Set([...baseFeatures, ...neededFeatures(cpu, features)]);
  return [...all].flatMap((feature) => ["-Xclang", "-target-feature", "-Xclang", `+${feature}`]);
}

interface ObjectInput {
  readonly module: Uint8Array;
  readonly source: string;
  readonly features: readonly string[];
}

/** Compiles module and runtime, and joins them to one object file: the part that does not depend on the cap. */
async function compileObject(modulePath: string, input: ObjectInput, folder: string): Promise<string> {
  const { module, source, features } = input;
  const compileModule = ["clang", ...moduleOptions, ...features, "-c", "module.ll", "-o", "module.o"];
  const compiled = await runTool(compileModule, { "module.ll": module }, modulePath);
  const tree: yowasp.Tree = { "model.c": source, native: Object.fromEntries(nativeSources().files) };
  const runtime = ["clang", ...runtimeOptions, ...features, "-I", "native", "-c", "model.c", "-o", "model.o"];
  const model = await runTool(runtime, tree, "the runtime");
  const objects = { "module.o": compiled("module.o"), "model.o": model("model.o") };
  const joined = await runTool(["wasm-ld", "-r", "module.o", "model.o", "-o", "whole.o"], objects, modulePath);
  const file = path.join(folder, "whole.o");
  await writeFile(file, joined("whole.o"));
  return file;
}

async function link(variant: ModelVariant, object: string, pages: number, folder: string): Promise<string> {
  const functions = [...abiFunctions, "wasm_alloc", "wasm_free"];
  const exports = functions.map((f) => `--export=${variant.description.model}_${f}`);
  const args = [
    "wasm-ld",
    ...linkOptions,
    `--max-memory=${pages * wasmPage}`,
    ...exports,
    "whole.o",
    "-o",
    "model.wasm",
  ];
  const linked = await runTool(args, { "whole.o": await readFile(object) }, variant.modulePath);
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

/** Runs one tool over `files`; gives a reader of the files it leaves. */
async function runTool(args: string[], files: yowasp.Tree, what: string): Promise<(name: string) => Uint8Array> {
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
    if (what === "the runtime") throw new Error(`the runtime does not compile to wasm:\n${text}`, { cause: error });
    // An exit status, or a crash of the compiler on a module it cannot digest.
    throw compileFault(what, compiler, text === "" ? String(error) : text);
  }
}
