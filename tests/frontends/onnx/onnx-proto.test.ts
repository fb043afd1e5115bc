/** @file Models made by another library's encoder: what `onnx-proto` writes, the reader reads and the importer builds. */

import onnxProto from "onnx-proto";
import { expect, test } from "vitest";
import { importOnnx } from "../../../frontends/onnx/import.js";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import { DiagnosticSink } from "../../../ir/diagnostic.js";
import { interpret } from "../../../ir/interpret.js";
import { fromScalars, type NdArray } from "../../../ir/ndarray.js";
import { newContext } from "../../../lowering/dialects.js";

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;

const tensor = (name: string, ...sizes: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: FLOAT,
      shape: { dim: sizes.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d })) },
    },
  },
});

test("a weight added to an input of symbolic size", () => {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 15 }],
    graph: {
      name: "g",
      input: [tensor("x", "batch", 3)],
      output: [tensor("y", "batch", 3)],
      initializer: [{ name: "w", dataType: FLOAT, dims: [3], floatData: [10, 20, 30] }],
      node: [{ opType: "Add", name: "add", input: ["x", "w"], output: ["y"] }],
    },
  });
  const bytes = onnx.ModelProto.encode(model).finish();
  const context = newContext();
  const read = readOnnxBytes(bytes, { file: "made.onnx" }, new DiagnosticSink());
  const module = importOnnx(read, context);
  const x = fromScalars("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
  const [y] = interpret(module, "main", [x], context) as readonly NdArray[];
  expect(y!.shape).toEqual([2, 3]);
  expect(Array.from(y!.data as Float32Array)).toEqual([11, 22, 33, 14, 25, 36]);
});
