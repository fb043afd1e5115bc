/** @file `arith.constant` and `arith.select`, and short ways to make constants. */

import type { Attr } from "../../attrs.js";
import type { Builder } from "../../builder.js";
import { defineOp } from "../../define.js";
import { elementFacts, isComplex } from "../../element.js";
import type { Value } from "../../graph.js";
import { anyType, boolScalar, scalarLike } from "../../kinds.js";
import { filled, fromBytes, getScalar, type NdArray, tabulate } from "../../ndarray.js";
import { numericsOf, type Scalar } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import type { Assembly } from "../../text/assembly.js";
import {
  isShaped,
  printType,
  type ScalarType,
  staticShape,
  type TensorType,
  type Type,
  type VectorType,
} from "../../types.js";
import { isArray, type Lifted, type LiftedType } from "./lift.js";
import { signlessOf } from "./signless.js";

/** A number, or the elements of a vector or tensor. */
export type ConstantAttr = Extract<Attr, { kind: "bool" | "int" | "float" | "dense" | "resource" }>;

export const constantValue: AttrKind<ConstantAttr> = {
  describe: "a number or dense<…>",
  read: (a) =>
    a.kind === "bool" || a.kind === "int" || a.kind === "float" || a.kind === "dense" || a.kind === "resource"
      ? a
      : undefined,
  write: (value) => value,
};

const holdsNumbers = scalarLike(
  "a number, or a vector or tensor of numbers",
  "int",
  "bool",
  "index",
  "float",
  "complex",
);
/** A single complex number is `complex.constant`; tensors of them are data like any other. */
const anyNumber: typeof holdsNumbers = {
  describe: holdsNumbers.describe,
  accepts: (t): t is LiftedType => holdsNumbers.accepts(t) && (t.kind === "tensor" || !isComplex(t.element)),
};

function typeOfConstant(value: ConstantAttr, i1: Type): Type {
  return value.kind === "bool" ? i1 : value.type;
}

const constantAssembly: Assembly = {
  print(op, printer) {
    printer.attrDict(op, ["value"]);
    printer.text(" ");
    printer.attr(op.attrs["value"] as ConstantAttr);
  },
  parse(parser, def) {
    const dict = parser.attrDict();
    const value =
      constantValue.read(parser.attribute(), parser.context) ?? parser.fail(`expected ${constantValue.describe}`);
    return { operands: [], ...parser.splitAttrs(def, dict, { value }) };
  },
};

export const constant = defineOp("arith.constant", {
  summary: "A number, vector or tensor known at compile time.",
  operands: {},
  attrs: { value: constantValue },
  results: { result: anyNumber },
  traits: ["pure", "constant"],
  format: constantAssembly,
  infer(_, { value }, { context }) {
    const type = typeOfConstant(value, context.types.scalar("i1"));
    return anyNumber.accepts(type) ? { result: type } : `a constant cannot have type ${printType(type)}`;
  },
  evaluate: (_, { value }, { context }) => ({
    result: value.kind === "resource" ? resourceArray(value.name, value.type, context) : constantDatum(value),
  }),
});

function resourceArray(
  name: string,
  type: TensorType,
  context: {
    resources: { get(name: string): { byteLength: number; read(o: number, n: number): Uint8Array } | undefined };
  },
): NdArray {
  const resource = context.resources.get(name);
  if (!resource) throw new Error(`there is no resource '${name}'`);
  return fromBytes(type.element, staticShape(type), resource.read(0, resource.byteLength));
}

const spread = new WeakMap<ConstantAttr, NdArray>();

/** What the interpreter computes with. */
export function constantDatum(value: Exclude<ConstantAttr, { kind: "resource" }>): Lifted {
  switch (value.kind) {
    case "bool":
      return value.value ? 1 : 0;
    case "int":
      return value.type.kind === "scalar" ? signlessOf(value.type.element).fromBits(value.value) : Number(value.value);
    case "float":
      return value.value;
    case "dense": {
      if (!value.splat) return value.data;
      const known = spread.get(value);
      if (known) return known;
      const { element } = value.data;
      const shape = staticShape(value.type);
      const made = filled(element, shape, getScalar(value.data, 0));
      spread.set(value, made);
      return made;
    }
  }
}

/** The attribute of one number. */
export function scalarAttr(value: Scalar, type: ScalarType): ConstantAttr {
  const { kind } = elementFacts[type.element];
  if (typeof value === "object" || kind === "complex" || kind === "uint")
    throw new Error(`${printType(type)} has no arith constants`);
  if (kind === "bool") return { kind: "bool", value: value !== 0 && value !== 0n };
  if (kind === "float")
    return { kind: "float", value: Number(numericsOf(type.element).fromNumber(Number(value))), type };
  return { kind: "int", value: BigInt(value), type };
}

/** The attribute that says `value` of every element. */
export function splatAttr(value: Scalar, type: VectorType | TensorType): ConstantAttr {
  const numerics = numericsOf(type.element);
  const entry =
    typeof value === "object"
      ? value
      : typeof value === "bigint"
        ? numerics.fromBits(value)
        : numerics.fromNumber(value);
  return { kind: "dense", type, splat: true, data: tabulate(type.element, [], () => entry) };
}

/** Makes a constant: of a scalar type, or with every element the same. */
export function constantOf(builder: Builder, value: Scalar, type: LiftedType): Value {
  return builder.value(
    constant,
    {},
    { value: type.kind === "scalar" ? scalarAttr(value, type) : splatAttr(value, type) },
  );
}

export function constantIndex(builder: Builder, value: number): Value {
  return constantOf(builder, value, builder.context.types.scalar("index"));
}

/** The number that `value` is, when an `arith.constant` of a scalar makes it. */
export function constantScalarOf(value: Value): Scalar | undefined {
  const op = value.definingOp;
  if (!op || !constant.matches(op)) return undefined;
  const attr = constant.attrsOf(op).value;
  return attr.kind === "resource" || attr.kind === "dense" ? undefined : (constantDatum(attr) as Scalar);
}

const condition = scalarLike("i1, or a vector or tensor of it", "bool");

const selectAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.values(op.operands);
    printer.attrDict(op, []);
    printer.text(" : ");
    if (!boolScalar.accepts(op.operand(0).type)) {
      printer.type(op.operand(0).type);
      printer.text(", ");
    }
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const operands = parser.operands();
    const dict = parser.attrDict();
    parser.punct(":");
    const first = parser.type();
    const [conditionType, type] = parser.tryPunct(",")
      ? [first, parser.type()]
      : [parser.context.types.scalar("i1"), first];
    parser.expectTypes(operands, [conditionType, type, type]);
    return { operands, results: [type], ...parser.splitAttrs(def, dict) };
  },
};

export const select = defineOp("arith.select", {
  summary: "One of two values, by a condition for all or for each element.",
  operands: { condition, true_value: anyType, false_value: anyType },
  attrs: {},
  results: { result: anyType },
  traits: ["pure", "elementwise"],
  format: selectAssembly,
  infer({ condition: by, true_value: yes, false_value: no }, _, { context }) {
    const joined = context.mergeTypes(yes, no);
    if (!joined) return `${printType(yes)} and ${printType(no)} differ`;
    if (by.kind === "scalar") return { result: joined };
    const fits =
      isShaped(joined) && joined.kind === by.kind && context.mergeTypes(context.types.withElement(joined, "i1"), by);
    return fits ? { result: joined } : `a condition ${printType(by)} cannot choose elements of ${printType(joined)}`;
  },
  evaluate({ condition: by, true_value: yes, false_value: no }) {
    if (!isArray(by)) return { result: by === 0 ? no : yes };
    const [a, b] = [yes as NdArray, no as NdArray];
    let next = 0;
    const pick = (): Scalar => {
      const from = by.data[next] ? a : b;
      return getScalar(from, next++);
    };
    return { result: tabulate(a.element, a.shape, pick) };
  },
});
