/** @file Values that come from nothing: constants and counting. */

import type { DenseAttr, ResourceAttr } from "../../attrs.js";
import type { Context } from "../../context.js";
import { defineOp } from "../../define.js";
import type { ElementType } from "../../element.js";
import { elements, i64 } from "../../kinds.js";
import { emptyArray, filled, fromBytes, getScalar, type NdArray, setScalar } from "../../ndarray.js";
import { broadcast } from "../../ndarray-layout.js";
import { convertScalar } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { staticShape, type TensorType } from "../../types.js";
import { dimensionTensor, hloTensor, numberTensor } from "./constraints.js";
import { givenTensor } from "./shapes.js";

const constantAssembly: Assembly = {
  print(op, printer) {
    printer.attrDict(op, ["value"]);
    printer.text(" ");
    printer.attr(op.attrs["value"] as DenseAttr | ResourceAttr);
  },
  parse(parser, def) {
    const dict = parser.attrDict();
    const { attrs, extra } = parser.splitAttrs(def, { ...dict, value: parser.attribute() });
    return { operands: [], attrs, extra };
  },
};

export const constant = defineOp("stablehlo.constant", {
  summary: "A value given in the program: its elements, or a reference to their bytes.",
  operands: {},
  attrs: { value: elements },
  results: { output: hloTensor },
  traits: ["pure", "constant"],
  format: constantAssembly,
  infer: (_, { value }, { context }) => ({ output: context.types.tensor(value.type.shape, value.type.element) }),
  evaluate: (_, { value }, { context }) => ({ output: elementsOf(value, context) }),
});

/** The tensor that a constant's attribute stands for. */
export function elementsOf(value: DenseAttr | ResourceAttr, context: Context): NdArray {
  const shape = staticShape(value.type);
  if (value.kind === "dense")
    return value.splat ? filled(value.data.element, shape, getScalar(value.data, 0)) : value.data;
  const resource = context.resources.get(value.name);
  if (!resource) throw new Error(`there is no resource '${value.name}'`);
  return fromBytes(value.type.element, shape, resource.read(0, resource.byteLength));
}

export const iota = defineOp("stablehlo.iota", {
  summary: "0, 1, 2, … along one axis, the same in all others.",
  operands: {},
  attrs: { iota_dimension: i64 },
  results: { output: numberTensor },
  traits: ["pure"],
  format: "`dim` `=` $iota_dimension attr-dict `:` type($output)",
  verify(op, { iota_dimension: axis }) {
    const type = op.result.type as TensorType;
    if (type.shape.some((d) => typeof d !== "number"))
      return "sizes must be numbers: dynamic_iota takes them as an operand";
    return axis >= 0 && axis < type.shape.length ? undefined : `there is no axis ${axis} to count along`;
  },
  evaluate: (_, { iota_dimension: axis }, evaluation) => ({
    output: countAlong((evaluation.op.result.type as TensorType).element, evaluation.shape(), axis),
  }),
});

export const dynamicIota = defineOp("stablehlo.dynamic_iota", {
  summary: "Like iota, for sizes computed by the program.",
  operands: { output_shape: dimensionTensor },
  attrs: { iota_dimension: i64 },
  results: { result: numberTensor },
  traits: ["pure"],
  format: "$output_shape `,` `dim` `=` $iota_dimension attr-dict `:` functional-type(operands, results)",
  infer({ output_shape: sizes }, { iota_dimension: axis }, inference) {
    const given = givenTensor(inference);
    if (!given) return "the result type must be given";
    if (given.shape.length !== sizes.shape[0])
      return `${sizes.shape[0]} sizes for a result of rank ${given.shape.length}`;
    return axis >= 0 && axis < given.shape.length ? { result: given } : `there is no axis ${axis} to count along`;
  },
  evaluate: ({ output_shape: sizes }, { iota_dimension: axis }, { op }) => ({
    result: countAlong((op.result.type as TensorType).element, Array.from(sizes.data, Number), axis),
  }),
});

function countAlong(element: ElementType, shape: readonly number[], axis: number): NdArray {
  const line = emptyArray(element, [shape[axis]!]);
  for (let i = 0; i < shape[axis]!; i++) setScalar(line, i, convertScalar(BigInt(i), "i64", element));
  return broadcast(line, shape, [axis]);
}
