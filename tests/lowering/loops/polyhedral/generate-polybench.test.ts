/** @file The thirty kernels of PolyBench, read as scops and generated again in their own order, compute the same bits. */

import { describe, expect, test } from "vitest";
import { verify } from "../../../../ir/verify.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { replaceLoops } from "../../../../lowering/loops/polyhedral/replace-loops.js";
import { bufferized, polybench, runLoops } from "./polybench-kernels.js";

describe("a kernel generated from its own schedule", () => {
  test.each(polybench)("%s gives the same bits", { timeout: 120_000 }, async (name, sizes) => {
    const kernel = await bufferized(name, sizes);
    const before = runLoops(kernel);
    const scop = readScop(kernel.func);
    if ("reason" in scop) throw new Error(scop.reason);
    replaceLoops(kernel.func, scop, scop.schedule, kernel.context);
    expect(verify(kernel.module, kernel.context)).toEqual([]);
    expect([...kernel.func.walk()].some((op) => ["affine.for", "affine.if", "affine.store"].includes(op.name))).toBe(
      false,
    );
    const after = runLoops(kernel);
    expect(after.map((x, i) => Buffer.compare(x, before[i]!))).toEqual(after.map(() => 0));
  });
});
