/** @file Tuples and tokens: values that hold others, or only order. */

import { defineOp, type TupleDatum } from "../../define.js";
import { i32, variadic } from "../../kinds.js";
import type { Assembly } from "../../text/assembly.js";
import { printType } from "../../types.js";
import { anyValue, token, tuple } from "./constraints.js";

const tupleAssembly: Assembly = {
  print(op, printer) {
    if (op.operands.length > 0) printer.text(" ");
    printer.values(op.operands);
    printer.attrDict(op, []);
    printer.text(" : ");
    printer.type(op.result.type);
  },
  parse(parser, def) {
    const operands = parser.operands();
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict());
    parser.punct(":");
    const type = parser.type();
    if (type.kind !== "tuple") return parser.fail(`expected a tuple type, not ${printType(type)}`);
    parser.expectTypes(operands, type.members);
    return { operands, attrs, extra, results: [type] };
  },
};

export const tupleOp = defineOp("stablehlo.tuple", {
  summary: "Several values as one.",
  operands: { val: variadic(anyValue) },
  attrs: {},
  results: { result: tuple },
  traits: ["pure"],
  format: tupleAssembly,
  infer: ({ val }, _, { context, given }) => {
    const made = context.types.tuple(val);
    const [asked] = given ?? [];
    // A tuple type read from text does not know the symbols of its members.
    return { result: asked?.kind === "tuple" && printType(asked) === printType(made) ? asked : made };
  },
  evaluate: ({ val }) => ({ result: { kind: "tuple", members: val } satisfies TupleDatum }),
});

export const getTupleElement = defineOp("stablehlo.get_tuple_element", {
  summary: "One of a tuple's values.",
  operands: { operand: tuple },
  attrs: { index: i32 },
  results: { result: anyValue },
  traits: ["pure"],
  format: "$operand `[` $index `]` attr-dict `:` functional-type(operands, results)",
  infer({ operand }, { index }) {
    const member = operand.members[index];
    return member ? { result: member } : `${printType(operand)} has no element ${index}`;
  },
  evaluate({ operand }, { index }) {
    return { result: (operand as TupleDatum).members[index]! };
  },
});

export const createToken = defineOp("stablehlo.create_token", {
  summary: "A token that waits for nothing.",
  operands: {},
  attrs: {},
  results: { output: token },
  traits: ["pure"],
  format: "attr-dict `:` type($output)",
  infer: (_, __, { context }) => ({ output: context.types.dialect("stablehlo.token") }),
  evaluate: () => ({ output: { kind: "opaque", name: "token" } }),
});

export const afterAll = defineOp("stablehlo.after_all", {
  summary: "A token that waits for all its operands.",
  operands: { inputs: variadic(token) },
  attrs: {},
  results: { result: token },
  traits: ["pure"],
  format: "$inputs attr-dict `:` same-type",
  infer: (_, __, { context }) => ({ result: context.types.dialect("stablehlo.token") }),
  evaluate: () => ({ result: { kind: "opaque", name: "token" } }),
});
