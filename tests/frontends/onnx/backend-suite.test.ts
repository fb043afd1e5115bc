/** @file The records of ONNX's own test models are what the onnx package reads in the same files. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOnnx } from "../../../frontends/onnx/read.js";
import { DiagnosticSink } from "../../../ir/diagnostic.js";
import { pythonWith } from "../../support/python.js";
import { summarize } from "./summary.js";

const python = pythonWith("onnx", "ml_dtypes");
const whole = process.env["PERSIMMONS_TESTS"] === "nightly";
const SAMPLE = 150;

describe.skipIf(python === undefined)("models of ONNX's backend suite (needs Python with onnx)", () => {
  let folder = "";
  let names: readonly string[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "psm-onnx-"));
    const script = fileURLToPath(new URL("./dump_models.py", import.meta.url));
    const sample = whole ? [] : ["--sample", String(SAMPLE), "--seed", "17"];
    execFileSync(python!, [script, folder, ...sample], { stdio: ["ignore", "inherit", "pipe"] });
    names = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as string[];
  }, 120_000);

  afterAll(() => {
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  test(`${whole ? "all models" : `a sample of ${SAMPLE} (PERSIMMONS_TESTS=nightly for all)`} read as the onnx package reads them`, () => {
    expect(names.length).toBeGreaterThanOrEqual(whole ? 2033 : SAMPLE);
    for (const [i, name] of names.entries()) {
      const file = join(folder, String(i).padStart(4, "0"));
      const sink = new DiagnosticSink();
      const ours = summarize(readOnnx(`${file}.onnx`, sink));
      expect(ours, name).toEqual(JSON.parse(readFileSync(`${file}.json`, "utf8")));
      expect(sink.all, name).toEqual([]);
    }
  }, 120_000);
});
