/** @file `scf.parallel` with its reductions, and `scf.forall` over shared outputs. */

import { type Datum, defineOp } from "../../define.js";
import { Block, newRegion, type Operation, type Value } from "../../graph.js";
import { anyAttr, anyType, i64Array, indexScalar, optionalAttr, variadic } from "../../kinds.js";
import { advance, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import { numericsOf } from "../../scalar.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { declare, parseBindings, parseNames, printBindings, printTypeList } from "../../text/bindings.js";
import { checkMixed, mixedNumbers, parseMixed, printMixed } from "../../text/mixed-indices.js";
import { checkRegion, differ, typesOf } from "./yield.js";

function printList(printer: OpPrinter, word: string, values: readonly Value[]): void {
  printer.text(`${word}(`);
  printer.values(values);
  printer.text(")");
}

function parseList(parser: OpParser): readonly Value[] {
  return parser.list("(", ")", () => parser.operand());
}

interface ParallelOperands {
  readonly lowerBound: readonly Value[];
  readonly upperBound: readonly Value[];
  readonly step: readonly Value[];
  readonly initVals: readonly Value[];
}

const parallelAssembly: Assembly = {
  print(op, printer) {
    const { lowerBound, upperBound, step, initVals } = op.def.operandsOf(op) as unknown as ParallelOperands;
    printList(printer, " ", op.region(0).blocks[0]!.args);
    printList(printer, " = ", lowerBound);
    printList(printer, " to ", upperBound);
    printList(printer, " step ", step);
    if (initVals.length > 0) {
      printList(printer, " init ", initVals);
      printer.text(" -> ");
      if (op.results.length === 1) printer.type(op.result.type);
      else
        printTypeList(
          printer,
          op.results.map((r) => r.type),
        );
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false });
    printer.attrDict(op, ["*segments"]);
  },
  parse(parser, def) {
    const names = parseNames(parser);
    parser.punct("=");
    const lower = parseList(parser);
    parser.keyword("to");
    const upper = parseList(parser);
    parser.keyword("step");
    const step = parseList(parser);
    const inits = parser.tryKeyword("init") ? parseList(parser) : [];
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    const index = parser.context.types.scalar("index");
    const region = parser.region(
      declare(
        names,
        names.map(() => index),
      ),
      parser.opNamed("scf.reduce"),
    );
    const groups = [lower, upper, step, inits];
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict());
    return { operands: groups.flat(), segments: groups.map((g) => g.length), results, regions: [region], attrs, extra };
  },
};

/** Calls `f` for every point between bounds, in row-major order. */
export function forEachPoint(
  lower: readonly number[],
  upper: readonly number[],
  step: readonly number[],
  f: (point: readonly number[]) => void,
): void {
  step.forEach((s) => {
    if (s <= 0) throw new Error(`the step is ${s}, which is not positive`);
  });
  const sizes = lower.map((low, i) => Math.max(0, Math.ceil((upper[i]! - low) / step[i]!)));
  const at = sizes.map(() => 0);
  for (let left = sizeOf(sizes); left > 0; left--) {
    f(at.map((x, i) => lower[i]! + x * step[i]!));
    advance(at, sizes);
  }
}

export const parallel = defineOp("scf.parallel", {
  summary: "Runs its region at every point, in any order; values that points give are reduced in order.",
  operands: {
    lowerBound: variadic(indexScalar),
    upperBound: variadic(indexScalar),
    step: variadic(indexScalar),
    initVals: variadic(anyType),
  },
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: parallelAssembly,
  infer: ({ initVals }) => ({ results: initVals }),
  verify(op) {
    const { lowerBound, upperBound, step, initVals } = op.def.operandsOf(op) as unknown as ParallelOperands;
    if (lowerBound.length !== upperBound.length || lowerBound.length !== step.length)
      return "has bounds and steps of different lengths";
    const last = op.region(0).blocks.at(-1)?.last;
    if (!reduce.matches(last)) return "its region must end with scf.reduce";
    const problem = differ("its region reduces", typesOf(last!.operands), typesOf(initVals));
    return [...checkRegion(op, 0, { args: typesOf(lowerBound) }), ...(problem === undefined ? [] : [problem])];
  },
  evaluate({ lowerBound, upperBound, step, initVals }, _, evaluation) {
    const reduction = evaluation.op.region(0).blocks.at(-1)!.last!;
    const results = [...initVals];
    forEachPoint(lowerBound as number[], upperBound as number[], step as number[], (point) => {
      const values = evaluation.run(0, point);
      values.forEach((x, i) => {
        results[i] = evaluation.runRegion(reduction.region(i), [results[i]!, x])[0]!;
      });
    });
    return { results };
  },
});

const reduceAssembly: Assembly = {
  print(op, printer) {
    if (op.operands.length > 0) {
      printer.text("(");
      printer.values(op.operands);
      printer.text(" : ");
      printer.types(typesOf(op.operands));
      printer.text(")");
    }
    op.regions.forEach((region, i) => {
      printer.text(i > 0 ? ", " : " ");
      printer.region(region);
    });
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const operands: Value[] = [];
    if (parser.tryPunct("(")) {
      operands.push(...parser.operands());
      parser.punct(":");
      const types = [parser.type()];
      while (parser.tryPunct(",")) types.push(parser.type());
      parser.expectTypes(operands, types);
      parser.punct(")");
    }
    const regions = operands.map((_, i) => {
      if (i > 0) parser.punct(",");
      return parser.region();
    });
    return { operands, regions, ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const reduce = defineOp("scf.reduce", {
  summary: "Ends `scf.parallel`: each value is combined with what came before by its region.",
  operands: { operands: variadic(anyType) },
  attrs: {},
  results: {},
  regions: ["reductions*"],
  traits: ["terminator"],
  format: reduceAssembly,
  verify(op) {
    if (op.regions.length !== op.operands.length)
      return `${op.regions.length} regions for ${op.operands.length} values`;
    return op.operands.flatMap((x, i) => checkRegion(op, i, { args: [x.type, x.type] }));
  },
});

export const reduceReturn = defineOp("scf.reduce.return", {
  summary: "Gives the combination of two values.",
  operands: { result: anyType },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "$result attr-dict `:` type($result)",
});

export const inParallel = defineOp("scf.forall.in_parallel", {
  summary: "Ends `scf.forall`: puts what an iteration made into the shared outputs.",
  operands: {},
  attrs: {},
  results: {},
  regions: ["body"],
  traits: ["terminator", "no-terminator"],
  format: {
    print(op, printer) {
      printer.text(" ");
      printer.region(op.region(0), { entryArgs: false });
      printer.attrDict(op, []);
    },
    parse(parser, def) {
      const region = parser.region();
      const regions = [region.blocks.length === 0 ? newRegion(new Block()) : region];
      return { operands: [], regions, ...parser.splitAttrs(def, parser.attrDict()) };
    },
  },
});

interface ForallOperands {
  readonly dynamicLowerBound: readonly Value[];
  readonly dynamicUpperBound: readonly Value[];
  readonly dynamicStep: readonly Value[];
  readonly outputs: readonly Value[];
}

const PARENS = "()";

function isEmptyTerminator(op: Operation): boolean {
  const last = op.region(0).blocks[0]?.last;
  return inParallel.matches(last) && !last!.region(0).blocks[0]?.first;
}

const forallAssembly: Assembly = {
  print(op, printer) {
    const operands = op.def.operandsOf(op) as unknown as ForallOperands;
    const { staticLowerBound: lower, staticUpperBound: upper, staticStep: step } = forall.attrsOf(op);
    const args = op.region(0).blocks[0]!.args;
    printList(printer, " ", args.slice(0, upper.length));
    const isPlain = lower.every((n) => n === 0) && step.every((n) => n === 1);
    if (!isPlain) {
      printer.text(" = ");
      printMixed(printer, lower, operands.dynamicLowerBound, PARENS);
    }
    printer.text(isPlain ? " in " : " to ");
    printMixed(printer, upper, operands.dynamicUpperBound, PARENS);
    if (!isPlain) {
      printer.text(" step ");
      printMixed(printer, step, operands.dynamicStep, PARENS);
    }
    if (operands.outputs.length > 0) {
      printer.text(" shared_outs");
      printBindings(printer, args.slice(upper.length), operands.outputs);
      printer.text(" -> ");
      printTypeList(printer, typesOf(operands.outputs));
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false, hideTerminator: isEmptyTerminator(op) });
    printer.attrDict(op, ["staticLowerBound", "staticUpperBound", "staticStep", "*segments"]);
  },
  parse(parser, def) {
    const names = parseNames(parser);
    const none = { fixed: names.map(() => 0), values: [] };
    const ones = { fixed: names.map(() => 1), values: [] };
    const lower = parser.tryPunct("=") ? parseMixed(parser, PARENS) : none;
    parser.keyword(lower === none ? "in" : "to");
    const upper = parseMixed(parser, PARENS);
    if (lower !== none) parser.keyword("step");
    const step = lower === none ? ones : parseMixed(parser, PARENS);
    const shared = parser.tryKeyword("shared_outs") ? parseBindings(parser) : { names: [], values: [] };
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    parser.expectTypes(shared.values, results);
    const index = parser.context.types.scalar("index");
    const args = declare([...names, ...shared.names], [...names.map(() => index), ...typesOf(shared.values)]);
    const region = parser.region(args, parser.opNamed("scf.forall.in_parallel"));
    const groups = [lower.values, upper.values, step.values, shared.values];
    const known = { staticLowerBound: lower.fixed, staticUpperBound: upper.fixed, staticStep: step.fixed };
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    return { operands: groups.flat(), segments: groups.map((g) => g.length), results, regions: [region], attrs, extra };
  },
};

export const forall = defineOp("scf.forall", {
  summary: "Runs its region at every point, each apart; parts of shared outputs are put together afterwards.",
  operands: {
    dynamicLowerBound: variadic(indexScalar),
    dynamicUpperBound: variadic(indexScalar),
    dynamicStep: variadic(indexScalar),
    outputs: variadic(anyType),
  },
  attrs: {
    staticLowerBound: i64Array,
    staticUpperBound: i64Array,
    staticStep: i64Array,
    mapping: optionalAttr(anyAttr),
  },
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: forallAssembly,
  infer: ({ outputs }) => ({ results: outputs }),
  verify(op, { staticLowerBound: lower, staticUpperBound: upper, staticStep: step }) {
    const counts = op.segments ?? [];
    const problem =
      checkMixed("lower bounds", lower, counts[0]!, upper.length) ??
      checkMixed("upper bounds", upper, counts[1]!, upper.length) ??
      checkMixed("steps", step, counts[2]!, upper.length);
    return (
      problem ??
      (inParallel.matches(op.region(0).blocks[0]?.last) ? undefined : "its region must end with scf.forall.in_parallel")
    );
  },
  evaluate(inputs, { staticLowerBound, staticUpperBound, staticStep }, evaluation) {
    const { dynamicLowerBound, dynamicUpperBound, dynamicStep, outputs } = inputs;
    const lower = mixedNumbers(staticLowerBound, dynamicLowerBound);
    const upper = mixedNumbers(staticUpperBound, dynamicUpperBound);
    const step = mixedNumbers(staticStep, dynamicStep);
    const ending = evaluation.op.region(0).blocks[0]!.last!;
    const results = (outputs as readonly NdArray[]).map(copyOf);
    forEachPoint(lower, upper, step, (point) => {
      const own = (outputs as readonly NdArray[]).map(copyOf);
      evaluation.run(0, [...point, ...own] as readonly Datum[]);
      evaluation.runRegion(ending.region(0), []);
      own.forEach((array, i) => mergeChanges(results[i]!, array, outputs[i] as NdArray));
    });
    return { results };
  },
});

function copyOf(array: NdArray): NdArray {
  return { ...array, data: array.data.slice() };
}

/** Brings the elements over in which `array` differs from what it was. */
function mergeChanges(into: NdArray, array: NdArray, was: NdArray): void {
  const { toBits } = numericsOf(array.element);
  for (let i = 0; i < sizeOf(array.shape); i++) {
    const x = getScalar(array, i);
    if (toBits(x) !== toBits(getScalar(was, i))) setScalar(into, i, x);
  }
}
