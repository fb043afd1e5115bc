/** @file The tile dialect: an operation for each opcode, text that comes back, and what the verifier finds. */

import { describe, expect, it } from "vitest";
import { CompileError } from "../../../ir/diagnostic.js";
import { instructionOps } from "../../../ir/dialects/tile/instructions.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { opcodes } from "../../../machine/opcodes.js";

const program = `module {
  func.func private @kernel(%arg0: memref<4x32xf32>) {
    %0 = tile.address_of %arg0 : memref<4x32xf32>
    %1 = tile.s.imm -7
    %2 = tile.s.tile row
    tile.d.write d0, hbm, %0
    tile.d.issue d0, in0
    tile.d.wait 3, 2
    tile.m.configure q1, rows, %1
    tile.m.stream q1
    %3:2 = tile.loop %1 iter_args(%arg1 = %0, %arg2 = %2) -> (!tile.scalar, !tile.scalar) {
      %4 = tile.l.unit a0, 1
      %5 = tile.v.splat %arg1
      %6 = tile.v.add %4, %5
      tile.st.unit %6, a1, 0
      %7 = tile.s.add %arg1, %arg2
      tile.yield %arg2, %7 : !tile.scalar, !tile.scalar
    }
    tile.loop %3#0 {
      tile.c.delay 5
    }
    tile.c.delay_by %3#1
    func.return
  }
}
`;

function problemsOf(body: string): readonly string[] {
  const context = newContext();
  const module = parseModule(
    `func.func private @k(%b: memref<4xf32>) {\n${body}\nfunc.return\n}`,
    "tile.mlir",
    context,
  );
  return verify(module, context).map((d) => d.message);
}

it("has an operation for every opcode, those that give a program its structure apart", () => {
  const named = opcodes.map((o) => o.name).filter((name) => name !== "c.halt" && name !== "c.loop");
  expect([...instructionOps.keys()]).toEqual(named);
});

it.each([false, true])("prints what it reads (generic form: %s)", (generic) => {
  const context = newContext();
  const module = parseModule(program, "tile.mlir", context);
  expect(verify(module, context)).toEqual([]);
  const text = printModule(module, context, { generic });
  if (!generic) expect(text).toBe(program);
  const again = newContext();
  expect(printModule(parseModule(text, "again.mlir", again), again)).toBe(program);
});

describe("the verifier", () => {
  it("finds numbers and names that fields cannot hold", () => {
    expect(problemsOf("tile.d.wait 32, 1")).toEqual([expect.stringContaining("semaphore: 32 is not in [0, 31]")]);
    expect(problemsOf("%0 = tile.s.imm 549755813888")).toEqual([
      expect.stringContaining("value: 549755813888 is not in"),
    ]);
    expect(problemsOf("tile.d.issue d0, in7")).toEqual([expect.stringContaining("engine: there is no 'in7'")]);
    expect(problemsOf("tile.d.issue d16, in0")).toEqual([expect.stringContaining("descriptor: 16 is not in [0, 15]")]);
  });

  it("finds registers of the wrong file", () => {
    const sum = "%0 = tile.s.imm 1\n%1 = tile.v.add %0, %0";
    expect(() => problemsOf(sum)).toThrow("operand 'a' must be !tile.vector, not !tile.scalar");
    expect(() => problemsOf("tile.d.issue a0, in0")).toThrow(CompileError);
  });

  it("finds loops that nest deeper than the hardware's", () => {
    const nested = (depth: number): string => (depth === 0 ? "" : `tile.loop %0 {\n${nested(depth - 1)}\n}`);
    expect(problemsOf(`%0 = tile.s.imm 1\n${nested(4)}`)).toEqual([]);
    expect(problemsOf(`%0 = tile.s.imm 1\n${nested(5)}`)).toEqual([
      expect.stringContaining("loops nest 5 deep; there are 4 hardware loops"),
    ]);
  });

  it("finds loops that do not carry on what they began with", () => {
    const body = `%0 = tile.s.imm 1\n%1 = tile.loop %0 iter_args(%a = %0) -> (!tile.scalar) {\n%2 = tile.v.splat %a\ntile.yield %2 : !tile.vector\n}`;
    expect(problemsOf(body)).toEqual([
      expect.stringContaining("the body yields (!tile.vector) instead of (!tile.scalar)"),
    ]);
  });
});
