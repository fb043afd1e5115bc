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
import { type ElementType, elementTypes } from "../../ir/element.js";
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
const samples = { quick: 1, full: 4 }[size] ?? Number(process.env["PERSIMMONS_SEEDS"] ?? 3);
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

function difference({ program, wanted }: Case, results: readonly NdArray[]): string | undefined {
  for (const [k, w] of wanted.entries()) {
    const found = results[k];
    const tolerance = 2 * program.loose * errorOf(w.element);
    const agrees =
      found !== undefined &&
      found.element === w.element &&
      String(found.shape) === String(w.shape) &&
      (tolerance === 0 ? sameBits(found, w) : maxRelativeError(found, w) <= tolerance);
    if (!agrees) return `result ${k}: ${show(found)}, not ${show(w)}`;
  }
  return undefined;
}

const show = (x: NdArray | undefined): string =>
  x === undefined
    ? "nothing"
    : `[${x.shape.join(", ")}] ${Array.from(x.data.slice(0, 40) as ArrayLike<unknown>).join(" ")}`;

function entryOf(c: Case, outcome: NativeOutcome): Entry {
  const { op, text, inputs, seed } = c.program;
  const what = `${op}, seed ${seed}, ${c.element}`;
  const base = { op, element: c.element };
  if (outcome.kind === "refused") {
    const report = `${what}: ${outcome.error.diagnostics.map((d) => `${d.code} ${d.message}`).join("; ")}`;
    return { ...base, verdict: "refused", report };
  }
  const wrong = outcome.kind === "failed" ? String((outcome.error as Error).stack) : difference(c, outcome.results[0]!);
  if (wrong === undefined) return { ...base, verdict: "passed", report: "" };
  return { ...base, verdict: "failed", report: `${what}: ${wrong}\n${text}\non ${inputs.map(show).join("\n")}` };
}

const entries: Entry[] = [];
const ops = randomOps.filter((op) => wantedOps.test(op));

/** Operations without a program, and why. */
const elsewhere: Readonly<Record<string, string>> = {};

describe("StableHLO as native code", () => {
  const cases = ops.flatMap(casesOf);
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

  it("covers every operation", () => {
    const all = [...stablehlo.ops, ...chlo.ops].map((def) => def.name).filter((name) => wantedOps.test(name));
    const passed = new Set(entries.filter((e) => e.verdict === "passed").map((e) => e.op));
    expect(all.filter((name) => !passed.has(name) && !(name in elsewhere))).toEqual([]);
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
  return `${lines.join("\n")}\n`;
}
