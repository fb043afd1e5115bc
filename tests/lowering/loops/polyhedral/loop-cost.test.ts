/** @file Operations that loops are said to have are those that the interpreter counts; bytes are those of what is touched. */

import { describe, expect, test } from "vitest";
import { allocate } from "../../../../ir/buffer.js";
import { functionBody, functionName } from "../../../../ir/dialects/func.js";
import { interpret } from "../../../../ir/interpret.js";
import { type MemRefType, staticShape } from "../../../../ir/types.js";
import { operationsIn } from "../../../../lowering/fuse/kernel-cost.js";
import { LoopCosts } from "../../../../lowering/loops/polyhedral/loop-cost.js";
import { readScop } from "../../../../lowering/loops/polyhedral/read-scop.js";
import { bufferized, type Kernel, polybench } from "./polybench-kernels.js";

function costOf({ func, context }: Kernel) {
  const scop = readScop(func);
  if ("reason" in scop) throw new Error(scop.reason);
  return new LoopCosts(func, scop, context).of();
}

/** Operations on elements, one by one, as the loops are run. */
function operationsRun({ module, func, context }: Kernel): number {
  const buffers = functionBody(func).args.map((arg) => allocate("f64", staticShape(arg.type as MemRefType)));
  let count = 0;
  interpret(module, functionName(func), buffers, context, {
    onValue: (value) => {
      if (value.index === 0 && value.definingOp) count += operationsIn(value.definingOp);
    },
  });
  return count;
}

describe("the cost of a kernel of PolyBench", () => {
  test.each(polybench)("%s is what running it counts", { timeout: 60_000 }, async (name, sizes) => {
    const small = Object.fromEntries(Object.entries(sizes).map(([key, size]) => [key, Math.ceil(size / 2)]));
    const kernel = await bufferized(name, small);
    expect(costOf(kernel).flops).toBe(operationsRun(kernel));
  });

  test("is told by its sizes where they are open and its loops make boxes", async () => {
    const kernel = await bufferized("gemm", {});
    const { flops, bytes } = costOf(kernel);
    const { dims } = kernel.context;
    expect([flops, bytes].map((x) => dims.print(x!))).toEqual(["NI*NJ*NK*3 + NI*NJ", "NI*NJ*16 + NI*NK*8 + NJ*NK*8"]);
  });

  test("is not told where sizes are open and triangles would have to be counted", async () => {
    expect(costOf(await bufferized("lu", {}))).toEqual({});
  });

  test("has the bytes of what is read and what is written, of what lies outside of it", async () => {
    expect(costOf(await bufferized("atax", { M: 100, N: 120 })).bytes).toBe(8 * (100 * 120 + 120 + 120 + 100));
    const triangle = await bufferized("trisolv", { N: 50 });
    expect(costOf(triangle).bytes).toBe(8 * ((50 * 51) / 2 + 50 + 2 * 50 - 50));
  });
});
