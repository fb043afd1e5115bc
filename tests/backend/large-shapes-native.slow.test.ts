/**
 * @file Shapes that are long enough for vectors, register blocks and chunks, with tails in every one of them, over every
 * element: native code gives what the interpreter gives.
 */

import { describe, expect, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { functionBody, lookupFunction } from "../../ir/dialects/func.js";
import { type ElementType, elementFacts, elementTypes, isFloat, isInteger } from "../../ir/element.js";
import { floatFormats } from "../../ir/float-format.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { maxRelativeError, sameBits } from "../../ir/ndarray-compare.js";
import { parseModule } from "../../ir/text/module.js";
import type { TensorType } from "../../ir/types.js";
import { verify } from "../../ir/verify.js";
import { newContext } from "../../lowering/dialects.js";
import { runTogether } from "../support/native-programs.js";
import { Random } from "../support/random.js";
import { errorOf } from "../support/random-stablehlo.js";

const wanted = new RegExp(process.env["PERSIMMONS_OPS"] ?? ".");
const [M, N] = [131, 127];

/** A function over tensors of the element `e`; `undefined` where StableHLO has no such operation for it. */
type Text = (e: ElementType) => string | undefined;

const func = (args: readonly string[], results: readonly string[], body: string): string =>
  `func.func @main(${args.map((t, k) => `%x${k}: ${t}`).join(", ")}) -> (${results.join(", ")}) {
  ${body}
  return ${results.map((_, k) => `%r${k}`).join(", ")} : ${results.join(", ")}
}`;

const t = (e: ElementType, ...shape: readonly number[]): string => `tensor<${[...shape, e].join("x")}>`;
const isComplex = (e: ElementType): boolean => elementFacts[e].kind === "complex";
const hasZero = (e: ElementType): boolean => e !== "f8E8M0FNU";

/** A reduction by `op` that begins with an argument. */
function reduction(op: string, axes: readonly number[]): Text {
  const shape = [M, N].filter((_, axis) => !axes.includes(axis));
  return (e) =>
    func(
      [t(e, M, N), t(e)],
      [t(e, ...shape)],
      `%r0 = stablehlo.reduce(%x0 init: %x1) applies stablehlo.${op} across dimensions = [${axes}] : (${t(e, M, N)}, ${t(e)}) -> ${t(e, ...shape)}`,
    );
}

const texts: Readonly<Record<string, Text>> = {
  "sums and products": (e) =>
    func(
      [t(e, M, N), t(e, M, N)],
      [t(e, M, N)],
      `%0 = stablehlo.add %x0, %x1 : ${t(e, M, N)}
  %r0 = stablehlo.multiply %0, %x1 : ${t(e, M, N)}`,
    ),
  "choices and comparisons": (e) =>
    isComplex(e)
      ? undefined
      : func(
          [t(e, M, N), t(e, M, N)],
          [t("i1", M, N), t(e, M, N)],
          `%r0 = stablehlo.compare LT, %x0, %x1 : (${t(e, M, N)}, ${t(e, M, N)}) -> ${t("i1", M, N)}
  %0 = stablehlo.select %r0, %x0, %x1 : ${t("i1", M, N)}, ${t(e, M, N)}
  %r1 = stablehlo.maximum %0, %x0 : ${t(e, M, N)}`,
        ),
  functions: (e) =>
    !isFloat(e) && !isComplex(e)
      ? undefined
      : func(
          [t(e, M, N)],
          [t(e, M, N), t(e, M, N), t(e, M, N)],
          `%r0 = stablehlo.exponential %x0 : ${t(e, M, N)}
  %r1 = stablehlo.tanh %x0 : ${t(e, M, N)}
  %r2 = stablehlo.rsqrt %x0 : ${t(e, M, N)}`,
        ),
  division: (e) =>
    e === "i1"
      ? undefined
      : func([t(e, M, N), t(e, M, N)], [t(e, M, N)], `%r0 = stablehlo.divide %x0, %x1 : ${t(e, M, N)}`),
  shifts: (e) =>
    isInteger(e)
      ? func(
          [t(e, M, N), t(e, M, N)],
          [t(e, M, N), t(e, M, N), t(e, M, N)],
          `%r0 = stablehlo.shift_left %x0, %x1 : ${t(e, M, N)}
  %r1 = stablehlo.shift_right_arithmetic %x0, %x1 : ${t(e, M, N)}
  %r2 = stablehlo.xor %x0, %x1 : ${t(e, M, N)}`,
        )
      : undefined,
  "conversions to f32 and back": (e) =>
    func(
      [t(e, M, N)],
      [t("f32", M, N), t(e, M, N), t("i32", M, N)],
      `%r0 = stablehlo.convert %x0 : (${t(e, M, N)}) -> ${t("f32", M, N)}
  %r1 = stablehlo.convert %r0 : (${t("f32", M, N)}) -> ${t(e, M, N)}
  %r2 = stablehlo.convert %x0 : (${t(e, M, N)}) -> ${t("i32", M, N)}`,
    ),
  "sums along rows": reduction("add", [1]),
  "sums along columns": reduction("add", [0]),
  "sums of everything": reduction("add", [0, 1]),
  "largest of rows": (e) => (isComplex(e) ? undefined : reduction("maximum", [1])(e)),
  "smallest of columns": (e) => (isComplex(e) ? undefined : reduction("minimum", [0])(e)),
  "matrix products": (e) =>
    func(
      [t(e, 33, 47), t(e, 47, 65)],
      [t(e, 33, 65)],
      `%r0 = stablehlo.dot_general %x0, %x1, contracting_dims = [1] x [0] : (${t(e, 33, 47)}, ${t(e, 47, 65)}) -> ${t(e, 33, 65)}`,
    ),
  "batches of transposed products": (e) =>
    func(
      [t(e, 3, 17, 29), t(e, 3, 35, 29)],
      [t(e, 3, 17, 35)],
      `%r0 = stablehlo.dot_general %x0, %x1, batching_dims = [0] x [0], contracting_dims = [2] x [2] : (${t(e, 3, 17, 29)}, ${t(e, 3, 35, 29)}) -> ${t(e, 3, 17, 35)}`,
    ),
  convolution: (e) =>
    func(
      [t(e, 1, 3, 12, 13), t(e, 9, 3, 3, 3)],
      [t(e, 1, 9, 12, 13)],
      `%r0 = stablehlo.convolution(%x0, %x1) dim_numbers = [b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1], window = {pad = [[1, 1], [1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (${t(e, 1, 3, 12, 13)}, ${t(e, 9, 3, 3, 3)}) -> ${t(e, 1, 9, 12, 13)}`,
    ),
  movement: (e) =>
    func(
      [t(e, M, N), t(e)],
      [t(e, N, M), t(e, M + 3, N + 2), t(e, 60, 40), t(e, M, 2 * N), t(e, M, N), t(e, 5, N)],
      `%r0 = stablehlo.transpose %x0, dims = [1, 0] : (${t(e, M, N)}) -> ${t(e, N, M)}
  %r1 = stablehlo.pad %x0, %x1, low = [1, 2], high = [2, 0], interior = [0, 0] : (${t(e, M, N)}, ${t(e)}) -> ${t(e, M + 3, N + 2)}
  %r2 = stablehlo.slice %x0 [5:125:2, 1:121:3] : (${t(e, M, N)}) -> ${t(e, 60, 40)}
  %r3 = stablehlo.concatenate %x0, %x0, dim = 1 : (${t(e, M, N)}, ${t(e, M, N)}) -> ${t(e, M, 2 * N)}
  %r4 = stablehlo.reverse %x0, dims = [1] : ${t(e, M, N)}
  %row = stablehlo.slice %x0 [3:4, 0:${N}] : (${t(e, M, N)}) -> ${t(e, 1, N)}
  %r5 = stablehlo.broadcast_in_dim %row, dims = [0, 1] : (${t(e, 1, N)}) -> ${t(e, 5, N)}`,
    ),
  rows: (e) =>
    func(
      [t(e, M, N), t("i32", 40)],
      [t(e, 40, N)],
      `%r0 = "stablehlo.gather"(%x0, %x1) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, slice_sizes = array<i64: 1, ${N}>, indices_are_sorted = false}> : (${t(e, M, N)}, ${t("i32", 40)}) -> ${t(e, 40, N)}`,
    ),
};

interface Case {
  readonly name: string;
  readonly text: string;
  readonly inputs: readonly NdArray[];
  readonly wanted: readonly NdArray[];
}

/** What the interpreter gives; `undefined` where StableHLO does not allow the element. */
function caseOf(name: string, text: string): Case | undefined {
  const context = newContext();
  const module = parseModule(text, "large.mlir", context);
  if (verify(module, context).length > 0) return undefined;
  const random = new Random(name.length);
  const inputs = functionBody(lookupFunction(module, "main")!).args.map(({ type }) => {
    const { element, shape } = type as TensorType;
    const most = isFloat(element) && floatFormats[element].bits <= 8 ? 0.5 : 100;
    const low = isFloat(element) || isComplex(element) ? 0.05 : -most;
    return random.array(element, shape as readonly number[], {
      low,
      high: isFloat(element) ? Math.min(most, 2) : most,
    });
  });
  return { name, text, inputs, wanted: interpret(module, "main", inputs as Datum[], context) as readonly NdArray[] };
}

/** Long sums in narrow formats depend on how wide the accumulator is, so those of 8 bits are not compared. */
function agrees(found: NdArray | undefined, w: NdArray, family: string): boolean {
  if (found === undefined || found.element !== w.element || String(found.shape) !== String(w.shape)) return false;
  if (errorOf(w.element) === 0 || exact.has(family)) return sameBits(found, w);
  if (!sums.test(family)) return maxRelativeError(found, w) <= Math.min(4 * errorOf(w.element), 0.3);
  return elementFacts[w.element].bits <= 8 || maxRelativeError(found, w) <= 40 * errorOf(w.element);
}

const exact = new Set(["movement", "rows", "choices and comparisons", "largest of rows", "smallest of columns"]);
const sums = /^sums (along|of)|matrix|batches|convolution/;

describe.each(Object.keys(texts).filter((name) => wanted.test(name)))("%s", (family) => {
  it("of every element", async () => {
    const elements = elementTypes.filter((e) => e !== "index" && hasZero(e));
    const cases = elements.flatMap((e) => {
      const text = texts[family]!(e);
      return text === undefined ? [] : (caseOf(`${family} of ${e}`, text) ?? []);
    });
    expect(cases.length).toBeGreaterThan(3);
    const outcomes = await runTogether(cases.map(({ text, inputs }) => ({ text, runs: [inputs] })));
    const problems = cases.flatMap(({ name, wanted: all }, k) => {
      const outcome = outcomes[k]!;
      if (outcome.kind !== "ran") return [`${name} is ${outcome.kind}: ${String((outcome.error as Error).stack)}`];
      return all.flatMap((w, i) => {
        const found = outcome.results[0]![i];
        if (agrees(found, w, family)) return [];
        const at = Array.from(w.data as ArrayLike<unknown>).findIndex((x, n) => !Object.is(x, found?.data[n]));
        return [`${name}: result ${i} at ${at} is ${String(found?.data[at])}, not ${String(w.data[at])}`];
      });
    });
    expect(problems).toEqual([]);
  }, 600_000);
});
