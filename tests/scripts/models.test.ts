/**
 * @file The models that ship or are generated are what their scripts say: ONNX Runtime gives the labels of the held-out
 * digits, and the expected output written beside a model with external data.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { pythonWith, runPython } from "../support/python.js";

const models = fileURLToPath(new URL("../../models", import.meta.url));
const python = pythonWith("numpy", "onnx", "onnxruntime");

describe.skipIf(python === undefined)("with ONNX Runtime", () => {
  it("digits.onnx reads the twenty held-out images, in batches of any size", () => {
    const script = `
import json, numpy, onnxruntime
session = onnxruntime.InferenceSession(${JSON.stringify(path.join(models, "digits.onnx"))})
images = numpy.load(${JSON.stringify(path.join(models, "digits-samples.npy"))})
labels = json.load(open(${JSON.stringify(path.join(models, "digits-samples.json"))}))["labels"]
run = lambda x: session.run(None, {"image": x})[0].argmax(1).tolist()
print(json.dumps([run(images), sum((run(images[i:i + 1]) for i in range(20)), []), labels]))`;
    const [together, apart, labels] = JSON.parse(runPython(python!, script).toString()) as number[][];
    expect(labels).toHaveLength(20);
    expect(together).toEqual(labels);
    expect(apart).toEqual(labels);
    expect(statSync(path.join(models, "digits.onnx")).size).toBeLessThan(200_000);
  });

  it("large_external.py writes the output its weights give, and a file of the size asked for", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "persimmons-large-"));
    try {
      const script = path.join(models, "large_external.py");
      execFileSync(python!, [script, "--out", folder, "--gigabytes", "0.01", "--width", "256"], { stdio: "ignore" });
      const size = statSync(path.join(folder, "model.onnx.data")).size;
      expect(Math.abs(size - 10_000_000)).toBeLessThan(100_000);
      const compare = `
import numpy, onnxruntime
folder = ${JSON.stringify(folder)}
session = onnxruntime.InferenceSession(folder + "/model.onnx")
actual = session.run(None, {"ids": numpy.load(folder + "/case0/in.ids.npy")})[0]
expected = numpy.load(folder + "/case0/out.activations.npy")
print(abs(actual - expected).max() / abs(expected).max(), expected.std())`;
      const [error, spread] = runPython(python!, compare).toString().split(" ").map(Number);
      expect(error).toBeLessThan(1e-5);
      expect(spread).toBeGreaterThan(0.01);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
