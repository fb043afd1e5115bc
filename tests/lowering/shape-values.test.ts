/** @file Sizes as values: what can be computed from sizes of arguments that are sums and products of symbols. */

import { describe, expect, it } from "vitest";
import { viewOf } from "../../ir/buffer.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionBody, functionsOf } from "../../ir/dialects/func.js";
import type { Dim } from "../../ir/dim.js";
import { interpret } from "../../ir/interpret.js";
import { filled } from "../../ir/ndarray.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { dimValue, SizesOfValues } from "../../lowering/shape-values.js";

const program = (shape: string): string => `
func.func @main(%x: memref<?xi8>) -> index attributes {psm.shapes = ["${shape}"], psm.symbols = [
    "a in [0, inf] data", "b in [0, inf] data"]} {
  %zero = arith.constant 0 : index
  return %zero : index
}`;

type Wanted = (a: Dim, b: Dim, context: Context) => Dim;

/** `wanted` computed in a function whose only argument has `size` elements, its shape being `shape`. */
function computed(shape: string, size: number, wanted: Wanted): number | undefined {
  const context = newContext();
  const { dims } = context;
  const module = parseModule(program(shape), "sizes.mlir", context);
  const [main] = [...functionsOf(module)];
  const body = functionBody(main!);
  const at = body.terminator;
  const builder = Builder.before(context, at);
  const sizes = new SizesOfValues(builder, body.args);
  const d = wanted(dims.symbol("a"), dims.symbol("b"), context);
  if (!sizes.has(d)) return undefined;
  at.setOperands([dimValue(builder, d, sizes)]);
  return interpret(module, "main", [viewOf(filled("i8", [size], 0))], context)[0] as number;
}

describe("sizes read off an argument", () => {
  it("may be multiples of it, with something added", () => {
    expect(computed("a + b", 5, (a, b, { dims }) => dims.add(dims.mul(dims.add(a, b), 4), 63))).toBe(83);
    expect(computed("a*b", 6, (a, b, { dims }) => dims.mul(dims.mul(a, b), 8))).toBe(48);
  });

  it("may be inside other sizes", () => {
    const rounded: Wanted = (a, b, { dims }) => dims.mul(dims.ceilDiv(dims.mul(dims.add(a, b), 4), 64), 64);
    expect(computed("a + b", 17, rounded)).toBe(128);
    expect(computed("a*b", 40, (a, b, { dims }) => dims.min(dims.mul(a, b), 16))).toBe(16);
  });

  it("tell the maxima and quotients that they are made of", () => {
    const most: Wanted = (a, _, { dims }) => dims.max(dims.sub(a, 1), 0);
    expect(computed("max(a - 1, 0)*2 + 3", 13, (a, b, c) => c.dims.mul(most(a, b, c), 7))).toBe(35);
    const squared: Wanted = (a, b, c) => c.dims.mul(c.dims.add(most(a, b, c), 1), c.dims.add(most(a, b, c), 1));
    expect(computed("max(a - 1, 0) + 1", 6, squared)).toBe(36);
  });

  it("do not tell its factors or summands", () => {
    expect(computed("a*b", 6, (a) => a)).toBeUndefined();
    expect(computed("a + b", 6, (a, b, { dims }) => dims.add(dims.mul(a, 2), b))).toBeUndefined();
  });
});
