/** @file Passes and stages as data: the compiler is a list of these. */

import type { Context } from "./context.js";
import type { Operation } from "./graph.js";

/** One transformation of a module. Its name is that of its source file, golden test and row in the docs. */
export interface Pass {
  readonly name: string;
  readonly summary: string;
  /** @throws CompileError when the user's program cannot be transformed. */
  run(module: Operation, context: Context): void;
}

/** A group of passes with one purpose, after which the program is verified. */
export interface Stage {
  readonly name: string;
  readonly why: string;
  /** The dialects that may remain afterwards. */
  readonly leaves: readonly string[];
  readonly passes: readonly Pass[];
}

export function stage(name: string, spec: Omit<Stage, "name">): Stage {
  return { name, ...spec };
}
