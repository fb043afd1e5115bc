/**
 * @file All models of ONNX's backend suite, over numbers and over symbols, and operators in their older forms: imported,
 * accepted by XLA's own verifier, and interpreted, they give the outputs that the suite or ONNX Runtime expects.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith, runPython } from "../../support/python.js";
import { type BackendCase, type Outcome, readSuite, runCase, subjectOf } from "./cases.js";

const python = pythonWith("onnx", "ml_dtypes");
const runtime = pythonWith("onnx", "onnxruntime", "ml_dtypes");
const jax = pythonWith("jax", "jaxlib");

/** What passes at least, of all cases; raised as operators are added. */
const PASSING = 1650;

/** What passes at least where every size is a symbol. */
const PASSING_SYMBOLIC = 1300;

/** Symbols that meet are taken to be equal; here one of them is 1, which the program refuses. */
const broadcastAtRun: ReadonlySet<string> = new Set(["node/test_linear_attention_gated_per_head_decay_expanded"]);

/** NumPy's numbers are drawn where sizes are known; others come from the program's own generator. */
const drawnAtRun: ReadonlySet<string> = new Set(
  ["", "_default", "_mask", "_default_mask"].map((form) => `node/test_training_dropout${form}`),
);

describe.skipIf(python === undefined)("ONNX's backend suite (needs Python with onnx)", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "psm-onnx-cases-"));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const dump = (name: string, ...options: readonly string[]): string => {
    const script = fileURLToPath(new URL("./dump_cases.py", import.meta.url));
    const out = join(folder, name);
    execFileSync(python!, [script, out, ...options], { stdio: ["ignore", "inherit", "pipe"] });
    return out;
  };

  const outcomesIn = (out: string) => {
    const suite = readSuite(out);
    return suite.cases.map((c) => ({ test: c, ...runCase(suite, c) }));
  };

  test("no case that is imported gives another output", () => {
    const outcomes = outcomesIn(dump("numbers"));
    report(outcomes);
    expect(refusedByXla(outcomes)).toEqual([]);
    expect(outcomes.filter((o) => o.verdict === "wrong").map((o) => `${o.test.name}: ${o.detail}`)).toEqual([]);
    expect(outcomes.length).toBeGreaterThanOrEqual(2024);
    expect(outcomes.filter((o) => o.verdict === "pass").length).toBeGreaterThanOrEqual(PASSING);
  }, 600_000);

  test("nor where every size is a symbol and no output has a declared shape", () => {
    const outcomes = outcomesIn(dump("symbols", "--symbolic", "--kinds", "node"));
    expect(refusedByXla(outcomes)).toEqual([]);
    const isExpected = (name: string): boolean => broadcastAtRun.has(name) || drawnAtRun.has(name);
    const wrong = outcomes.filter((o) => o.verdict === "wrong" && !isExpected(o.test.name));
    expect(wrong.map((o) => `${o.test.name}: ${o.detail}`)).toEqual([]);
    expect(outcomes.filter((o) => o.verdict === "pass").length).toBeGreaterThanOrEqual(PASSING_SYMBOLIC);
  }, 600_000);
});

describe.skipIf(runtime === undefined)("operators in their older forms (needs Python with onnxruntime)", () => {
  test("compute what ONNX Runtime computes", () => {
    const folder = mkdtempSync(join(tmpdir(), "psm-onnx-versions-"));
    const script = fileURLToPath(new URL("./dump_versions.py", import.meta.url));
    execFileSync(runtime!, [script, folder], { stdio: ["ignore", "inherit", "pipe"] });
    const suite = readSuite(folder);
    rmSync(folder, { recursive: true });
    const outcomes = suite.cases.map((c) => ({ name: c.name, ...runCase(suite, c) }));
    expect(outcomes.length).toBeGreaterThan(80);
    expect(outcomes.filter((o) => o.verdict !== "pass").map((o) => `${o.name}: ${o.detail}`)).toEqual([]);
  }, 120_000);
});

/** Programs that jaxlib's own parser and verifier refuse, where there is a jaxlib. */
function refusedByXla(outcomes: readonly (Outcome & { readonly test: BackendCase })[]): readonly string[] {
  if (jax === undefined) return [];
  const texts = outcomes.flatMap(({ test: subject, text }) => (text === undefined ? [] : [[subject.name, text]]));
  const script = `
import json, sys
from jax._src.interpreters import mlir
from jaxlib.mlir import ir
refused = []
with mlir.make_ir_context() as context, ir.Location.unknown(context):
    for name, text in json.load(sys.stdin):
        try:
            ir.Module.parse(text).operation.verify()
        except Exception as error:
            refused.append(f"{name}: {error}")
json.dump(refused, sys.stdout)
`;
  return JSON.parse(runPython(jax, script, JSON.stringify(texts)).toString()) as string[];
}

/** Passed, wrong and refused by operator, to the file that `PERSIMMONS_ONNX_SCORE` names. */
function report(outcomes: readonly (Outcome & { readonly test: BackendCase })[]): void {
  const file = process.env["PERSIMMONS_ONNX_SCORE"];
  if (file === undefined) return;
  const rows = new Map<string, Record<Outcome["verdict"], number>>();
  for (const { test: subject, verdict } of outcomes) {
    const key = subjectOf(subject);
    const row = rows.get(key) ?? { pass: 0, refused: 0, wrong: 0 };
    row[verdict]++;
    rows.set(key, row);
  }
  const lines = [...rows].sort().map(([op, r]) => `${op}\t${r.pass}\t${r.refused}\t${r.wrong}`);
  writeFileSync(file, `operator\tpass\trefused\twrong\n${lines.join("\n")}\n`);
}
