/** @file `scf.for` and `scf.while`. */

import { defineOp } from "../../define.js";
import type { Value } from "../../graph.js";
import { anyType, boolScalar, optionalAttr, scalarOf, unit, variadic } from "../../kinds.js";
import type { Scalar } from "../../scalar.js";
import type { Assembly } from "../../text/assembly.js";
import { declare, parseBindings, parseName, printBindings, printTypeList } from "../../text/bindings.js";
import { elementOf } from "../../types.js";
import { signlessOf } from "../arith/signless.js";
import { checkRegion, differ, typesOf } from "./yield.js";

const bound = scalarOf("an index or signless integer", "index", "i64", "i32", "i16", "i8");

const forAssembly: Assembly = {
  print(op, printer) {
    const [lower, upper, step, ...inits] = op.operands;
    const [iv, ...carried] = op.region(0).blocks[0]!.args;
    if (op.attrs["unsignedCmp"]) printer.text(" unsigned");
    printer.text(" ");
    printer.value(iv!);
    [" = ", " to ", " step "].forEach((word, i) => {
      printer.text(word);
      printer.value([lower!, upper!, step!][i]!);
    });
    if (carried.length > 0) {
      printer.text(" iter_args");
      printBindings(printer, carried, inits);
      printer.text(" -> ");
      printTypeList(printer, typesOf(inits));
    }
    if (!(lower!.type.kind === "scalar" && lower!.type.element === "index")) {
      printer.text(" : ");
      printer.type(lower!.type);
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false, hideTerminator: carried.length === 0 });
    printer.attrDict(op, ["unsignedCmp"]);
  },
  parse(parser, def) {
    const unsigned = parser.tryKeyword("unsigned");
    const iv = parseName(parser);
    parser.punct("=");
    const lower = parser.operand();
    parser.keyword("to");
    const upper = parser.operand();
    parser.keyword("step");
    const bounds = [lower, upper, parser.operand()];
    const carried = parser.tryKeyword("iter_args") ? parseBindings(parser) : { names: [], values: [] };
    if (carried.names.length > 0) parser.punct("->");
    const results = carried.names.length > 0 ? parser.resultTypes() : [];
    const type = parser.tryPunct(":") ? parser.type() : parser.context.types.scalar("index");
    parser.expectTypes(bounds, [type, type, type]);
    parser.expectTypes(carried.values, results);
    const args = declare([iv, ...carried.names], [type, ...typesOf(carried.values)]);
    const region = parser.region(args, parser.opNamed("scf.yield"));
    const known = unsigned ? { unsignedCmp: true } : {};
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    return { operands: [...bounds, ...carried.values], results, regions: [region], attrs, extra };
  },
};

export const forOp = defineOp("scf.for", {
  summary: "Counts from a lower bound to an upper one, which it does not reach, carrying values from turn to turn.",
  operands: { lowerBound: bound, upperBound: bound, step: bound, initArgs: variadic(anyType) },
  attrs: { unsignedCmp: optionalAttr(unit) },
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: forAssembly,
  infer: ({ initArgs }) => ({ results: initArgs }),
  verify(op) {
    const [lower, upper, step, ...inits] = typesOf(op.operands);
    if (lower !== upper || lower !== step) return "the bounds and the step must have one type";
    return checkRegion(op, 0, { args: [lower!, ...inits], yields: inits });
  },
  evaluate({ lowerBound, upperBound, step, initArgs }, { unsignedCmp }, evaluation) {
    const { compare, operations, signed } = signlessOf(elementOf(evaluation.op.operand(0).type));
    if (Number(signed(step)) <= 0) throw new Error(`the step is ${step}, which is not positive`);
    const below = unsignedCmp ? compare.ult : compare.slt;
    let carried = initArgs;
    for (let i: Scalar = lowerBound; below(i, upperBound); i = operations.addi(i, step)) {
      carried = evaluation.run(0, carried.length === 0 ? [i] : [i, ...carried]);
    }
    return { results: carried };
  },
});

export const condition = defineOp("scf.condition", {
  summary: "Ends the first region of `scf.while`: whether to go on, and with what.",
  operands: { condition: boolScalar, args: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "`(` $condition `)` attr-dict ($args^ `:` type($args))?",
});

const whileAssembly: Assembly = {
  print(op, printer) {
    const { args } = op.region(0).blocks[0]!;
    if (args.length > 0) {
      printer.text(" ");
      printBindings(printer, args, op.operands);
    }
    printer.text(" : ");
    printer.functionType(
      typesOf(op.operands),
      op.results.map((r) => r.type),
    );
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false });
    printer.text(" do ");
    printer.region(op.region(1));
    printer.attrDict(op, [], "attributes");
  },
  parse(parser, def) {
    const bindings = parser.peek("(") ? parseBindings(parser) : { names: [], values: [] };
    parser.punct(":");
    const { inputs, results } = parser.functionType();
    parser.expectTypes(bindings.values, inputs);
    const before = parser.region(declare(bindings.names, typesOf(bindings.values)));
    parser.keyword("do");
    const after = parser.region();
    const dict = parser.tryKeyword("attributes") ? parser.attrDict() : {};
    return { operands: bindings.values, results, regions: [before, after], ...parser.splitAttrs(def, dict) };
  },
};

export const whileOp = defineOp("scf.while", {
  summary: "Runs its first region; while that says so, its second, whose values go back to the first.",
  operands: { inits: variadic(anyType) },
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["before", "after"],
  traits: ["loop"],
  format: whileAssembly,
  infer: (_, __, { regions }) => ({ results: regions[0]?.yields.slice(1) ?? [] }),
  verify(op) {
    const last = op.region(0).blocks.at(-1)?.last;
    const forwarded = typesOf(condition.matches(last) ? last!.operands.slice(1) : []);
    if (!condition.matches(last)) return "the first region must end with scf.condition";
    const inits = typesOf(op.operands);
    const problem = differ(
      "it gives",
      op.results.map((r: Value) => r.type),
      forwarded,
    );
    return [
      ...(problem === undefined ? [] : [problem]),
      ...checkRegion(op, 0, { args: inits }),
      ...checkRegion(op, 1, { args: forwarded, yields: inits }),
    ];
  },
  evaluate({ inits }, _, evaluation) {
    for (let args = inits; ; ) {
      const [goOn, ...forwarded] = evaluation.run(0, args);
      if (goOn === 0) return { results: forwarded };
      args = evaluation.run(1, forwarded);
    }
  },
});
