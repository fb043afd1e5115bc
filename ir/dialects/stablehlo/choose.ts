/** @file Comparison, selection and clamping. Source: StableHLO specification. */

import { defineOp } from "../../define.js";
import { elementFacts } from "../../element.js";
import { boolTensor, optionalAttr } from "../../kinds.js";
import { mapElements } from "../../ndarray.js";
import { type Numerics, numericsOf, type Scalar } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { elementOf, printType, type TensorType } from "../../types.js";
import { type ComparisonDirection, type ComparisonType, comparisonDirection, comparisonType } from "./attributes.js";
import { hloTensor } from "./constraints.js";
import { joinShapes, joinTensors } from "./shapes.js";

/** The predicate that a direction and a type stand for; the type matters only where it asks for the total order. */
export function comparisonOf(
  n: Numerics,
  direction: ComparisonDirection,
  type?: ComparisonType,
): (x: Scalar, y: Scalar) => boolean {
  if (type !== "TOTALORDER") {
    const plain = { EQ: n.eq, NE: n.ne, LT: n.lt, LE: n.le, GT: n.gt, GE: n.ge } as const;
    return plain[direction];
  }
  const order = n.compareTotal;
  const total: Record<ComparisonDirection, (x: Scalar, y: Scalar) => boolean> = {
    EQ: (x, y) => order(x, y) === 0,
    NE: (x, y) => order(x, y) !== 0,
    LT: (x, y) => order(x, y) < 0,
    LE: (x, y) => order(x, y) <= 0,
    GT: (x, y) => order(x, y) > 0,
    GE: (x, y) => order(x, y) >= 0,
  };
  return total[direction];
}

/** The comparison type that StableHLO expects for operands of an element, where one is written. */
export function checkComparison(
  element: TensorType["element"],
  direction: ComparisonDirection,
  type: ComparisonType | undefined,
): string | undefined {
  const { kind } = elementFacts[element];
  if (kind === "complex" && direction !== "EQ" && direction !== "NE")
    return `complex numbers have no order for ${direction}`;
  const fits: Record<ComparisonType, readonly string[]> = {
    NOTYPE: ["int", "uint", "bool", "float", "complex", "index"],
    FLOAT: ["float", "complex"],
    TOTALORDER: ["float"],
    SIGNED: ["int", "index"],
    UNSIGNED: ["uint", "bool"],
  };
  if (type === undefined || fits[type].includes(kind)) return undefined;
  return `the comparison type ${type} does not fit ${element}`;
}

export const compare = defineOp("stablehlo.compare", {
  summary: "Compares element by element; comparisons with NaN are false, except NE and in the total order.",
  operands: { lhs: hloTensor, rhs: hloTensor },
  attrs: { comparison_direction: comparisonDirection, compare_type: optionalAttr(comparisonType) },
  results: { result: boolTensor },
  traits: ["pure", "elementwise"],
  format:
    "$comparison_direction `,` $lhs `,` $rhs (`,` $compare_type)? attr-dict `:` functional-type(operands, results)",
  infer({ lhs, rhs }, _, { context }) {
    const joined = joinTensors(context, lhs, rhs);
    return joined
      ? { result: context.types.withElement(joined, "i1") }
      : `${printType(lhs)} and ${printType(rhs)} differ`;
  },
  verify(op, { comparison_direction: direction, compare_type: type }) {
    return checkComparison((op.operand(0).type as TensorType).element, direction, type);
  },
  entry(op) {
    const { comparison_direction: direction, compare_type: type } = compare.attrsOf(op);
    const holds = comparisonOf(numericsOf(elementOf(op.operand(0).type)), direction, type);
    return (x, y) => Number(holds(x!, y!));
  },
  evaluate({ lhs, rhs }, { comparison_direction: direction, compare_type: type }) {
    const holds = comparisonOf(numericsOf(lhs.element), direction, type);
    return { result: mapElements("i1", lhs.shape, [lhs, rhs], (x, y) => Number(holds(x, y))) };
  },
});

/** `pred type, type`, or the function type where the three values do not have one type. */
const selectAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.attrDict(op, []);
    printer.text(" : ");
    const [pred, ...values] = [...op.operands, ...op.results].map((x) => x.type);
    const text = printType(values[0]!);
    if (values.every((t) => printType(t) === text)) printer.types([pred!, values[0]!]);
    else {
      printer.functionType(
        op.operands.map((x) => x.type),
        op.results.map((x) => x.type),
      );
    }
  },
  parse(parser, def) {
    const operands = parser.operands();
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict());
    parser.punct(":");
    if (parser.peek("(")) {
      const { inputs, results } = parser.functionType();
      parser.expectTypes(operands, inputs);
      return { operands, attrs, extra, results };
    }
    const pred = parser.type();
    parser.punct(",");
    const type = parser.type();
    parser.expectTypes(operands, [pred, type, type]);
    return { operands, attrs, extra, results: [type] };
  },
};

export const select = defineOp("stablehlo.select", {
  summary: "on_true where pred holds, on_false elsewhere; pred may be one for all.",
  operands: { pred: boolTensor, on_true: hloTensor, on_false: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure", "elementwise"],
  format: selectAssembly,
  infer({ pred, on_true: a, on_false: b }, _, { context }) {
    const joined = joinTensors(context, a, b);
    if (!joined) return `${printType(a)} and ${printType(b)} differ`;
    if (pred.shape.length === 0) return { result: joined };
    const shape = joinShapes(context, joined.shape, pred.shape);
    return shape
      ? { result: context.withShape(joined, shape) }
      : `${printType(pred)} does not fit ${printType(joined)}`;
  },
  entry: () => (p, x, y) => (p ? x! : y!),
  evaluate: ({ pred, on_true: a, on_false: b }) => ({
    result: mapElements(a.element, a.shape, [pred, a, b], (p, x, y) => (p ? x : y)),
  }),
});

export const clamp = defineOp("stablehlo.clamp", {
  summary: "The operand kept between min and max, each of which may be one for all.",
  operands: { min: hloTensor, operand: hloTensor, max: hloTensor },
  attrs: {},
  results: { result: hloTensor },
  traits: ["pure", "elementwise"],
  format: "$min `,` $operand `,` $max attr-dict `:` same-type",
  infer({ min, operand, max }, _, { context }) {
    for (const bound of [min, max]) {
      const shape = bound.shape.length === 0 ? operand.shape : joinShapes(context, operand.shape, bound.shape);
      if (!shape || bound.element !== operand.element)
        return `${printType(bound)} does not bound ${printType(operand)}`;
    }
    return { result: operand };
  },
  entry(op) {
    const n = numericsOf(elementOf(op.operand(1).type));
    return (low, x, high) => n.min(n.max(low!, x!), high!);
  },
  evaluate({ min, operand, max }) {
    const n = numericsOf(operand.element);
    return {
      result: mapElements(operand.element, operand.shape, [min, operand, max], (low, x, high) =>
        n.min(n.max(low, x), high),
      ),
    };
  },
});
