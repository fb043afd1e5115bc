/** @file Runs programs over memrefs before and after passes that change what is in memory, and compares the bytes. */

import { afterAll, expect } from "vitest";
import { toArray, viewOf } from "../../../ir/buffer.js";
import type { Context } from "../../../ir/context.js";
import type { Datum } from "../../../ir/define.js";
import { functionBody, lookupFunction } from "../../../ir/dialects/func.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { fromBytes, type NdArray, toBytes } from "../../../ir/ndarray.js";
import type { Pass } from "../../../ir/pass.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { mlirOpt, runTool } from "../../ir/upstream/referee.js";

export interface Outcome {
  /** What the memrefs hold at the end, as bytes of the element the program was written with. */
  readonly before: readonly NdArray[];
  readonly after: readonly NdArray[];
  /** The program after the pass. */
  readonly text: string;
}

function run(module: Operation, inputs: readonly NdArray[], context: Context): readonly NdArray[] {
  const { args } = functionBody(lookupFunction(module, "main")!);
  const views = inputs.map((x, i) => {
    const element = elementOf(args[i]!.type);
    const { shape: declared } = args[i]!.type as MemRefType;
    // Sizes are those of the input; an axis more is known.
    const shape = declared.map((d, axis) => x.shape[axis] ?? (d as number));
    return viewOf(fromBytes(element, shape, toBytes(x).slice()));
  });
  interpret(module, "main", views as Datum[], context);
  return views.map((view, i) => fromBytes(inputs[i]!.element, inputs[i]!.shape, toBytes(toArray(view))));
}

const texts: string[] = [];

afterAll(() => {
  const split = ["--split-input-file", "-o", "/dev/null", "-"];
  if (mlirOpt !== undefined && texts.length > 0) runTool(mlirOpt, split, texts.splice(0).join("\n// -----\n"));
});

/** Interprets `@main` on the same bytes before and after the passes; the text must verify, here and at the end of a file's tests by mlir-opt. */
export function transformed(
  text: string,
  passes: readonly Pass[],
  inputs: readonly NdArray[],
  isReadable = true,
): Outcome {
  const context = newContext();
  const module = parseModule(text, "test.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  const before = run(module, inputs, context);
  for (const pass of passes) pass.run(module, context);
  const printed = printModule(module, context);
  expect(
    verify(module, context).map((d) => d.message),
    printed,
  ).toEqual([]);
  const other = newContext();
  expect(printModule(parseModule(printed, "again.mlir", other), other)).toBe(printed);
  if (isReadable) texts.push(printed);
  return { before, after: run(module, inputs, context), text: printed };
}
