/** @file Whatever the bytes, reading ends soon, with a model or a `CompileError`. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { OnnxGraph, OnnxModel } from "../../../frontends/onnx/records.js";
import { splatElement, tensorBytes } from "../../../frontends/onnx/tensor-data.js";
import { CompileError, DiagnosticSink } from "../../../ir/diagnostic.js";
import { fuzzRuns, fuzzSeed, fuzzTimeout } from "../../support/fuzz.js";
import {
  attribute,
  type Bytes,
  external,
  FLOAT,
  float,
  float32s,
  graph,
  INT64,
  initializer,
  input,
  int,
  model,
  node,
  nodeDomain,
  opset,
  output,
  packed,
  raw,
  sub,
  subgraph,
  tensor,
} from "./encode.js";

/** A model of some hundred bytes with something of everything. */
const everything: Bytes = Buffer.concat([
  opset(1, "me"),
  sub(14, sub(1, "key"), sub(2, "value")),
  model(
    graph(
      input("x", FLOAT, ["n", 3]),
      sub(11, sub(1, "s"), sub(2, sub(4, sub(1, sub(5, int(1, INT64), sub(2, sub(1, int(1, FLOAT)))))))),
      initializer("w", FLOAT, [2, 3], raw(float32s(1, 2, 3, 4, 5, 6))),
      initializer("i", INT64, [3], packed(7, [1, -1, 2 ** 40])),
      initializer("t", 8, [2], sub(6, "a"), sub(6, "b")),
      initializer("e", FLOAT, [1], external({ location: "e" })),
      sub(
        15,
        sub(1, tensor("z", FLOAT, [1], raw(float32s(1)))),
        sub(2, tensor("", INT64, [1], packed(7, [4]))),
        int(3, 6),
      ),
      node("Gemm", ["x", "w"], ["g"], attribute("alpha", 1, float(2, 0.5)), attribute("axes", 7, int(8, 1), int(8, 2))),
      node("If", ["g"], ["b"], subgraph("then_branch", node("Neg", ["g"], ["n"]), sub(12, sub(1, "n")))),
      node("F", ["b"], ["y"], nodeDomain("me"), attribute("value", 4, sub(5, tensor("", 22, [3], packed(5, [1, 2]))))),
      sub(14, sub(1, "x"), sub(2, sub(1, "SCALE_TENSOR"), sub(2, "w"))),
      output("y", FLOAT, ["n"]),
    ),
  ),
  sub(
    25,
    sub(1, "F"),
    sub(10, "me"),
    sub(4, "a"),
    sub(5, "b"),
    sub(9, int(2, 21)),
    sub(7, sub(1, "a"), sub(2, "b"), sub(4, "Abs")),
  ),
]);

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "psm-fuzz-"));
  writeFileSync(join(folder, "e"), float32s(1));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Outcome = "model" | "refused";

/** Any other exception fails the test. */
function outcome(bytes: Bytes): Outcome {
  const sink = new DiagnosticSink();
  let m: OnnxModel;
  try {
    m = readOnnxBytes(bytes, { file: "m.onnx", folder }, sink);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    expect(error.diagnostics.some((d) => d.severity === "error")).toBe(true);
    return "refused";
  }
  useAll(m.graph);
  return "model";
}

/** The data of what was accepted can be used. */
function useAll(g: OnnxGraph): void {
  for (const t of g.initializers.values()) {
    if (t.payload.kind === "strings") continue;
    expect(tensorBytes(t).length % Math.max(1, t.elements)).toBe(0);
    splatElement(t);
  }
}

/** xorshift32: the same mutations in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(bytes: Bytes, next: (below: number) => number): Bytes {
  const out = [...bytes];
  // Half of them change one byte: most of those keep the nesting of messages intact and reach what comes after decoding.
  const gentle = next(2) === 0;
  for (let edits = gentle ? 1 : 1 + next(4); edits > 0; edits--) {
    const at = next(out.length);
    const edit = next(gentle ? 2 : 5);
    if (edit === 0) out[at] = next(256);
    else if (edit === 1) out[at]! ^= 1 << next(8);
    else if (edit === 2) out.splice(at, 1 + next(8));
    else if (edit === 3) out.splice(at, 0, ...Array.from({ length: 1 + next(8) }, () => next(256)));
    else out.splice(at, 0, ...out.slice(next(out.length)).slice(0, next(64)));
  }
  return Uint8Array.from(out);
}

describe("reading", () => {
  test("accepts the model that is mutated below, so that mutations reach every part of the reader", () => {
    expect(outcome(everything)).toBe("model");
  });

  test("of a model cut off at any byte ends with a model or a CompileError", () => {
    const counts = { model: 0, refused: 0 };
    for (let length = 0; length < everything.length; length++) counts[outcome(everything.subarray(0, length))]++;
    expect(counts.refused).toBeGreaterThan(everything.length * 0.9);
  });

  test(
    "of mutated models ends with a model or a CompileError, in little time and memory",
    () => {
      const next = random(fuzzSeed);
      const runs = fuzzRuns(5000);
      const start = performance.now();
      let slowest = 0;
      const before = process.memoryUsage().rss;
      const counts = { model: 0, refused: 0 };
      for (let i = 0; i < runs; i++) {
        const bytes = mutate(everything, next);
        const begin = performance.now();
        counts[outcome(bytes)]++;
        slowest = Math.max(slowest, performance.now() - begin);
      }
      expect(Math.min(counts.model, counts.refused)).toBeGreaterThan(runs / 10);
      expect(slowest).toBeLessThan(1000);
      expect(performance.now() - start).toBeLessThan(Math.max(60_000, 12 * runs));
      expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20);
    },
    fuzzTimeout,
  );
});
