/**
 * @file Layers of neural networks in forms that ONNX's backend suite does not have compute what ONNX Runtime computes, over
 * numbers and over symbols.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { pythonWith } from "../../support/python.js";
import { readSuite, runCase } from "./cases.js";

const python = pythonWith("onnx", "onnxruntime", "ml_dtypes");

function outcomes(...options: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "psm-onnx-peer-"));
  const script = fileURLToPath(new URL("./dump_peer_cases.py", import.meta.url));
  execFileSync(python!, [script, folder, ...options], { stdio: ["ignore", "inherit", "pipe"] });
  const suite = readSuite(folder);
  rmSync(folder, { recursive: true });
  return suite.cases.map((c) => ({ name: c.name, ...runCase(suite, c) }));
}

describe.skipIf(python === undefined)("ONNX layers beside ONNX Runtime (needs Python with onnxruntime)", () => {
  test("all give the same where sizes are numbers", () => {
    const all = outcomes();
    expect(all.length).toBeGreaterThanOrEqual(370);
    expect(all.filter((o) => o.verdict !== "pass").map((o) => `${o.name}: ${o.detail}`)).toEqual([]);
  }, 300_000);

  test("none gives another output where sizes are symbols, and few are refused", () => {
    const all = outcomes("--symbolic");
    expect(all.filter((o) => o.verdict === "wrong").map((o) => `${o.name}: ${o.detail}`)).toEqual([]);
    expect(all.filter((o) => o.verdict === "refused").length).toBeLessThan(0.03 * all.length);
  }, 300_000);
});
