/** @file Names of the user's inputs, from the parameters of `forward`: `x`, `batch[0]`, `batch.mask`. */

import type { TorchProgram } from "./records.js";
import { leafPaths } from "./trees.js";

/** Names by the positions of the program's inputs; those that have none are left out. */
export function inputNames(program: TorchProgram): ReadonlyMap<number, string> {
  const users = program.inputs.flatMap((spec, k) => (spec.kind === "user" || spec.kind === "fixed" ? [k] : []));
  const paths = program.inputTree === undefined ? [] : leafPaths(program.inputTree);
  const names = new Map<number, string>();
  if (paths.length !== users.length) return names;
  users.forEach((k, i) => {
    const name = argumentPath(paths[i]!, program.argumentNames);
    if (name !== undefined) names.set(k, name);
  });
  return names;
}

/** `[0][1].a` is argument 1 of the positional ones, `[1].mask` the keyword argument `mask`. */
function argumentPath(path: string, parameters: readonly string[] | undefined): string | undefined {
  const keyword = /^\[1\]\.(.*)$/.exec(path)?.[1];
  if (keyword !== undefined) return keyword;
  const [, index, rest] = /^\[0\]\[(\d+)\](.*)$/.exec(path) ?? [];
  const parameter = index === undefined ? undefined : parameters?.[Number(index)];
  return parameter === undefined ? undefined : `${parameter}${rest}`;
}
