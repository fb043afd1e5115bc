/** @file `--constexpr N=1200,M=1000` and `--kernel NAME`: what a file of kernels in Python leaves open. */

import { usageError } from "./faults.js";

/** What importing a model takes; see `CompileOptions.importing`. */
export interface Importing {
  readonly constexprs: ReadonlyMap<string, number>;
  readonly kernel: string | undefined;
}

/** Throws exit 2 where something is given for a model that is no file of kernels. */
export function importingOf(
  model: string,
  constexprs: ReadonlyMap<string, number>,
  kernel: string | undefined,
): Importing {
  if ((constexprs.size > 0 || kernel !== undefined) && !/\.py$/i.test(model))
    throw usageError(
      `sizes of kernels and their names are for files in Python, and ${model} is none`,
      "leave --constexpr and --kernel out",
    );
  return { constexprs, kernel };
}

/** Throws exit 2 where a text is no list of names with numbers, or gives a name two values. */
export function parseConstexprs(texts: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const part of texts.flatMap((t) => t.split(","))) {
    const match = /^\s*([A-Za-z_]\w*)\s*=\s*(\S+)\s*$/.exec(part);
    const value = match ? Number(match[2]) : Number.NaN;
    if (!match || !Number.isFinite(value))
      throw usageError(`'${part}' is no name with a number`, "write --constexpr N=1200");
    const [, name] = match as unknown as [string, string];
    if (found.has(name) && found.get(name) !== value) throw usageError(`'${name}' is given two values`, "give one");
    found.set(name, value);
  }
  return found;
}
