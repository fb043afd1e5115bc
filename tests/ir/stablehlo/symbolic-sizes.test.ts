/** @file Inference over symbolic sizes: what it says of a shape is what the interpreter finds. */

import { describe, expect, it } from "vitest";
import type { Context } from "../../../ir/context.js";
import { regionSignature } from "../../../ir/create.js";
import { functionBody, lookupFunction } from "../../../ir/dialects/func.js";
import type { Dim, DimEnvironment } from "../../../ir/dim.js";
import type { Operation } from "../../../ir/graph.js";
import { groupBySlot, type Slots } from "../../../ir/slots.js";
import { parseModule } from "../../../ir/text/module.js";
import { printType, type TensorType, type Type } from "../../../ir/types.js";
import { graphContext } from "../../support/draft-program.js";
import { randomOps, randomProgram } from "../../support/random-stablehlo.js";

/** Every size above 1 as a symbol of that value: equal sizes stay equal. */
function symbolic(type: Type, context: Context): Type {
  if (type.kind !== "tensor") return type;
  return context.withShape(
    type,
    type.shape.map((d) => (typeof d === "number" && d > 1 ? context.dims.symbol(`n${d}`, { min: 0, max: 99 }) : d)),
  );
}

const values: DimEnvironment = (name) => Number(name.slice(1));

/** The kernel of a convolution has known sizes, and so do lists of sizes and paddings: their lengths are ranks. */
function keepsNumbers(op: Operation, operand: number): boolean {
  if (op.name === "stablehlo.convolution" || op.name === "stablehlo.dynamic_conv") return operand > 0;
  const { type } = op.operands[operand]!;
  return /dynamic_/.test(op.name) && type.kind === "tensor" && type.element !== "f32";
}

/** Result types that inference gives for symbolic operands. `undefined` where the operation takes its type from the text. */
function inferSymbolic(op: Operation, context: Context): readonly Type[] | string | undefined {
  const { def } = op;
  if (!def.infer) return undefined;
  const types = groupBySlot(
    def.operands as Slots,
    def.operandNames,
    op.operands.map((x, i) => (keepsNumbers(op, i) ? x.type : symbolic(x.type, context))),
    op.segments,
  );
  const inference = { context, op: def.name, given: undefined, regions: op.regions.map(regionSignature) };
  const inferred = def.infer(types, op.attrs, inference) as Record<string, Type | readonly Type[]> | string;
  return typeof inferred === "string" ? inferred : (def.resultNames.flatMap((name) => inferred[name] ?? []) as Type[]);
}

const hasSymbols = (op: Operation): boolean =>
  op.operands.some((x) => x.type.kind === "tensor" && x.type.shape.some((d) => (d as number) > 1));

/** Operations whose attributes fix sizes, so that an operand of unknown size cannot be told to fit, or that are given their type. */
const givenTypes = new Set([
  "convert",
  "reshape",
  "broadcast_in_dim",
  "bitcast_convert",
  "dynamic_iota",
  "rng_bit_generator",
]);

function evaluateShape(type: TensorType, context: Context): (number | "open")[] {
  // A size that only data decides is open: the symbols of such sizes are not those made above.
  const known = (d: Dim) => context.dims.symbolsOf(d).every((s) => /^n\d+$/.test(s));
  return type.shape.map((d) => (known(d) ? context.dims.evaluate(d, values) : "open"));
}

describe("inference over symbols", () => {
  const ops = randomOps.filter((op) => !givenTypes.has(op.replace("stablehlo.", "")));

  it.each(ops)("%s: an inferred expression has the value of the size", (name) => {
    for (let seed = 1; seed <= 12; seed++) {
      const { text } = randomProgram(name, seed);
      const context = graphContext();
      const module = parseModule(text, "random.mlir", context);
      for (const op of functionBody(lookupFunction(module, "main")!).ops()) {
        if (op.name !== name || !hasSymbols(op)) continue;
        const inferred = inferSymbolic(op, context);
        if (inferred === undefined) continue;
        expect(inferred, text).not.toBeTypeOf("string");
        (inferred as readonly Type[]).forEach((type, i) => {
          const want = op.results[i]!.type;
          if (type.kind !== "tensor" || want.kind !== "tensor") return;
          const got = evaluateShape(type, context);
          const message = `${context.types.key(type)} is not ${printType(want)}\n${text}`;
          expect(got.length, message).toBe(want.shape.length);
          got.forEach((n, axis) => {
            if (n !== "open") expect(n, message).toBe(want.shape[axis]);
          });
        });
      }
    }
  });
});
