/** @file `cf`: branches between blocks. */

import { defineOp } from "../../define.js";
import type { Value } from "../../graph.js";
import { anyAttr, anyType, boolScalar, i32Array, optionalAttr, scalarOf, string, variadic } from "../../kinds.js";
import type { Assembly } from "../../text/assembly.js";
import { checkSuccessors, parseSuccessor, printSuccessor } from "../../text/successors.js";
import { caseValues, groupsOfCases, parseCases, printCases } from "./cases.js";

export const branchAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printSuccessor(printer, op.successors[0]!, op.operands);
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const { block, values } = parseSuccessor(parser);
    return { operands: values, successors: [block], ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const br = defineOp("cf.br", {
  summary: "Goes on in another block.",
  operands: { destOperands: variadic(anyType) },
  attrs: {},
  results: {},
  successors: ["dest"],
  traits: ["terminator"],
  format: branchAssembly,
  verify: (op) => checkSuccessors(op, [op.operands]),
  branch: ({ destOperands }) => ({ successor: 0, args: destOperands }),
});

interface Conditional {
  readonly trueDestOperands: readonly Value[];
  readonly falseDestOperands: readonly Value[];
}

export const conditionalAssembly: Assembly = {
  print(op, printer) {
    const { trueDestOperands, falseDestOperands } = op.def.operandsOf(op) as unknown as Conditional;
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(", ");
    printSuccessor(printer, op.successors[0]!, trueDestOperands);
    printer.text(", ");
    printSuccessor(printer, op.successors[1]!, falseDestOperands);
    printer.attrDict(op, ["*segments"]);
  },
  parse(parser, def) {
    const condition = parser.operand();
    parser.punct(",");
    const yes = parseSuccessor(parser);
    parser.punct(",");
    const no = parseSuccessor(parser);
    const operands = [condition, ...yes.values, ...no.values];
    const segments = [1, yes.values.length, no.values.length];
    return { operands, segments, successors: [yes.block, no.block], ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const condBr = defineOp("cf.cond_br", {
  summary: "Goes on in one of two blocks.",
  operands: { condition: boolScalar, trueDestOperands: variadic(anyType), falseDestOperands: variadic(anyType) },
  attrs: { branch_weights: optionalAttr(anyAttr) },
  results: {},
  successors: ["trueDest", "falseDest"],
  traits: ["terminator"],
  format: conditionalAssembly,
  verify(op) {
    const { trueDestOperands, falseDestOperands } = op.def.operandsOf(op) as unknown as Conditional;
    return checkSuccessors(op, [trueDestOperands, falseDestOperands]);
  },
  branch: ({ condition, trueDestOperands, falseDestOperands }) =>
    condition === 0 ? { successor: 1, args: falseDestOperands } : { successor: 0, args: trueDestOperands },
});

const switchAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(", ");
    printCases(op, printer, true);
    printer.attrDict(op, ["case_values", "case_operand_segments", "*segments"]);
  },
  parse(parser, def) {
    const flag = parser.operand();
    parser.punct(":");
    const type = parser.type();
    parser.expectTypes([flag], [type]);
    parser.punct(",");
    const { attrs, ...cases } = parseCases(parser, flag, type, true);
    return { ...cases, ...parser.splitAttrs(def, parser.attrDict(), attrs) };
  },
};

export const switchOp = defineOp("cf.switch", {
  summary: "Goes on in the block of the case that equals the flag, or in the default one.",
  operands: {
    flag: scalarOf("a signless integer", "i8", "i16", "i32", "i64"),
    defaultOperands: variadic(anyType),
    caseOperands: variadic(anyType),
  },
  attrs: { case_values: optionalAttr(caseValues), case_operand_segments: i32Array },
  results: {},
  successors: ["defaultDestination", "caseDestinations*"],
  traits: ["terminator"],
  format: switchAssembly,
  verify: (op) => checkSuccessors(op, groupsOfCases(op)),
  branch({ flag, defaultOperands, caseOperands }, { case_values: values, case_operand_segments: segments }) {
    const i = values?.values.indexOf(BigInt(flag as number | bigint)) ?? -1;
    if (i < 0) return { successor: 0, args: defaultOperands };
    const start = segments.slice(0, i).reduce((a, b) => a + b, 0);
    return { successor: i + 1, args: caseOperands.slice(start, start + segments[i]!) };
  },
});

export const assert = defineOp("cf.assert", {
  summary: "Ends the program with a message where a condition does not hold.",
  operands: { arg: boolScalar },
  attrs: { msg: string },
  results: {},
  traits: ["writes"],
  format: "$arg `,` $msg attr-dict",
  evaluate({ arg }, { msg }) {
    if (arg === 0) throw new Error(`assertion failed: ${msg}`);
    return {};
  },
});
