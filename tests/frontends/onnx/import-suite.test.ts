/** @file Models of ONNX's backend suite, imported and interpreted, give the outputs that the suite expects. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWith } from "../../support/python.js";
import { type BackendCase, type Outcome, readIndex, runCase, subjectOf } from "./cases.js";

const python = pythonWith("onnx", "ml_dtypes");
const sample = process.env["PERSIMMONS_TESTS"] === "quick" ? 300 : undefined;

/** What passes at least, of all cases; raised as operators are added. */
const PASSING = 1414;

describe.skipIf(python === undefined)("ONNX's backend suite (needs Python with onnx)", () => {
  let folder = "";
  let cases: readonly BackendCase[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "psm-onnx-cases-"));
    const script = fileURLToPath(new URL("./dump_cases.py", import.meta.url));
    const choice = sample === undefined ? [] : ["--sample", String(sample), "--seed", "7"];
    execFileSync(python!, [script, folder, ...choice], { stdio: ["ignore", "inherit", "pipe"] });
    cases = readIndex(folder);
  }, 120_000);

  afterAll(() => {
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  test("no case that is imported gives another output", () => {
    const outcomes = cases.map((c, i) => ({ test: c, ...runCase(folder, i, c) }));
    report(outcomes);
    expect(outcomes.filter((o) => o.verdict === "wrong").map((o) => `${o.test.name}: ${o.detail}`)).toEqual([]);
    if (sample === undefined) {
      expect(cases.length).toBeGreaterThanOrEqual(2024);
      expect(outcomes.filter((o) => o.verdict === "pass").length).toBeGreaterThanOrEqual(PASSING);
    }
  }, 600_000);
});

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
