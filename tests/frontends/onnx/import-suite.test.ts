/** @file A sample of ONNX's backend suite, imported and interpreted, gives the outputs that the suite expects. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { pythonWith } from "../../support/python.js";
import { readSuite, runCase } from "./cases.js";

const python = pythonWith("onnx", "ml_dtypes");
const SAMPLE = 150;

describe.skipIf(python === undefined)(`${SAMPLE} cases of ONNX's backend suite (needs Python with onnx)`, () => {
  test("give no other output where they are imported, and most are", () => {
    const folder = mkdtempSync(join(tmpdir(), "psm-onnx-cases-"));
    const script = fileURLToPath(new URL("./dump_cases.py", import.meta.url));
    execFileSync(python!, [script, folder, "--sample", String(SAMPLE), "--seed", "7"], {
      stdio: ["ignore", "inherit", "pipe"],
    });
    const suite = readSuite(folder);
    rmSync(folder, { recursive: true });
    const outcomes = suite.cases.map((c) => ({ name: c.name, ...runCase(suite, c) }));
    expect(outcomes.filter((o) => o.verdict === "wrong").map((o) => `${o.name}: ${o.detail}`)).toEqual([]);
    expect(outcomes.filter((o) => o.verdict === "pass").length).toBeGreaterThan(0.7 * SAMPLE);
  }, 120_000);
});
