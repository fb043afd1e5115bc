/**
 * @file The models that tests of whole networks take: the small ones in models/reduced, each with fixed and with symbolic
 * sizes, or the files that PERSIMMONS_MODELS names (separated as PATH is), such as networks at their real size.
 */

import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { arrayOf } from "../../cli/compare.js";
import { readNpy } from "../../cli/npy.js";
import type { NdArray } from "../../ir/ndarray.js";

export interface ModelFile {
  /** Of tests: `bert static`. */
  readonly name: string;
  readonly path: string;
}

const folder = fileURLToPath(new URL("../../models/reduced", import.meta.url));
const kinds = ["static", "dynamic"] as const;

export const reducedModels: readonly ModelFile[] = readdirSync(folder)
  .sort()
  .flatMap((name) => kinds.map((kind) => ({ name: `${name} ${kind}`, path: path.join(folder, name, `${kind}.onnx`) })));

const named = (process.env["PERSIMMONS_MODELS"] ?? "").split(path.delimiter).filter((file) => file !== "");

export const chosenModels: readonly ModelFile[] =
  named.length === 0 ? reducedModels : named.map((file) => ({ name: file, path: file }));

export const areAllAsked = named.length > 0 || process.env["PERSIMMONS_TESTS"] === "nightly";

/** Inputs and PyTorch's outputs, by name. */
export interface ModelCase {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, NdArray>;
  readonly outputs: ReadonlyMap<string, NdArray>;
}

/** The cases beside a reduced model: one, or three of other sizes each where sizes are symbols. */
export function casesOf(model: ModelFile): readonly ModelCase[] {
  const stem = path.basename(model.path, ".onnx");
  const beside = path.dirname(model.path);
  const folders = readdirSync(beside).filter((name) => name.startsWith(`${stem}.case`));
  return folders.sort().map((name) => {
    const at = path.join(beside, name);
    return { name, inputs: arraysIn(at, "in"), outputs: arraysIn(at, "out") };
  });
}

function arraysIn(folder: string, prefix: string): ReadonlyMap<string, NdArray> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${prefix}.`));
  return new Map(
    files.map((file) => [file.slice(prefix.length + 1, -".npy".length), arrayOf(readNpy(path.join(folder, file)))]),
  );
}
