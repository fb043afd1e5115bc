/**
 * @file The npm export `persimmons`: compiles models and runs them.
 *
 *     const { path } = await exportModel("digits.onnx", { targets: ["host", "wasm32"] });
 *     const bundle = await loadBundle(path);
 *     const { probabilities } = await bundle.run({ image: tensor(pixels, [1, 1, 8, 8]) });
 */

import type { Diagnostic } from "../ir/diagnostic.js";
import type { Manifest } from "../runtime-lib/bundle/generated/manifest.js";
import { compileModel } from "./compile.js";
import type { StageTiming } from "./compiler.js";
import { exportModel as exportWith } from "./export-model.js";

export { CompileError, type Diagnostic } from "../ir/diagnostic.js";
export * from "../runtime-lib/api.js";
export { InternalBug } from "./faults.js";

export interface ExportOptions {
  /** The directory to write: STEM.psm in the current one by default. */
  readonly out?: string;
  /** Write one file instead of a directory. */
  readonly pack?: string;
  /** "host", names of CPUs, "wasm32"; by default the host where a native LLVM is found, else wasm32. */
  readonly targets?: readonly string[];
  /** "lib" also puts libNAME.so and NAME.h into the bundle. */
  readonly emit?: "lib";
  /** Count calls and time of each kernel. */
  readonly profile?: boolean;
  /** A folder for the program's text after each stage. */
  readonly dumpIr?: string;
  readonly signal?: AbortSignal;
  /** Told what is being done. */
  readonly onProgress?: (step: string, detail: string) => void;
}

export interface ExportedBundle {
  /** Absolute. */
  readonly path: string;
  /** Hash of the manifest: the identity of the bundle. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly timings: readonly StageTiming[];
  /** Warnings and remarks. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles the model file at `model` (.onnx, .mlir) and writes a bundle. Rejects with a `CompileError` or `RuntimeFault` whose
 * `diagnostics` list every problem and whose `exitCode` is the command line's; with an `InternalBug` where the fault is ours.
 */
export async function exportModel(model: string, options: ExportOptions = {}): Promise<ExportedBundle> {
  const { emit, signal = new AbortController().signal, onProgress, ...rest } = options;
  return exportWith(
    { model, emitLibrary: emit === "lib", ...rest },
    {
      compile: compileModel,
      env: process.env,
      signal,
      interruptible: (work) => work(),
      progress: { step: (title, work) => work((detail) => onProgress?.(title, detail)) },
    },
  );
}
