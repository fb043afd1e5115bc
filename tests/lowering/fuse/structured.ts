/**
 * @file The referee of `stablehlo-to-linalg`: a program is interpreted as StableHLO and again in its structured form,
 * on the same inputs. The structured form must also verify, hold nothing of StableHLO, and be text that mlir-opt takes.
 */

import { afterAll, expect } from "vitest";
import { Context } from "../../../ir/context.js";
import type { Datum } from "../../../ir/define.js";
import { arith } from "../../../ir/dialects/arith/dialect.js";
import { builtin } from "../../../ir/dialects/builtin.js";
import { cf } from "../../../ir/dialects/cf/dialect.js";
import { chlo } from "../../../ir/dialects/chlo/dialect.js";
import { complex } from "../../../ir/dialects/complex/dialect.js";
import { func, functionBody, lookupFunction } from "../../../ir/dialects/func.js";
import { linalg } from "../../../ir/dialects/linalg/dialect.js";
import { math } from "../../../ir/dialects/math/dialect.js";
import { scf } from "../../../ir/dialects/scf/dialect.js";
import { stablehlo } from "../../../ir/dialects/stablehlo/dialect.js";
import { tensor } from "../../../ir/dialects/tensor/dialect.js";
import type { Operation } from "../../../ir/graph.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { maxRelativeError, sameBits } from "../../../ir/ndarray-compare.js";
import type { Pass } from "../../../ir/pass.js";
import { numericsOf, type Scalar } from "../../../ir/scalar.js";
import { parseModule, printModule } from "../../../ir/text/module.js";
import { printType, type TensorType } from "../../../ir/types.js";
import { verify } from "../../../ir/verify.js";
import { inlineComposites } from "../../../lowering/fuse/inline-composites.js";
import { stablehloToLinalg } from "../../../lowering/fuse/stablehlo-to-linalg.js";
import { signless } from "../../../lowering/signless.js";
import { expandBatchNorm } from "../../../lowering/simplify/expand-batch-norm.js";
import { expandCallTargets } from "../../../lowering/simplify/expand-call-targets.js";
import { expandChlo } from "../../../lowering/simplify/expand-chlo.js";
import { expandEinsum } from "../../../lowering/simplify/expand-einsum.js";
import { expandFft } from "../../../lowering/simplify/expand-fft.js";
import { expandRandom } from "../../../lowering/simplify/expand-random.js";
import { expandTuples } from "../../../lowering/simplify/expand-tuples.js";
import { mlirOpt, runTool } from "../../ir/upstream/referee.js";
import { type EntryOptions, Random } from "../../support/random.js";

export function loweringContext(): Context {
  return new Context([builtin, func, stablehlo, arith, math, complex, tensor, linalg, scf, cf, chlo]);
}

/** Passes that leave nothing but what has a structured form, in order. */
export const expansions: readonly Pass[] = [
  inlineComposites,
  expandTuples,
  expandChlo,
  expandCallTargets,
  expandBatchNorm,
  expandEinsum,
  expandFft,
  expandRandom,
];

export function parseText(text: string, context: Context): Operation {
  const module = parseModule(text, "test.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return module;
}

export interface Comparison {
  /** max |a - b| / max |b| per result; 0, the default, asks for the same bits. */
  readonly tolerance?: number;
  readonly inputs?: readonly NdArray[];
  /** Of random inputs, where none are given. */
  readonly entries?: EntryOptions;
  readonly seed?: number;
  /** Sizes of symbolic axes, in the order in which arguments have them. */
  readonly sizes?: readonly number[];
  /** Passes before the structured form, each judged by itself. */
  readonly before?: readonly Pass[];
}

/** Random values for the arguments of `@main`. */
export function randomInputs(module: Operation, { seed = 1, entries = {}, sizes = [] }: Comparison): NdArray[] {
  const random = new Random(seed);
  const left = [...sizes];
  return functionBody(lookupFunction(module, "main")!).args.map(({ type }) => {
    if (type.kind !== "tensor") throw new Error(`${printType(type)} has no random value`);
    const shape = type.shape.map((d) => (typeof d === "number" ? d : left.shift()!));
    return random.array(type.element, shape, entries);
  });
}

/** The same bits over a signless element. */
export function withoutSign(x: NdArray): NdArray {
  const element = signless(x.element);
  if (element === x.element) return x;
  const [from, to] = [numericsOf(x.element), numericsOf(element)];
  const entries = Array.from(x.data as ArrayLike<number | bigint>, (e: Scalar) => to.fromBits(from.toBits(e)));
  return fromScalars(element, x.shape, entries);
}

export function expectClose(actual: NdArray, wanted: NdArray, tolerance: number, what: string): void {
  const report = `${what}\nwanted ${wanted.data.slice(0, 40).join(" ")}\nactual ${actual.data.slice(0, 40).join(" ")}`;
  expect(actual.shape, report).toEqual(wanted.shape);
  expect(actual.element, report).toBe(wanted.element);
  if (tolerance === 0) expect(sameBits(actual, wanted), report).toBe(true);
  else expect(maxRelativeError(actual, wanted), report).toBeLessThanOrEqual(tolerance);
}

/** Interprets the program before and after; gives the structured text. */
export function expectSame(text: string, comparison: Comparison = {}): string {
  const context = loweringContext();
  const module = parseText(text, context);
  const inputs = comparison.inputs ?? randomInputs(module, comparison);
  const wanted = interpret(module, "main", inputs as Datum[], context) as NdArray[];
  const { tolerance = 0, before = [] } = comparison;
  for (const pass of before) {
    pass.run(module, context);
    expectValid(module, context);
    compare(interpret(module, "main", inputs as Datum[], context) as NdArray[], wanted, tolerance, pass.name);
  }
  stablehloToLinalg.run(module, context);
  const structured = expectValid(module, context);
  expect(structured).not.toMatch(/stablehlo\./);
  const actual = interpret(module, "main", inputs.map(withoutSign) as Datum[], context) as NdArray[];
  compare(actual, wanted.map(withoutSign), tolerance, structured);
  expectReadable(structured);
  return structured;
}

function compare(actual: readonly NdArray[], wanted: readonly NdArray[], tolerance: number, what: string): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((w, i) => expectClose(actual[i]!, w, tolerance, `result ${i} of\n${what}`));
}

function expectValid(module: Operation, context: Context): string {
  const text = printModule(module, context);
  expect(
    verify(module, context).map((d) => d.message),
    text,
  ).toEqual([]);
  return text;
}

const texts: string[] = [];

/** Keeps a text for mlir-opt, which reads and verifies those of a whole test file at its end, where it is installed. */
export function expectReadable(text: string): void {
  texts.push(text);
}

afterAll(() => {
  const split = ["--allow-unregistered-dialect", "--verify-each", "--split-input-file", "-o", "/dev/null", "-"];
  if (mlirOpt !== undefined) runTool(mlirOpt, split, texts.splice(0).join("\n// -----\n"));
});

/** A function `@main` of these arguments; `%arg0`, … name them. */
export function main(args: readonly string[], results: readonly string[], body: string): string {
  const list = args.map((t, i) => `%arg${i}: ${t}`).join(", ");
  const returned = results.map((_, i) => `%r${i}`).join(", ");
  return `func.func @main(${list}) -> (${results.join(", ")}) {\n${body}\nreturn ${returned} : ${results.join(", ")}\n}`;
}

/** A tensor type of the interpreter's arrays, for texts. */
export function typeText(x: Pick<NdArray, "element" | "shape">): string {
  return printType({ kind: "tensor", element: x.element, shape: x.shape } as TensorType);
}
