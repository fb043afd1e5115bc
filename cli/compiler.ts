/** @file What the verbs ask of the compiler; `compile.ts` answers. Declared apart, so that asking loads nothing. */

import type { Diagnostic } from "../ir/diagnostic.js";
import type { TargetDescription } from "../machine/target.js";
import type { Compose } from "../runtime-lib/bundle/bundle-draft.js";

export interface CompileOptions {
  /** One variant of the code for each; at least one. */
  readonly targets: readonly TargetDescription[];
  /** Count calls and time of each kernel. */
  readonly profile?: boolean;
  /** A folder for the program's text after each stage. */
  readonly dumpIr?: string;
  /** What a file of kernels leaves open: values by name, and which kernel. */
  readonly importing?: { readonly constexprs?: ReadonlyMap<string, number>; readonly kernel?: string | undefined };
  /** Called before each stage. */
  readonly onStage?: (target: string, stage: string) => void;
}

export interface StageTiming {
  readonly target: string;
  readonly stage: string;
  readonly milliseconds: number;
}

export interface CompiledModel {
  /** Writes the files of the bundle, and gives its manifest. */
  readonly compose: Compose;
  readonly timings: readonly StageTiming[];
  /** Warnings and remarks; errors are thrown. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles the model at `path`. Rejects with a `CompileError` listing everything wrong with the model, or with an
 * `InternalBug` that names the program as the last good stage left it.
 */
export type Compiler = (path: string, options: CompileOptions) => Promise<CompiledModel>;
