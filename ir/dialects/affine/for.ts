/** @file `affine.for` and `affine.if`: bounds and conditions are affine in outer indices and symbols. */

import { type AffineMap, constantMap, type IntegerSet, affineMap as makeMap, printIntegerSet } from "../../affine.js";
import { runMap, runSet } from "../../affine-compile.js";
import { affineSymbol, constantValue } from "../../affine-expr.js";
import type { Builder } from "../../builder.js";
import { defineOp } from "../../define.js";
import { newRegion, type Operation, type Value } from "../../graph.js";
import { affineMap, anyType, indexScalar, integerSet, intKind, variadic } from "../../kinds.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { declare, parseBindings, parseName, printBindings, printTypeList } from "../../text/bindings.js";
import type { Type } from "../../types.js";
import { differ, typesOf } from "../scf/yield.js";
import { checkMapOperands, parseMap, parseSet, printMap, printMapOperands } from "./maps.js";

export const yieldOp = defineOp("affine.yield", {
  summary: "Ends a region and gives its values to the operation around it.",
  operands: { operands: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($operands `:` type($operands))?",
});

/** What is wrong with the arguments of region `index` and what it yields, or nothing. */
export function checkAffineRegion(
  op: Operation,
  index: number,
  args: readonly Type[],
  yields: readonly Type[],
): readonly string[] {
  const block = op.region(index).blocks[0];
  const last = block?.last;
  if (!block || !yieldOp.matches(last)) return ["a region must end with affine.yield"];
  const problems = [
    differ("the region takes", typesOf(block.args), args),
    differ("the region yields", typesOf(last!.operands), yields),
  ];
  return problems.filter((p) => p !== undefined);
}

const symbolIdentity = makeMap(0, 1, [affineSymbol(0)]);

function isSymbolIdentity(map: AffineMap): boolean {
  return map.numDims === 0 && map.numSymbols === 1 && map.results.length === 1 && map.results[0]!.kind === "symbol";
}

/** `7`, `%n`, `affine_map<…>(%i)`, or with `word` in front where the map has several results. */
function printBound(printer: OpPrinter, map: AffineMap, operands: readonly Value[], word: "max" | "min"): void {
  const [only] = map.results;
  const constant =
    map.numDims + map.numSymbols === 0 && map.results.length === 1 && only ? constantValue(only) : undefined;
  if (constant !== undefined) {
    printer.text(String(constant));
    return;
  }
  if (isSymbolIdentity(map)) {
    printer.value(operands[0]!);
    return;
  }
  if (map.results.length > 1) printer.text(`${word} `);
  printMap(printer, map, operands);
}

function parseBound(
  parser: OpParser,
  word: "max" | "min",
): { readonly map: AffineMap; readonly operands: readonly Value[] } {
  const value = parser.tryOperand();
  if (value) return { map: symbolIdentity, operands: [value] };
  const constant = parser.tryInteger();
  if (constant !== undefined) return { map: constantMap(Number(constant)), operands: [] };
  const isSeveral = parser.tryKeyword(word);
  const bound = parseMap(parser);
  if (!isSeveral && bound.map.results.length !== 1) parser.fail(`a bound of several results begins with '${word}'`);
  return bound;
}

interface ForOperands {
  readonly lowerBoundOperands: readonly Value[];
  readonly upperBoundOperands: readonly Value[];
  readonly inits: readonly Value[];
}

const forAssembly: Assembly = {
  print(op, printer) {
    const { lowerBoundOperands, upperBoundOperands, inits } = op.def.operandsOf(op) as unknown as ForOperands;
    const { lowerBoundMap, upperBoundMap, step } = forOp.attrsOf(op);
    const [iv, ...carried] = op.region(0).blocks[0]!.args;
    printer.text(" ");
    printer.value(iv!);
    printer.text(" = ");
    printBound(printer, lowerBoundMap, lowerBoundOperands, "max");
    printer.text(" to ");
    printBound(printer, upperBoundMap, upperBoundOperands, "min");
    if (step !== 1) printer.text(` step ${step}`);
    if (carried.length > 0) {
      printer.text(" iter_args");
      printBindings(printer, carried, inits);
      printer.text(" -> ");
      printTypeList(printer, typesOf(inits));
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false, hideTerminator: carried.length === 0 });
    printer.attrDict(op, ["lowerBoundMap", "upperBoundMap", "step", "*segments"]);
  },
  parse(parser, def) {
    const iv = parseName(parser);
    parser.punct("=");
    const lower = parseBound(parser, "max");
    parser.keyword("to");
    const upper = parseBound(parser, "min");
    const step = parser.tryKeyword("step") ? Number(parser.integer()) : 1;
    const carried = parser.tryKeyword("iter_args") ? parseBindings(parser) : { names: [], values: [] };
    if (carried.names.length > 0) parser.punct("->");
    const results = carried.names.length > 0 ? parser.resultTypes() : [];
    parser.expectTypes(carried.values, results);
    const index = parser.context.types.scalar("index");
    const args = declare([iv, ...carried.names], [index, ...typesOf(carried.values)]);
    const region = parser.region(args, parser.opNamed("affine.yield"));
    const groups = [lower.operands, upper.operands, carried.values];
    const known = { lowerBoundMap: lower.map, upperBoundMap: upper.map, step };
    const { attrs, extra } = parser.splitAttrs(def, parser.attrDict(), known);
    return { operands: groups.flat(), segments: groups.map((g) => g.length), results, regions: [region], attrs, extra };
  },
};

export const forOp = defineOp("affine.for", {
  summary: "Counts from the greatest of the lower bounds to the least of the upper ones, which it does not reach.",
  operands: {
    lowerBoundOperands: variadic(indexScalar),
    upperBoundOperands: variadic(indexScalar),
    inits: variadic(anyType),
  },
  attrs: { lowerBoundMap: affineMap, upperBoundMap: affineMap, step: intKind("index") },
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: forAssembly,
  infer: ({ inits }) => ({ results: inits }),
  verify(op, { lowerBoundMap, upperBoundMap, step }) {
    const { lowerBoundOperands, upperBoundOperands, inits } = op.def.operandsOf(op) as unknown as ForOperands;
    if (step <= 0) return `the step is ${step}, which is not positive`;
    if (lowerBoundMap.results.length === 0 || upperBoundMap.results.length === 0) return "a bound has no results";
    const problem =
      checkMapOperands("lower bound", lowerBoundMap, lowerBoundOperands) ??
      checkMapOperands("upper bound", upperBoundMap, upperBoundOperands);
    if (problem !== undefined) return problem;
    const [iv] = op.region(0).blocks[0]?.args ?? [];
    if (!iv || !indexScalar.accepts(iv.type)) return "the region must take an index";
    return checkAffineRegion(op, 0, [iv.type, ...typesOf(inits)], typesOf(inits));
  },
  evaluate({ lowerBoundOperands, upperBoundOperands, inits }, { lowerBoundMap, upperBoundMap, step }, evaluation) {
    const lower = Math.max(...runMap(lowerBoundMap, lowerBoundOperands as readonly number[]));
    const upper = Math.min(...runMap(upperBoundMap, upperBoundOperands as readonly number[]));
    let carried = inits;
    for (let i = lower; i < upper; i += step) carried = evaluation.run(0, carried.length === 0 ? [i] : [i, ...carried]);
    return { results: carried };
  },
});

const ifAssembly: Assembly = {
  print(op, printer) {
    const condition = op.attrs["condition"] as IntegerSet;
    const options = { hideTerminator: op.results.length === 0 };
    printer.text(` affine_set<${printIntegerSet(condition)}>`);
    printMapOperands(printer, condition, op.operands);
    if (op.results.length === 1) {
      printer.text(" -> ");
      printer.type(op.result.type);
    } else if (op.results.length > 1) {
      printer.text(" -> ");
      printTypeList(printer, typesOf(op.results));
    }
    printer.text(" ");
    printer.region(op.region(0), options);
    if (op.region(1).blocks.length > 0) {
      printer.text(" else ");
      printer.region(op.region(1), options);
    }
    printer.attrDict(op, ["condition"]);
  },
  parse(parser, def) {
    const { set: condition, operands } = parseSet(parser);
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    const end = parser.opNamed("affine.yield");
    const then = parser.region([], end);
    const otherwise = parser.tryKeyword("else") ? parser.region([], end) : newRegion();
    return {
      operands,
      results,
      regions: [then, otherwise],
      ...parser.splitAttrs(def, parser.attrDict(), { condition }),
    };
  },
};

export const ifOp = defineOp("affine.if", {
  summary: "Runs one of two regions, by whether a point lies in a set.",
  operands: { operands: variadic(indexScalar) },
  attrs: { condition: integerSet },
  results: { results: variadic(anyType) },
  regions: ["then", "else"],
  traits: [],
  format: ifAssembly,
  verify(op, { condition }) {
    const problem = checkMapOperands("set", condition, op.operands);
    if (problem !== undefined) return problem;
    const results = typesOf(op.results);
    const hasElse = op.region(1).blocks.length > 0;
    if (!hasElse && results.length > 0) return "needs a second region for its results";
    return [...checkAffineRegion(op, 0, [], results), ...(hasElse ? checkAffineRegion(op, 1, [], results) : [])];
  },
  evaluate({ operands }, { condition }, evaluation) {
    const holds = runSet(condition, operands as readonly number[]);
    const isAbsent = !holds && evaluation.op.region(1).blocks.length === 0;
    return { results: isAbsent ? [] : evaluation.run(holds ? 0 : 1, []) };
  },
});

/** A bound of an `affine.for` to be built: a number, a value that is a symbol, or a map with its operands. */
export type Bound = number | Value | { readonly map: AffineMap; readonly operands: readonly Value[] };

function boundOf(bound: Bound): { readonly map: AffineMap; readonly operands: readonly Value[] } {
  if (typeof bound === "number") return { map: constantMap(bound), operands: [] };
  return "map" in bound ? bound : { map: symbolIdentity, operands: [bound] };
}

/** Makes `affine.for`; `body` gets the index and the carried values and gives what is carried on. */
export function buildFor(
  builder: Builder,
  {
    lower,
    upper,
    step = 1,
    inits = [],
  }: { readonly lower: Bound; readonly upper: Bound; readonly step?: number; readonly inits?: readonly Value[] },
  body: (builder: Builder, index: Value, carried: readonly Value[]) => readonly Value[],
): Operation {
  const [low, high] = [boundOf(lower), boundOf(upper)];
  const args = [builder.context.types.scalar("index"), ...typesOf(inits)];
  const region = builder.region(args, (b, [index, ...carried]) => {
    b.op(yieldOp, { operands: body(b, index!, carried) }, {});
  });
  const operands = { lowerBoundOperands: low.operands, upperBoundOperands: high.operands, inits };
  return builder.op(forOp, operands, { lowerBoundMap: low.map, upperBoundMap: high.map, step }, { regions: [region] });
}
