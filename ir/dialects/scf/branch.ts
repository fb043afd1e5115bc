/** @file `scf.if`, `scf.index_switch` and `scf.execute_region`. */

import { defineOp } from "../../define.js";
import { newRegion, type Operation } from "../../graph.js";
import { anyType, boolScalar, i64Array, indexScalar, variadic } from "../../kinds.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { printTypeList } from "../../text/bindings.js";
import type { Type } from "../../types.js";
import { checkRegion } from "./yield.js";

function resultTypes(op: Operation): readonly Type[] {
  return op.results.map((r) => r.type);
}

function printResults(op: Operation, printer: OpPrinter): void {
  if (op.results.length === 0) return;
  printer.text(" -> ");
  printTypeList(printer, resultTypes(op));
}

function parseResults(parser: OpParser): readonly Type[] {
  return parser.tryPunct("->") ? parser.resultTypes() : [];
}

const ifAssembly: Assembly = {
  print(op, printer) {
    const options = { hideTerminator: op.results.length === 0 };
    printer.text(" ");
    printer.value(op.operand(0));
    printResults(op, printer);
    printer.text(" ");
    printer.region(op.region(0), options);
    if (op.region(1).blocks.length > 0) {
      printer.text(" else ");
      printer.region(op.region(1), options);
    }
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const condition = parser.operand();
    const results = parseResults(parser);
    const end = parser.opNamed("scf.yield");
    const then = parser.region([], end);
    const otherwise = parser.tryKeyword("else") ? parser.region([], end) : newRegion();
    return { operands: [condition], results, regions: [then, otherwise], ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const ifOp = defineOp("scf.if", {
  summary: "Runs one of two regions; without results the second may be absent.",
  operands: { condition: boolScalar },
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["then", "else"],
  traits: [],
  format: ifAssembly,
  verify(op) {
    const results = resultTypes(op);
    const hasElse = op.region(1).blocks.length > 0;
    if (!hasElse && results.length > 0) return "needs a second region for its results";
    return [
      ...checkRegion(op, 0, { args: [], yields: results }),
      ...(hasElse ? checkRegion(op, 1, { args: [], yields: results }) : []),
    ];
  },
  evaluate({ condition }, _, evaluation) {
    const isAbsent = condition === 0 && evaluation.op.region(1).blocks.length === 0;
    return { results: isAbsent ? [] : evaluation.run(condition === 0 ? 1 : 0, []) };
  },
});

const switchAssembly: Assembly = {
  print(op, printer) {
    const options = { hideTerminator: op.results.length === 0 };
    printer.text(" ");
    printer.value(op.operand(0));
    printer.attrDict(op, ["cases"]);
    if (op.results.length === 1) printer.text(" -> ");
    // Here upstream refuses parentheses around a single type.
    if (op.results.length === 1) printer.type(op.result.type);
    else printResults(op, printer);
    (op.attrs["cases"] as readonly number[]).forEach((value, i) => {
      printer.text(` case ${value} `);
      printer.region(op.region(i + 1), options);
    });
    printer.text(" default ");
    printer.region(op.region(0), options);
  },
  parse(parser, def) {
    const argument = parser.operand();
    const dict = parser.attrDict();
    const results = parseResults(parser);
    const end = parser.opNamed("scf.yield");
    const cases: number[] = [];
    const regions = [];
    while (parser.tryKeyword("case")) {
      cases.push(Number(parser.integer()));
      regions.push(parser.region([], end));
    }
    parser.keyword("default");
    regions.unshift(parser.region([], end));
    return { operands: [argument], results, regions, ...parser.splitAttrs(def, dict, { cases }) };
  },
};

export const indexSwitch = defineOp("scf.index_switch", {
  summary: "Runs the region of the case that equals its argument, or the default one.",
  operands: { arg: indexScalar },
  attrs: { cases: i64Array },
  results: { results: variadic(anyType) },
  regions: ["default", "cases*"],
  traits: [],
  format: switchAssembly,
  verify(op, { cases }) {
    if (op.regions.length !== cases.length + 1) return `${op.regions.length - 1} regions for ${cases.length} cases`;
    if (new Set(cases).size !== cases.length) return "two cases are equal";
    return op.regions.flatMap((_, i) => checkRegion(op, i, { args: [], yields: resultTypes(op) }));
  },
  evaluate: ({ arg }, { cases }, evaluation) => ({ results: evaluation.run(cases.indexOf(arg as number) + 1, []) }),
});

const executeAssembly: Assembly = {
  print(op, printer) {
    printResults(op, printer);
    printer.text(" ");
    printer.region(op.region(0));
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const results = parseResults(parser);
    const regions = [parser.region([], parser.opNamed("scf.yield"))];
    return { operands: [], results, regions, ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const executeRegion = defineOp("scf.execute_region", {
  summary: "Runs its region, which may have several blocks, once.",
  operands: {},
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: [],
  format: executeAssembly,
  verify: (op) => checkRegion(op, 0, { args: [], yields: resultTypes(op) }),
  evaluate: (_, __, evaluation) => ({ results: evaluation.run(0, []) }),
});
