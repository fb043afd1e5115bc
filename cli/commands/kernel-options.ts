/** @file `--constexpr` and `--kernel`, for every verb that reads models. */

import type { Command } from "commander";
import { type Importing, importingOf, parseConstexprs } from "../constexprs.js";
import { repeated } from "./verb.js";

export interface KernelOptions {
  readonly constexpr: readonly string[];
  readonly kernel?: string;
}

/** Adds the options to a verb. */
export function withKernelOptions(command: Command): Command {
  return command
    .addOption(repeated("--constexpr <name=value>", "a size or constant of kernels; several by commas; repeatable"))
    .option("--kernel <name>", "only this kernel of a .py file");
}

/** Throws exit 2 where a text is no list of names with numbers, or the model is no file of kernels. */
export function kernelImport({ constexpr, kernel }: KernelOptions, model: string): Importing {
  return importingOf(model, parseConstexprs(constexpr), kernel);
}
