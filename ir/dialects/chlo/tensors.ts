/** @file CHLO's operations on whole tensors: constants, the largest elements, ragged products. */

import type { Attr, DenseAttr, ResourceAttr } from "../../attrs.js";
import { type AnyOpDef, defineOp } from "../../define.js";
import { elementFacts } from "../../element.js";
import { anyAttr, bool, defaultAttr, elements, i64, optionalAttr } from "../../kinds.js";
import { filled } from "../../ndarray.js";
import { convertScalar, numericsOf } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { printType, type TensorType } from "../../types.js";
import { raggedDotDimensionNumbers } from "../stablehlo/attributes.js";
import { elementsOf } from "../stablehlo/constants.js";
import { hloTensor, realTensor } from "../stablehlo/constraints.js";
import { largest } from "../stablehlo/largest.js";

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

export const constant = defineOp("chlo.constant", {
  summary: "A value given in the program.",
  operands: {},
  attrs: { value: elements },
  results: { output: hloTensor },
  traits: ["pure", "constant"],
  format: constantAssembly,
  infer: (_, { value }, { context }) => ({ output: context.types.tensor(value.type.shape, value.type.element) }),
  evaluate: (_, { value }, { context }) => ({ output: elementsOf(value, context) }),
});

export const constantLike = defineOp("chlo.constant_like", {
  summary: "One value everywhere, in the shape of the operand.",
  operands: { operand: hloTensor },
  attrs: { value: anyAttr },
  results: { result: hloTensor },
  traits: ["pure"],
  infer({ operand }, { value }, { context }) {
    const isNumber = (value.kind === "int" || value.kind === "float") && value.type.kind === "scalar";
    return isNumber
      ? { result: context.types.withElement(operand, elementOfNumber(value)) }
      : "the value must be a number";
  },
  evaluate({ operand }, { value }) {
    const element = elementOfNumber(value);
    const x =
      value.kind === "int"
        ? convertScalar(value.value, "i64", element)
        : numericsOf(element).fromNumber((value as { value: number }).value);
    return { result: filled(element, operand.shape, x) };
  },
});

function elementOfNumber(value: Attr): TensorType["element"] {
  const type = value.kind === "int" || value.kind === "float" ? value.type : undefined;
  if (type?.kind !== "scalar") throw new Error("the value is no number");
  return type.element;
}

/** `(%operand, k = 3) : type -> (types)` */
const topKAssembly: Assembly = {
  print(op, printer) {
    const { k, is_stable: stable } = topK.attrsOf(op);
    printer.text("(");
    printer.values(op.operands);
    printer.text(`, k = ${k}${stable ? "" : ", is_stable = false"})`);
    printer.attrDict(op, ["k", "is_stable"]);
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(" -> (");
    printer.types(op.results.map((r) => r.type));
    printer.text(")");
  },
  parse(parser: OpParser, def: AnyOpDef) {
    parser.punct("(");
    const operand = parser.operand();
    const known: Record<string, unknown> = {};
    while (parser.tryPunct(",")) {
      const word = parser.identifier("k or is_stable");
      parser.punct("=");
      if (word === "k") known["k"] = Number(parser.integer());
      else if (word === "is_stable") known["is_stable"] = parser.identifier() === "true";
      else parser.fail(`expected k or is_stable, found '${word}'`);
    }
    parser.punct(")");
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    parser.punct(":");
    parser.expectTypes([operand], [parser.type()]);
    parser.punct("->");
    return { operands: [operand], attrs, extra, results: parser.resultTypes() };
  },
};

export const topK = defineOp("chlo.top_k", {
  summary: "The k largest elements along the last axis, in order, and where they are; of equals the first comes first.",
  operands: { operand: realTensor },
  attrs: { k: i64, is_stable: defaultAttr(bool, true) },
  results: { values: realTensor, indices: realTensor },
  traits: ["pure"],
  format: topKAssembly,
  infer({ operand }, { k }, { context }) {
    const last = operand.shape.at(-1);
    if (last === undefined || k < 0 || context.dims.provablyGreater(k, last))
      return `${printType(operand)} does not have ${k} elements along its last axis`;
    const values = context.withShape(operand, operand.shape.with(-1, k));
    return { values, indices: context.types.withElement(values, "i32") };
  },
  evaluate: ({ operand }, { k }) => largest(operand, k),
});

/** Kept as written: only the text needs it. */
const precisionText: AttrKind<Attr> = anyAttr;

/** Described and carried through; the reference does not compute it. */
export const raggedDot = defineOp("chlo.ragged_dot", {
  summary: "A product whose rows, contracted axis or batches come in groups of given sizes.",
  operands: { lhs: hloTensor, rhs: hloTensor, group_sizes: realTensor },
  attrs: { ragged_dot_dimension_numbers: raggedDotDimensionNumbers, precision_config: optionalAttr(precisionText) },
  results: { result: hloTensor },
  traits: ["pure"],
  verify(op, { ragged_dot_dimension_numbers: d }) {
    const groups = op.operand(2).type as TensorType;
    if (elementFacts[groups.element].kind === "float") return `group sizes are integers, not ${printType(groups)}`;
    return d.lhsRaggedDimensions.length === 1 ? undefined : "lhs has exactly one ragged axis";
  },
});
