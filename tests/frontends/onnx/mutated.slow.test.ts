/**
 * @file Models with a few things changed at random (sizes, ranks, elements, attributes, operands left out) become programs
 * that verify, or are refused with a diagnostic; the importer never fails in another way.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importOnnx } from "../../../frontends/onnx/import.js";
import { attentions } from "../../../frontends/onnx/ops/attention.js";
import { batchNorms } from "../../../frontends/onnx/ops/batch-norm.js";
import { convolutions } from "../../../frontends/onnx/ops/conv.js";
import { deformConvs } from "../../../frontends/onnx/ops/deform-conv.js";
import { grids } from "../../../frontends/onnx/ops/grid-sample.js";
import { linearAlgebra } from "../../../frontends/onnx/ops/linear-algebra.js";
import { losses } from "../../../frontends/onnx/ops/loss.js";
import { machineLearning } from "../../../frontends/onnx/ops/ml.js";
import { suppression } from "../../../frontends/onnx/ops/nms.js";
import { pools } from "../../../frontends/onnx/ops/pool.js";
import { quantization } from "../../../frontends/onnx/ops/quant.js";
import { resizes } from "../../../frontends/onnx/ops/resize.js";
import { recurrents } from "../../../frontends/onnx/ops/rnn.js";
import { roiAligns } from "../../../frontends/onnx/ops/roi-align.js";
import { rotaries } from "../../../frontends/onnx/ops/rotary.js";
import { signals } from "../../../frontends/onnx/ops/signal.js";
import { tfIdfs } from "../../../frontends/onnx/ops/tf-idf.js";
import { trainings } from "../../../frontends/onnx/ops/training.js";
import { treeEnsembles } from "../../../frontends/onnx/ops/tree-ensembles.js";
import { unpools } from "../../../frontends/onnx/ops/unpool.js";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { OnnxAttribute, OnnxDim, OnnxModel, OnnxNode } from "../../../frontends/onnx/records.js";
import { CompileError, DiagnosticSink, formatDiagnostic } from "../../../ir/diagnostic.js";
import { verify } from "../../../ir/verify.js";
import { pythonWith } from "../../support/python.js";
import { newContext, readSuite } from "./cases.js";

const python = pythonWith("onnx", "onnxruntime", "ml_dtypes");
const ROUNDS = 4000;

const families = [
  ...[attentions, batchNorms, convolutions, deformConvs, grids, linearAlgebra, losses, machineLearning, suppression],
  ...[
    pools,
    quantization,
    resizes,
    recurrents,
    roiAligns,
    rotaries,
    signals,
    tfIdfs,
    trainings,
    treeEnsembles,
    unpools,
  ],
];
const operators: ReadonlySet<string> = new Set(families.flat().map((row) => row.name));

/** Reproducible random choices. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From `low` to `high`, both possible. */
  number(low: number, high: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) >>> 0;
    return low + ((this.#state >>> 8) % (high - low + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.number(0, list.length - 1)]!;
  }
}

const elements = ["f32", "f16", "f64", "i64", "i32", "ui8", "i8", "i1", "bf16"] as const;

function otherShape(shape: readonly OnnxDim[], name: string, dice: Dice): readonly OnnxDim[] {
  switch (dice.number(0, 3)) {
    case 0:
      return shape.slice(1);
    case 1:
      return [...shape, dice.number(0, 4)];
    case 2:
      return shape.map((d) => (dice.number(0, 2) === 0 ? dice.number(0, 7) : d));
    default:
      return shape.map((d, i) => (dice.number(0, 1) === 0 ? `${name}_${i}` : d));
  }
}

function otherAttribute(a: OnnxAttribute, dice: Dice): OnnxAttribute {
  switch (a.kind) {
    case "int":
      return { ...a, value: BigInt(dice.number(-3, 5)) };
    case "float":
      return { ...a, value: dice.of([0, -1, 1e30, Number.NaN]) };
    case "string":
      return { ...a, value: "other" };
    case "ints": {
      const changed = a.value.map((x) => (dice.number(0, 1) === 0 ? BigInt(dice.number(-3, 6)) : x));
      return { ...a, value: dice.number(0, 1) === 0 ? a.value.slice(1) : changed };
    }
    case "floats":
      return { ...a, value: a.value.slice(1) };
    case "strings":
      return { ...a, value: a.value.slice(1) };
    default:
      return a;
  }
}

function otherNode(node: OnnxNode, dice: Dice): OnnxNode {
  const attributes = new Map(node.attributes);
  const names = [...attributes.keys()];
  const choice = dice.number(0, 2);
  if (choice === 0 || names.length === 0) {
    return { ...node, inputs: node.inputs.with(dice.number(0, node.inputs.length - 1), "") };
  }
  const name = dice.of(names);
  if (choice === 1) attributes.delete(name);
  else attributes.set(name, otherAttribute(attributes.get(name)!, dice));
  return { ...node, attributes };
}

/** The model with one thing changed. */
function mutated(model: OnnxModel, dice: Dice): OnnxModel {
  const { graph } = model;
  const [node] = graph.nodes;
  if (node !== undefined && node.inputs.length > 0 && dice.number(0, 1) === 0) {
    return { ...model, graph: { ...graph, nodes: [otherNode(node, dice), ...graph.nodes.slice(1)] } };
  }
  const at = dice.number(0, Math.max(graph.inputs.length - 1, 0));
  const input = graph.inputs[at];
  if (input?.type?.kind !== "tensor" || input.type.shape === undefined) return model;
  const isShape = dice.number(0, 2) > 0;
  const type = isShape
    ? { ...input.type, shape: otherShape(input.type.shape, input.name, dice) }
    : { ...input.type, dtype: dice.of(elements) };
  return { ...model, graph: { ...graph, inputs: graph.inputs.with(at, { ...input, type }) } };
}

function cases(script: string): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const folder = mkdtempSync(join(tmpdir(), "psm-onnx-mutated-"));
  execFileSync(python!, [fileURLToPath(new URL(script, import.meta.url)), folder], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  const { cases: all, blob } = readSuite(folder);
  rmSync(folder, { recursive: true });
  return all
    .filter((c) => c.operators.length === 1 && operators.has(c.operators[0]!.replace(/^.*\./, "")))
    .map(({ name, model: { offset, length } }) => ({ name, bytes: blob.subarray(offset, offset + length) }));
}

describe.skipIf(python === undefined)("mutated ONNX layers (needs Python with onnxruntime)", () => {
  test("verify or are refused", () => {
    const all = [...cases("./dump_cases.py"), ...cases("./dump_peer_cases.py")];
    expect(all.length).toBeGreaterThan(700);
    const dice = new Dice(Number(process.env["PERSIMMONS_TEST_SEED"] ?? 1));
    const faults: string[] = [];
    let [made, refused] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const { name, bytes } = dice.of(all);
      let model = readOnnxBytes(bytes, { file: name }, new DiagnosticSink());
      for (let i = dice.number(1, 3); i > 0; i--) model = mutated(model, dice);
      const context = newContext();
      try {
        const problems = verify(importOnnx(model, context), context);
        faults.push(...problems.map((p) => `${name}: ${formatDiagnostic(p)}`));
        made++;
      } catch (error) {
        if (error instanceof CompileError) refused++;
        else faults.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
    expect(faults).toEqual([]);
    expect(made).toBeGreaterThan(ROUNDS / 10);
    expect(refused).toBeGreaterThan(ROUNDS / 10);
  }, 600_000);
});
