/** @file Programs outlined, bufferized and placed in an arena compute what they computed on tensors, and leave their inputs alone. */

import { describe, expect, it } from "vitest";
import type { Context } from "../../../ir/context.js";
import { lookupFunction } from "../../../ir/dialects/func.js";
import type { NdArray } from "../../../ir/ndarray.js";
import { sameBits } from "../../../ir/ndarray-compare.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { bufferize } from "../../../lowering/bufferize/bufferize.js";
import { dictionaries } from "../../../lowering/bufferize/bufferize-function.js";
import { newContext } from "../../../lowering/dialects.js";
import { outlineKernels } from "../../../lowering/fuse/outline-kernels.js";
import { placeBuffers } from "../../../lowering/plan/place-buffers.js";
import { placeScratch } from "../../../lowering/plan/place-scratch.js";
import { mlirOpt, runTool } from "../../ir/upstream/referee.js";
import { Random } from "../../support/random.js";
import { type Program, randomProgram } from "./random-program.js";
import { randomSizes } from "./random-sizes.js";
import { runMemrefs, runTensors } from "./run.js";

const PROGRAMS = Number(process.env["PROGRAMS"] ?? 150);

type Generator = (r: Random, context: Context) => Program;

function check(generate: Generator, seed: number): string {
  const context = newContext();
  const { module, inputs } = generate(new Random(seed), context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  const before = printModule(module, context);
  const states = dictionaries(lookupFunction(module, "main")!, "arg_attrs").map((d) => d["psm.state"] !== undefined);
  const wanted = runTensors(module, inputs, context);
  for (const passes of [
    [outlineKernels, bufferize],
    [placeScratch, placeBuffers],
  ]) {
    for (const pass of passes) {
      pass.run(module, context);
      expect(
        verify(module, context).map((d) => d.message),
        before,
      ).toEqual([]);
    }
    const after = printModule(module, context);
    const found = runMemrefs(module, { inputs, states, wanted }, context);
    if (passes.includes(placeBuffers)) expect(found.leaks, `leaks in\n${after}`).toBe(0);
    const isSame = (x: NdArray, y: NdArray | undefined): boolean => y !== undefined && sameBits(x, y);
    wanted.forEach((x, i) =>
      expect(isSame(x, found.results[i]), `result ${i} of\n${before}\nbecame\n${after}`).toBe(true),
    );
    inputs.forEach((x, i) =>
      expect(states[i] || isSame(x, found.inputs[i]), `input ${i} was written in\n${after}`).toBe(true),
    );
  }
  return printModule(module, context);
}

describe("random programs with destinations, branches, loops, states and grouped kernels", () => {
  it.each(Array.from({ length: 10 }, (_, k) => k))("compute the same on memrefs, batch %i", (batch) => {
    for (let k = 0; k < PROGRAMS / 10; k++) check(randomProgram, batch * 100_000 + k);
  });

  it.each(Array.from({ length: 5 }, (_, k) => k))("compute the same where sizes are data, batch %i", (batch) => {
    for (let k = 0; k < PROGRAMS / 5; k++) check(randomSizes, batch * 100_000 + k);
  });

  it.skipIf(mlirOpt === undefined).each([
    ["of fixed sizes", randomProgram],
    ["of sizes that are data", randomSizes],
  ] as const)("%s become text that mlir-opt accepts", (_, generate) => {
    for (let seed = 0; seed < 6; seed++) {
      runTool(mlirOpt!, ["--allow-unregistered-dialect", "-"], check(generate, 7_000_000 + seed));
    }
  });
});
