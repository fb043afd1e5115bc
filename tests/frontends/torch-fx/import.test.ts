/** @file Programs of torch.export as programs of ours: sizes, memory that is shared and written, what cannot be imported. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../frontends/torch-fx/read.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { entryInterfaces } from "../../../ir/entry.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { type Arg, floats, type GraphText, INT64, type NodeText, writeArchive } from "./archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-pt2-"));
let files = 0;

async function imported(graph: GraphText) {
  const context = newContext();
  const path = writeArchive(join(folder, `m${files++}.pt2`), graph);
  const module = importTorch(await readTorch(path, context.diagnostics), context);
  verify(module, context);
  return { module, context };
}

/** The results of the program on `inputs`, each a list of numbers in f32 with its sizes. */
async function run(graph: GraphText, ...inputs: readonly NdArray[]): Promise<readonly (readonly number[])[]> {
  const { module, context } = await imported(graph);
  const results = interpret(module, "main", inputs, context) as readonly NdArray[];
  return results.map(toNumbers);
}

async function problems(graph: GraphText): Promise<string> {
  try {
    await imported(graph);
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "";
}

const toNumbers = (a: NdArray): readonly number[] => Array.from(a.data as ArrayLike<number | bigint>, Number);
const t = (tensor: string): Arg => ({ tensor });
const node = (target: string, output: string, inputs: Readonly<Record<string, Arg>>): NodeText => ({
  target,
  inputs,
  outputs: [output],
});
const f32 = (shape: readonly number[], ...values: readonly number[]): NdArray => fromScalars("f32", shape, values);

describe("memory", () => {
  it("that a view shows changes where the view is written", async () => {
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["whole", "kept"],
      tensors: {
        x: { sizes: [2, 3] },
        whole: { sizes: [2, 3] },
        kept: { sizes: [3, 2] },
        turned: { sizes: [3, 2] },
        row: { sizes: [2] },
        done: { sizes: [2] },
      },
      nodes: [
        node("aten.clone.default", "whole", { self: t("x") }),
        node("aten.transpose.int", "turned", { self: t("whole"), dim0: 0, dim1: 1 }),
        node("aten.clone.default", "kept", { self: t("turned") }),
        node("aten.select.int", "row", { self: t("turned"), dim: 0, index: 1 }),
        node("aten.mul_.Tensor", "done", { self: t("row"), other: 10 }),
      ],
    };
    const [whole, kept] = await run(graph, f32([2, 3], 1, 2, 3, 4, 5, 6));
    expect(whole).toEqual([1, 20, 3, 4, 50, 6]);
    expect(kept).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it("is shown anew by a view made before it was written", async () => {
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["every"],
      tensors: { x: { sizes: [5] }, own: { sizes: [5] }, every: { sizes: [3] }, done: { sizes: [5] } },
      nodes: [
        node("aten.clone.default", "own", { self: t("x") }),
        node("aten.slice.Tensor", "every", { self: t("own"), dim: 0, step: 2 }),
        node("aten.add_.Tensor", "done", { self: t("own"), other: 1, alpha: 2 }),
      ],
    };
    expect(await run(graph, f32([5], 0, 1, 2, 3, 4))).toEqual([[2, 4, 6]]);
  });

  it("of a buffer lives in the bundle: the program takes and gives it, and says what it begins with", async () => {
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["y"],
      buffers: { b: { fqn: "sum", bytes: floats(9, 3, 1, 4), sizes: [2], strides: [2], offset: 1 } },
      tensors: { x: { sizes: [2] }, b: { sizes: [2] }, added: { sizes: [2] }, y: { sizes: [2] } },
      nodes: [
        node("aten.add_.Tensor", "added", { self: t("b"), other: t("x") }),
        node("aten.neg.default", "y", { self: t("b") }),
      ],
    };
    const { module, context } = await imported(graph);
    const [entry] = entryInterfaces(module, context);
    expect(entry!.inputs.map((i) => i.name)).toEqual(["x"]);
    const [state] = entry!.states;
    expect(state).toMatchObject({ name: "sum", shape: [2], result: 1 });
    const initial = state!.initial?.kind === "resource" ? context.resources.get(state!.initial.name)! : undefined;
    expect(initial && [...new Float32Array(initial.read(0, 8).slice().buffer)]).toEqual([3, 4]);
    const results = interpret(module, "main", [f32([2], 1, 2), f32([2], 3, 4)], context) as readonly NdArray[];
    expect(results.map(toNumbers)).toEqual([
      [-4, -6],
      [4, 6],
    ]);
  });
});

describe("sizes", () => {
  it("are expressions over the exporter's symbols, with their ranges", async () => {
    const s = "Symbol('s0', positive=True, integer=True)";
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["y"],
      ranges: { s0: [2, 16] },
      symbols: { n: s, m: `Mul(Integer(2), ${s})` },
      tensors: { x: { sizes: [s, 2] }, y: { sizes: [`Mul(Integer(2), ${s})`] } },
      nodes: [
        node("aten.sym_size.int", "n", { self: t("x"), dim: 0 }),
        node("_operator.mul", "m", { "": { symbol: "n" } }),
        node("aten.view.default", "y", { self: t("x"), size: [-1] }),
      ],
    };
    const { module, context } = await imported(graph);
    expect(context.dims.range("s0")).toEqual({ min: 2, max: 16 });
    const results = interpret(module, "main", [f32([3, 2], 1, 2, 3, 4, 5, 6)], context) as readonly NdArray[];
    expect(results[0]!.shape).toEqual([6]);
  });

  it("beyond 2^53 mean the end of an axis", async () => {
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["y"],
      tensors: { x: { sizes: [4] }, y: { sizes: [3] } },
      nodes: [node("aten.slice.Tensor", "y", { self: t("x"), dim: 0, start: 1, end: 2 ** 62 })],
    };
    expect(await run(graph, f32([4], 1, 2, 3, 4))).toEqual([[2, 3, 4]]);
  });
});

describe("what cannot be imported", () => {
  it("is listed in one run, each with the user's line and what is near", async () => {
    const trace =
      'File "/home/me/model.py", line 12, in forward\n    return f(x)\n  File "/lib/torch/nn/functional.py", line 3, in f';
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["z"],
      tensors: { x: { sizes: [2] }, y: { sizes: [2] }, z: { sizes: [2], dtype: INT64 } },
      nodes: [
        { ...node("mine.rotate.default", "y", { x: t("x") }), trace },
        node("aten.neg.default", "z", { self: t("x") }),
      ],
    };
    const text = await problems(graph);
    expect(text).toContain("#y (/home/me/model.py:12): error PS2401: mine.rotate.default on float32 is not supported");
    expect(text).toContain(
      "PS2403: aten.neg.default on float32: gives torch.float32 where the graph declares torch.int64",
    );
  });

  it("leaves what depends on it alone", async () => {
    const graph: GraphText = {
      inputs: ["x"],
      outputs: ["z"],
      tensors: { x: { sizes: [2] }, y: { sizes: [2] }, z: { sizes: [2] } },
      nodes: [node("mine.a.default", "y", { x: t("x") }), node("aten.neg.default", "z", { self: t("y") })],
    };
    const text = await problems(graph);
    expect(text.match(/error/g)).toHaveLength(1);
  });
});
