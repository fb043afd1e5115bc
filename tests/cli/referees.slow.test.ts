/** @file `verify` and `bench` beside ONNX Runtime, where a Python with it is there. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arrayOf } from "../../cli/compare.js";
import { readNpy, writeNpy } from "../../cli/npy.js";
import { Peer } from "../../cli/peer.js";
import { probeModel } from "../../cli/probe.js";
import { randomTensor } from "../../cli/random-inputs.js";
import { interpret } from "../../ir/interpret.js";
import type { NdArray } from "../../ir/ndarray.js";
import { maxRelativeError } from "../../ir/ndarray-compare.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { pythonWith, runPython } from "../support/python.js";
import { cli, cliJson, problemsOf } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);
const python = pythonWith("numpy", "onnx", "onnxruntime");
const digits = "models/digits.onnx";

/** Three nodes on [N, 4]; `middle` is the operator in the middle. */
function smallModel(file: string, middle: string): void {
  const script = `
import onnx, sys
from onnx import helper as h, TensorProto as T
nodes = [h.make_node("Add", ["x", "x"], ["a"], "first"), h.make_node("${middle}", ["a"], ["b"], "second"), h.make_node("Relu", ["b"], ["y"], "third")]
port = lambda name: h.make_tensor_value_info(name, T.FLOAT, ["N", 4])
m = h.make_model(h.make_graph(nodes, "g", [port("x")], [port("y")]), opset_imports=[h.make_opsetid("", 18)], ir_version=9)
sys.stdout.buffer.write(m.SerializeToString())
`;
  writeFileSync(file, runPython(python!, script));
}

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  if (python !== undefined) process.env["PERSIMMONS_PYTHON"] = python;
});

afterAll(() => {
  process.env = before;
  remove();
});

test("a trained model agrees with the interpreter at any batch size", async () => {
  expect((await cli("export", digits, "-t", "host", "-o", at("digits.psm"))).code).toBe(0);
  for (const size of [1, 5]) {
    const args = ["verify", digits, at("digits.psm"), "--reference", "interpreter", "--dim", `N=${size}`];
    const { code, json } = await cliJson(...args);
    expect([code, problemsOf(json)]).toEqual([0, []]);
    expect(json["inputs"]).toEqual([{ name: "image", shape: [size, 1, 8, 8] }]);
  }
}, 120_000);

describe.skipIf(python === undefined)("beside ONNX Runtime", () => {
  test("a trained model agrees", async () => {
    const { code, json } = await cliJson("verify", digits, at("digits.psm"));
    expect([code, problemsOf(json), json["reference"]]).toEqual([0, [], "ort"]);
  }, 120_000);

  test("a bundle of another model is wrong, and where it parts cannot be blamed on a node", async () => {
    smallModel(at("right.onnx"), "Abs");
    smallModel(at("other.onnx"), "Neg");
    await cli("export", at("other.onnx"), "-t", "host", "-o", at("other.psm"));
    const { code, json } = await cliJson("verify", at("right.onnx"), at("other.psm"));
    expect(code).toBe(1);
    expect(json.diagnostics.map((d) => d.severity)).toEqual(["warning", "error"]);
  }, 120_000);

  test("every value inside a model is what the interpreter computes", async () => {
    const image = randomTensor(0, "image", "f32", [2, 1, 8, 8]);
    writeNpy(at("image.npy"), image);
    const { signal } = new AbortController();
    const inputs = [{ name: "image", file: at("image.npy") }];
    const peer = await Peer.load(
      python!,
      { peer: "ort", model: digits, threads: 1, inputs, every: true },
      process.env,
      signal,
    );
    await peer.run(1);
    const files = await peer.outputs(at("every"));
    await peer.close();
    const probe = await probeModel(digits);
    const names = probe.values.map(({ name }) => name);
    expect([...files.keys()].sort()).toEqual([...names].sort());
    const { module, context } = await probe.make(names);
    const results = interpret(module, "main", [arrayOf(image)], context) as readonly NdArray[];
    names.forEach((name, k) => {
      expect(maxRelativeError(results[k]!, arrayOf(readNpy(files.get(name)!)))).toBeLessThan(1e-5);
    });
  }, 120_000);

  test("the bench gives ratios, and how far outputs are apart", async () => {
    const args = ["bench", at("digits.psm"), "--model", digits, "--against", "ort", "--rounds", "3", "--dim", "N=4"];
    const { code, json } = await cliJson(...args, "--threads", "1");
    expect([code, problemsOf(json)]).toEqual([0, []]);
    const [{ timings }] = json["bundles"] as [
      { timings: readonly { name: string; ratio?: number; difference?: number }[] },
    ];
    expect(timings.map((t) => t.name)).toEqual(["persimmons", "ort"]);
    expect(timings[1]!.ratio).toBeGreaterThan(0);
    expect(timings[1]!.difference).toBeLessThan(1e-4);
  }, 120_000);

  test("a peer that is not installed is named", async () => {
    process.env["PERSIMMONS_PYTHON"] = at("no-python");
    try {
      const missing = await cliJson("verify", digits, at("digits.psm"), "--reference", "ort");
      expect([missing.code, problemsOf(missing.json)]).toEqual([4, ["PS6006 no Python was found"]]);
      const stand = await cliJson("verify", digits, at("digits.psm"));
      expect([stand.code, stand.json["reference"], stand.json.diagnostics[0]!.severity]).toEqual([
        0,
        "interpreter",
        "remark",
      ]);
    } finally {
      process.env["PERSIMMONS_PYTHON"] = python;
    }
  }, 120_000);
});
