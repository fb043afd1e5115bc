/**
 * @file A size means the same everywhere: as the compiler's own expression, in the manifest, as operations on indices, as
 * the schedule reads those operations, and as the code that is emitted. Dividends may be negative.
 */

import fc from "fast-check";
import { expect, it } from "vitest";
import { sizeExpression } from "../../backend/expression.js";
import { addFunction } from "../../backend/llvm/kernel.js";
import { FunctionLowering } from "../../backend/llvm/lower/lowering.js";
import { type Bounded, computed } from "../../backend/schedule-arithmetic.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionBody, functionsOf } from "../../ir/dialects/func.js";
import * as control from "../../ir/dialects/llvm/control.js";
import type { Dim } from "../../ir/dim.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import { interpret } from "../../ir/interpret.js";
import { parseModule } from "../../ir/text/module.js";
import { newContext } from "../../lowering/dialects.js";
import { dimValue } from "../../lowering/shape-values.js";
import { evaluateExpression, parseExpression } from "../../runtime-lib/bundle/expression.js";

const ranges = { s0: { min: 0, max: 40 }, s1: { min: -9, max: 9 }, s2: { min: 1, max: 12 } } as const;
const names = Object.keys(ranges) as (keyof typeof ranges)[];
type Sizes = Readonly<Record<keyof typeof ranges, number>>;

/** A text for `DimTable.parse`; divisors are positive, as the manifest asks. */
const text: fc.Arbitrary<string> = fc.letrec<{ text: string; leaf: string; sum: string; divided: string }>((tie) => ({
  text: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie("leaf"), tie("sum"), tie("divided")),
  leaf: fc.oneof(fc.constantFrom(...names), fc.integer({ min: 0, max: 9 }).map(String)),
  sum: fc
    .tuple(fc.constantFrom("+", "-", "*"), tie("text"), tie("text"))
    .map(([sign, a, b]) => `(${a}) ${sign} (${b})`),
  divided: fc
    .tuple(
      fc.constantFrom("floordiv", "ceildiv", "mod", "min", "max"),
      tie("text"),
      fc.oneof(fc.constant("s2"), fc.integer({ min: 1, max: 7 }).map(String)),
    )
    .map(([name, a, b]) => `${name}(${a}, ${b})`),
})).text;

const sizes: fc.Arbitrary<Sizes> = fc.record({
  s0: fc.integer(ranges.s0),
  s1: fc.integer(ranges.s1),
  s2: fc.integer(ranges.s2),
});

function declared(): Context {
  const context = newContext();
  for (const name of names) context.dims.symbol(name, ranges[name]);
  return context;
}

const manifestValue = (expression: string, by: Sizes): number =>
  evaluateExpression(parseExpression(expression), new Map(Object.entries(by)));

/** A function of the three sizes that gives `d`, as operations on indices. */
function indexFunction(d: Dim, context: Context): { readonly module: Operation; readonly result: Value } {
  const module = parseModule(
    "func.func @main(%a: index, %b: index, %c: index) -> index { func.return %a : index }",
    "sizes.mlir",
    context,
  );
  const body = functionBody([...functionsOf(module)][0]!);
  const builder = Builder.before(context, body.terminator);
  const result = dimValue(builder, d, { sizeOf: (name) => body.args[names.indexOf(name as (typeof names)[number])] });
  body.terminator.setOperands([result]);
  return { module, result };
}

/** What the schedule writes for the operations of `indexFunction`. */
function scheduled(result: Value): Bounded {
  const op = result.definingOp;
  if (op === undefined) {
    const name = names[result.index]!;
    return { text: name, range: ranges[name] };
  }
  if (op.name === "arith.constant") {
    const { value } = op.attrs["value"] as { readonly value: bigint };
    return { text: String(value), range: { min: Number(value), max: Number(value) } };
  }
  return computed(op, op.operands.map(scheduled))!;
}

/** The same as emitted code. */
function codeFor(d: Dim, context: Context): Operation {
  const module = parseModule("module {}", "code.mlir", context);
  const block = new Block();
  const region = newRegion(block);
  const to = new FunctionLowering(context, region, block, new Map());
  for (const name of names) to.setSymbol(name, block.addArg(to.i64));
  to.builder.op(control.returnOp, { arg: [to.dim(d)] }, {});
  addFunction(context, module, { name: "main", result: to.i64, args: block.args.map((x) => x.type), region });
  return module;
}

it("a size has one value, however it is computed", () => {
  fc.assert(
    fc.property(text, fc.array(sizes, { minLength: 3, maxLength: 6 }), (written, environments) => {
      const context = declared();
      const d = context.dims.parse(written)!;
      const { module, result } = indexFunction(d, context);
      const schedule = scheduled(result);
      const code = codeFor(d, context);
      for (const by of environments) {
        const want = context.dims.evaluate(d, new Map(Object.entries(by)));
        const args = names.map((name) => by[name]);
        expect(manifestValue(sizeExpression(d), by)).toBe(want);
        expect(Number(interpret(module, "main", args, context)[0])).toBe(want);
        expect(manifestValue(schedule.text, by)).toBe(want);
        expect(want >= schedule.range.min && want <= schedule.range.max).toBe(true);
        expect(Number(interpret(code, "main", args.map(BigInt), context)[0])).toBe(want);
      }
    }),
    { numRuns: 150 },
  );
});

it("no correction is emitted where nothing is negative", () => {
  const context = declared();
  const [plain, corrected] = ["floordiv(s0 + 3, s2) + mod(s0, 4)", "floordiv(s0 - 3, s2) + mod(s1, 4)"].map((written) =>
    [...codeFor(context.dims.parse(written)!, context).walk()].filter((op) => op.name.endsWith("rem")),
  );
  expect(plain).toHaveLength(1);
  expect(corrected).toHaveLength(4);
});

it.each([
  ["arith.divsi", -7, 2, -3],
  ["arith.divsi", 7, 2, 3],
  ["arith.remsi", -7, 2, -1],
  ["arith.floordivsi", -7, 2, -4],
  ["arith.ceildivsi", -7, 2, -3],
])("%s of %i by %i is %i in a schedule too", (name, a, b, want) => {
  const context = newContext();
  const module = parseModule(
    `func.func @main(%a: index, %b: index) -> index { %0 = ${name} %a, %b : index func.return %0 : index }`,
    "division.mlir",
    context,
  );
  const op = [...module.walk()].find((x) => x.name === name)!;
  const unknown = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
  const { text: expression } = computed(op, [
    { text: "a", range: unknown },
    { text: "b", range: unknown },
  ])!;
  const value = evaluateExpression(parseExpression(expression), new Map(Object.entries({ a, b })));
  expect(value).toBe(want);
  expect(interpret(module, "main", [a, b], context)[0]).toBe(want);
});
