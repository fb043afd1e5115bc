/**
 * @file Every operation of StableHLO and CHLO, compiled natively: random programs over every element that the operation
 * takes give what the interpreter gives. PERSIMMONS_TESTS says how many; PERSIMMONS_SEED where they begin,
 * PERSIMMONS_OPS (a regular expression) which. The table of operations and elements is written to build/test/.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Datum } from "../../ir/define.js";
import { chlo } from "../../ir/dialects/chlo/dialect.js";
import { stablehlo } from "../../ir/dialects/stablehlo/dialect.js";
import { type ElementType, elementFacts, elementTypes } from "../../ir/element.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { maxRelativeError, sameBits } from "../../ir/ndarray-compare.js";
import { parseModule } from "../../ir/text/module.js";
import { verify } from "../../ir/verify.js";
import { newContext } from "../../lowering/dialects.js";
import { type NativeOutcome, runTogether } from "../support/native-programs.js";
import { Random } from "../support/random.js";
import { mainElement, retyped } from "../support/random-stablehlo/retype.js";
import { errorOf, type RandomProgram, randomOps, randomProgram } from "../support/random-stablehlo.js";

const size = process.env["PERSIMMONS_TESTS"] ?? "full";
const isNightly = size === "nightly";
/** Programs of each operation; nightly, of each element. */
const samples = { quick: 1, full: 2 }[size] ?? Number(process.env["PERSIMMONS_SEEDS"] ?? 3);
const firstSeed = Number(process.env["PERSIMMONS_SEED"] ?? 0);
const wantedOps = new RegExp(process.env["PERSIMMONS_OPS"] ?? ".");
/** Programs that are compiled together. */
const BATCH = 64;

interface Case {
  readonly program: RandomProgram;
  readonly element: ElementType;
  readonly wanted: readonly NdArray[];
}

type Verdict = "passed" | "refused" | "failed";

interface Entry {
  readonly op: string;
  readonly element: ElementType;
  readonly verdict: Verdict;
  readonly text: string;
  readonly report: string;
}

/** The program with what it computes; `undefined` where StableHLO does not allow the element. */
function judged(program: RandomProgram, element: ElementType): Case | undefined {
  try {
    const context = newContext();
    const module = parseModule(program.text, "random.mlir", context);
    if (verify(module, context).length > 0) return undefined;
    const wanted = interpret(module, "main", program.inputs as Datum[], context) as NdArray[];
    return { program, element, wanted };
  } catch {
    return undefined; // constants of another kind, or an element that the interpreter has no arithmetic for
  }
}

/** Cases of one operation: over its own elements and over others, all of them nightly. */
function casesOf(op: string): readonly Case[] {
  const random = new Random(firstSeed * 31 + op.length);
  const cases: Case[] = [];
  const others = elementTypes.filter((e) => e !== "index");
  const attempts = isNightly ? samples * others.length : 4 * samples;
  for (let k = 0; k < attempts && (isNightly || cases.length < samples); k++) {
    const program = randomProgram(op, firstSeed + (isNightly ? Math.floor(k / others.length) : k));
    const own = mainElement(program);
    const element = isNightly ? others[k % others.length]! : k % 2 === 0 ? own : random.pick(others);
    const found = judged(retyped(program, element), element);
    if (found) cases.push(found);
  }
  return cases;
}

function errorBetween(found: NdArray, wanted: NdArray, isSum: boolean): number {
  return isSum ? maxRelativeError(...withoutOverflow(found, wanted)) : maxRelativeError(found, wanted);
}

function difference({ program, wanted }: Case, results: readonly NdArray[]): string | undefined {
  for (const [k, w] of wanted.entries()) {
    const found = results[k];
    const tolerance = 2 * program.loose * errorOf(w.element);
    const agrees =
      found !== undefined &&
      found.element === w.element &&
      String(found.shape) === String(w.shape) &&
      (tolerance === 0 ? sameBits(found, w) : errorBetween(found, w, program.loose > 1) <= tolerance);
    if (!agrees) return `result ${k}: ${show(found)}, not ${show(w)}`;
  }
  return undefined;
}

/** Sums in formats that end soon overflow in one order and not in another: there neither number counts. */
function withoutOverflow(found: NdArray, wanted: NdArray): readonly [NdArray, NdArray] {
  if (elementFacts[wanted.element].bits > 8) return [found, wanted];
  const isOpen = Array.from(wanted.data as ArrayLike<number>, (w, i) => {
    return !Number.isFinite(w) || !Number.isFinite(Number(found.data[i]));
  });
  const closed = (x: NdArray): NdArray => ({
    ...x,
    data: Float64Array.from(x.data as ArrayLike<number>, (e, i) => (isOpen[i] ? 0 : e)),
  });
  return [closed(found), closed(wanted)];
}

const show = (x: NdArray | undefined): string =>
  x === undefined
    ? "nothing"
    : `[${x.shape.join(", ")}] ${Array.from(x.data.slice(0, 40) as ArrayLike<unknown>).join(" ")}`;

function entryOf(c: Case, outcome: NativeOutcome): Entry {
  const { op, text, inputs, seed } = c.program;
  const what = `${op}, seed ${seed}, ${c.element}`;
  const base = { op, text, element: c.element };
  if (outcome.kind === "refused") {
    const report = `${what}: ${outcome.error.diagnostics.map((d) => `${d.code} ${d.message}`).join("; ")}`;
    return { ...base, verdict: "refused", report };
  }
  const wrong = outcome.kind === "failed" ? String((outcome.error as Error).stack) : difference(c, outcome.results[0]!);
  if (wrong === undefined) return { ...base, verdict: "passed", report: "" };
  return { ...base, verdict: "failed", report: `${what}: ${wrong}\n${text}\non ${inputs.map(show).join("\n")}` };
}

const entries: Entry[] = [];
const isQuick = size === "quick";
/** Daily one operation in five. */
const ops = randomOps.filter((op, k) => wantedOps.test(op) && !(isQuick && k % 5 !== 0));

/** Operations of which no program runs here, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  "chlo.ragged_dot": "refused, by name",
  "stablehlo.custom_call": "a meaning for each target; JAX's are in jax-native.slow.test.ts",
  "stablehlo.infeed": "exchanges data with a host",
  "stablehlo.outfeed": "exchanges data with a host",
  "stablehlo.recv": "exchanges data with another process",
  "stablehlo.rng": "random numbers differ from run to run",
  "stablehlo.send": "exchanges data with another process",
  "stablehlo.uniform_dequantize": "quantized elements are refused",
  "stablehlo.uniform_quantize": "quantized elements are refused",
};

/** What no recipe makes. */
const handMade: readonly string[] = [
  `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.create_token : !stablehlo.token
    %1 = stablehlo.after_all %0, %0 : !stablehlo.token
    return %x : tensor<4xf32>
  }`,
  `func.func @main(%x: tensor<4x3xf32>, %n: tensor<i32>) -> tensor<?x3xf32> {
    %0 = "stablehlo.set_dimension_size"(%x, %n) <{dimension = 0 : i64}> : (tensor<4x3xf32>, tensor<i32>) -> tensor<?x3xf32>
    return %0 : tensor<?x3xf32>
  }`,
];

function handMadeCase(text: string, k: number): Case {
  const random = new Random(firstSeed + k);
  const inputs = [random.array("f32", k === 0 ? [4] : [4, 3]), random.array("i32", [], { low: 0, high: 4 })];
  const program: RandomProgram = {
    op: "hand-made",
    seed: k,
    text,
    inputs: inputs.slice(0, k + 1),
    loose: 0,
    referee: "interpreter",
  };
  return judged(program, "f32")!;
}

describe("StableHLO as native code", () => {
  const cases = [...ops.flatMap(casesOf), ...handMade.map(handMadeCase)];
  const batches = Array.from({ length: Math.ceil(cases.length / BATCH) }, (_, k) =>
    cases.slice(k * BATCH, (k + 1) * BATCH),
  );

  it.each(batches.map((batch, k) => [k, batch] as const))(
    "batch %i gives what the interpreter gives",
    async (_, batch) => {
      const outcomes = await runTogether(batch.map(({ program }) => ({ text: program.text, runs: [program.inputs] })));
      const found = batch.map((c, k) => entryOf(c, outcomes[k]!));
      entries.push(...found);
      expect(found.filter((e) => e.verdict === "failed").map((e) => e.report)).toEqual([]);
    },
    600_000,
  );

  it(isQuick ? "covers what it takes a sample of" : "covers every operation", () => {
    const known = [...stablehlo.ops, ...chlo.ops].map((def) => def.name).filter((name) => wantedOps.test(name));
    const all = isQuick ? ops : known;
    const ran = entries.filter((e) => e.verdict === "passed");
    const passed = new Set(ran.flatMap((e) => e.text.match(/\b(?:stablehlo|chlo)\.[\w-]+/g) ?? []));
    expect(all.filter((name) => !passed.has(name) && !(name in elsewhere))).toEqual([]);
  });

  it("refuses quantized elements by name", () => {
    const type = "tensor<4x!quant.uniform<i8:f32, 0.5:1>>";
    const text = `func.func @main(%x: ${type}) -> ${type} { return %x : ${type} }`;
    expect(() => parseModule(text, "quantized.mlir", newContext())).toThrow("quantized element types are not modelled");
  });

  afterAll(() => {
    const folder = fileURLToPath(new URL("../../build/test/", import.meta.url));
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}stablehlo-native.txt`, table(entries));
  });
});

/** One line for each operation: what passed, what was refused, by element. */
function table(all: readonly Entry[]): string {
  const lines = [...new Set(all.map((e) => e.op))].sort().map((op) => {
    const mine = all.filter((e) => e.op === op);
    const parts = (["passed", "refused", "failed"] as const).flatMap((verdict) => {
      const counts = new Map<string, number>();
      for (const e of mine) if (e.verdict === verdict) counts.set(e.element, (counts.get(e.element) ?? 0) + 1);
      const list = [...counts].map(([element, n]) => (n === 1 ? element : `${element} ${n}`));
      return list.length === 0 ? [] : [`${verdict}: ${list.join(", ")}`];
    });
    return `${op.padEnd(42)} ${parts.join("; ")}`;
  });
  const reports = all.filter((e) => e.verdict === "refused").map((e) => e.report);
  return `${[...lines, "", ...reports].join("\n")}\n`;
}
