/** @file One operator on given tensors: written as an archive, imported, interpreted. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importTorch } from "../../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../../frontends/torch-fx/read.js";
import { interpret } from "../../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../../ir/ndarray.js";
import { verify } from "../../../../ir/verify.js";
import { newContext } from "../../../../lowering/dialects.js";
import { type Arg, FLOAT, INT64, type MetaText, writeArchive } from "../archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-operators-"));
let files = 0;

export const f32 = (shape: readonly number[], ...values: readonly number[]): NdArray =>
  fromScalars("f32", shape, values);
export const i64 = (shape: readonly number[], ...values: readonly number[]): NdArray =>
  fromScalars("i64", shape, values.map(BigInt));

const metaOf = (a: NdArray): MetaText => ({ dtype: a.element === "i64" ? INT64 : FLOAT, sizes: a.shape });

/** What one operator gives for `tensors`, its arguments by name, and other arguments; tensors in `others` stay lists. */
export async function apply(
  target: string,
  tensors: Readonly<Record<string, NdArray>>,
  results: readonly MetaText[],
  others: Readonly<Record<string, Arg>> = {},
): Promise<readonly (readonly number[])[]> {
  const names = Object.keys(tensors);
  const outputs = results.map((_, i) => `result${i}`);
  const context = newContext();
  // Tensors that a list names are no arguments of their own.
  const nameOf = (x: Arg): string | undefined =>
    typeof x === "object" && x !== null && "tensor" in x ? x.tensor : undefined;
  const listed = new Set(
    Object.values(others).flatMap((x) => (Array.isArray(x) ? (x as readonly Arg[]).map(nameOf) : [])),
  );
  const own = Object.fromEntries(
    names.filter((name) => !listed.has(name)).map((name): [string, Arg] => [name, { tensor: name }]),
  );
  const path = writeArchive(join(folder, `m${files++}.pt2`), {
    inputs: names,
    outputs,
    nodes: [{ target, inputs: { ...own, ...others }, outputs }],
    tensors: {
      ...Object.fromEntries(names.map((name) => [name, metaOf(tensors[name]!)])),
      ...Object.fromEntries(outputs.map((name, i) => [name, results[i]!])),
    },
  });
  const module = importTorch(await readTorch(path, context.diagnostics), context);
  verify(module, context);
  const given = interpret(module, "main", Object.values(tensors), context) as readonly NdArray[];
  return given.map((a) => Array.from(a.data as ArrayLike<number | bigint>, Number));
}
