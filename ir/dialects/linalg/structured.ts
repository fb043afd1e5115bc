/**
 * @file `linalg`'s structured operations: a loop nest as data. `indexing_maps` say which element of each operand a point
 * of the iteration space touches, `iterator_types` how its axes may be run, the region what happens at a point.
 */

import { type AffineMap, identityMap, affineMap as makeMap, printAffineMap } from "../../affine.js";
import type { Attr } from "../../attrs.js";
import type { BufferView } from "../../buffer.js";
import type { Builder } from "../../builder.js";
import type { Context } from "../../context.js";
import { createOp } from "../../create.js";
import { type AnyOpDef, defineOp, type Evaluation } from "../../define.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../graph.js";
import { affineMaps, anyType, i64, indexScalar, optionalAttr, string, variadic } from "../../kinds.js";
import { type Location, unknownLocation } from "../../location.js";
import { advance, type NdArray, sizeOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import type { Assembly, OpParser, OpPrinter, ParsedOp } from "../../text/assembly.js";
import { elementOf, isShaped, printType, type ScalarType, type Type } from "../../types.js";
import { type IteratorKind, iteratorTypes } from "./iterators.js";
import { isBuffer, iterationSizes, type Operand, walkOf } from "./walk.js";

export const yieldOp = defineOp("linalg.yield", {
  summary: "Gives the elements that a point writes, one per output.",
  operands: { values: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($values `:` type($values))?",
});

export const index = defineOp("linalg.index", {
  summary: "Where the point lies along an axis of the enclosing operation's iteration space.",
  operands: {},
  attrs: { dim: i64 },
  results: { result: indexScalar },
  traits: [],
  format: "$dim attr-dict `:` type($result)",
  infer: (_, __, { context }) => ({ result: context.types.scalar("index") }),
  verify(op, { dim }) {
    const owner = op.parent;
    if (!generic.matches(owner)) return "must be inside linalg.generic";
    const rank = generic.attrsOf(owner!).iterator_types.length;
    return dim >= 0 && dim < rank ? undefined : `there is no axis ${dim} among ${rank}`;
  },
  evaluate: (_, { dim }, evaluation) => ({ result: pointOf(evaluation.op.parent!, evaluation).at[dim]! }),
});

/** The point that a structured operation is at, for `linalg.index` inside it. */
function pointOf(op: Operation, evaluation: Evaluation): { at: readonly number[] } {
  return evaluation.perRun(op, () => ({ at: [] as readonly number[] }));
}

/** The result types: one for each output that is a tensor. */
function tensorsAmong(outputs: readonly Type[]): readonly Type[] {
  return outputs.filter((t) => t.kind === "tensor");
}

/** ` ins(%a, %b : t, t) outs(%c : t)`. */
function printOperands(op: Operation, printer: OpPrinter): void {
  const { inputs, outputs } = op.def.operandsOf(op) as { inputs: readonly Value[]; outputs: readonly Value[] };
  for (const [word, values] of [
    ["ins", inputs],
    ["outs", outputs],
  ] as const) {
    if (values.length === 0) continue;
    printer.text(` ${word}(`);
    printer.values(values);
    printer.text(" : ");
    printer.types(values.map((x) => x.type));
    printer.text(")");
  }
}

function parseOperands(parser: OpParser): { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] } {
  const group = (word: string): readonly Value[] => {
    if (!parser.tryKeyword(word)) return [];
    parser.punct("(");
    const values = parser.operands();
    if (values.length > 0) {
      parser.punct(":");
      const types = [parser.type()];
      while (parser.tryPunct(",")) types.push(parser.type());
      parser.expectTypes(values, types);
    }
    parser.punct(")");
    return values;
  };
  return { inputs: group("ins"), outputs: group("outs") };
}

function printResults(op: Operation, printer: OpPrinter): void {
  if (op.results.length === 0) return;
  printer.text(op.results.length === 1 ? " -> " : " -> (");
  printer.types(op.results.map((r) => r.type));
  if (op.results.length > 1) printer.text(")");
}

const SHOWN = ["indexing_maps", "iterator_types", "doc", "library_call", "*segments"];

const genericAssembly: Assembly = {
  print(op, printer) {
    const { doc, indexing_maps: maps, iterator_types: kinds, library_call: call } = generic.attrsOf(op);
    const parts = [
      ...(doc === undefined ? [] : [`doc = ${JSON.stringify(doc)}`]),
      `indexing_maps = [${maps.map((m) => `affine_map<${printAffineMap(m)}>`).join(", ")}]`,
      `iterator_types = [${kinds.map((k) => `"${k}"`).join(", ")}]`,
      ...(call === undefined ? [] : [`library_call = ${JSON.stringify(call)}`]),
    ];
    printer.text(` {${parts.join(", ")}}`);
    printOperands(op, printer);
    printer.attrDict(op, SHOWN, "attrs =");
    printer.text(" ");
    printer.region(op.region(0));
    printResults(op, printer);
  },
  parse(parser, def) {
    const dict = parser.attrDictOrAlias();
    const { inputs, outputs } = parseOperands(parser);
    const more = parser.tryKeyword("attrs") ? attrsAfterEquals(parser) : {};
    const regions = [parser.region()];
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    const { attrs, extra } = parser.splitAttrs(def, { ...dict, ...more });
    return {
      operands: [...inputs, ...outputs],
      segments: [inputs.length, outputs.length],
      regions,
      results,
      attrs,
      extra,
    };
  },
};

function attrsAfterEquals(parser: OpParser): Readonly<Record<string, Attr>> {
  parser.punct("=");
  return parser.attrDict();
}

export const generic = defineOp("linalg.generic", {
  summary: "A loop nest over operands: the region runs at every point and gives what the outputs become there.",
  operands: { inputs: variadic(anyType), outputs: variadic(anyType) },
  attrs: {
    indexing_maps: affineMaps,
    iterator_types: iteratorTypes,
    doc: optionalAttr(string),
    library_call: optionalAttr(string),
  },
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["reads", "writes"],
  format: genericAssembly,
  infer: ({ outputs }) => ({ results: tensorsAmong(outputs) }),
  verify: (op, { indexing_maps: maps, iterator_types: kinds }) => checkStructured(op, maps, kinds),
  evaluate({ inputs, outputs }, { indexing_maps: maps }, evaluation) {
    const point = pointOf(evaluation.op, evaluation);
    const results = runStructured(inputs as Operand[], outputs as Operand[], maps, (at, elements) => {
      point.at = at;
      return evaluation.run(0, elements) as readonly Scalar[];
    });
    return { results };
  },
});

/**
 * Runs `body` at every point in row-major order, with the elements of all operands there; what it gives is written to
 * the outputs. Memrefs are written in place; tensors come back as new arrays.
 */
export function runStructured(
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  maps: readonly AffineMap[],
  body: (point: readonly number[], elements: readonly Scalar[]) => readonly Scalar[],
): readonly NdArray[] {
  const written: readonly (BufferView | NdArray)[] = outputs.map((x) =>
    isBuffer(x) ? x : { ...(x as NdArray), data: (x as NdArray).data.slice() },
  );
  const operands = [...inputs, ...written];
  const sizes = iterationSizes(maps, operands);
  const walks = operands.map((x, i) => walkOf(x, maps[i]!, sizes));
  const point = sizes.map(() => 0);
  for (let left = sizeOf(sizes); left > 0; left--) {
    const elements = new Array<Scalar>(walks.length);
    for (let k = 0; k < walks.length; k++) elements[k] = walks[k]!.read(point);
    const values = body(point, elements);
    for (let k = 0; k < written.length; k++) walks[inputs.length + k]!.write(point, values[k]!);
    advance(point, sizes);
  }
  return written.filter((x): x is NdArray => !isBuffer(x));
}

function checkStructured(op: Operation, maps: readonly AffineMap[], kinds: readonly IteratorKind[]): readonly string[] {
  const problems: string[] = [];
  if (maps.length !== op.operands.length) return [`${maps.length} indexing maps for ${op.operands.length} operands`];
  const named = new Set<number>();
  maps.forEach((map, i) => {
    const { type } = op.operand(i);
    const rank = isShaped(type) ? type.shape.length : 0;
    if (map.numDims !== kinds.length || map.numSymbols > 0)
      problems.push(`map ${i} must take ${kinds.length} dims and no symbols`);
    if (map.results.length !== rank)
      problems.push(`map ${i} gives ${map.results.length} indices for ${printType(type)}`);
    for (const e of map.results) if (e.kind === "dim") named.add(e.position);
  });
  kinds.forEach((_, d) => {
    if (!named.has(d)) problems.push(`no operand is indexed by d${d} alone, so its size is not known`);
  });
  return [...problems, ...checkBody(op)];
}

/** The region takes an element of every operand and yields one for every output. */
function checkBody(op: Operation): readonly string[] {
  const block = op.region(0).blocks[0];
  const element = (x: Value): string => (isShaped(x.type) ? elementOf(x.type) : printType(x.type));
  const wanted = op.operands.map(element);
  const args = (block?.args ?? []).map((x) => printType(x.type));
  const yielded = (block?.last?.operands ?? []).map((x) => printType(x.type));
  const outputs = (op.def.operandsOf(op)["outputs"] as readonly Value[]).map(element);
  const problems: string[] = [];
  if (args.join() !== wanted.join())
    problems.push(`the region takes (${args.join(", ")}) instead of (${wanted.join(", ")})`);
  if (yielded.join() !== outputs.join())
    problems.push(`the region yields (${yielded.join(", ")}) instead of (${outputs.join(", ")})`);
  return problems;
}

const fillAssembly: Assembly = {
  print(op, printer) {
    printer.attrDict(op, ["*segments"]);
    printOperands(op, printer);
    printResults(op, printer);
  },
  parse(parser, def): ParsedOp {
    const dict = parser.attrDict();
    const { inputs, outputs } = parseOperands(parser);
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    const [value, output] = [inputs[0], outputs[0]];
    if (!value || !output || inputs.length + outputs.length > 2)
      return parser.fail("expected one input and one output");
    const regions = [fillBody(parser.context, value.type, output.type, parser.location())];
    return { operands: [...inputs, ...outputs], segments: [1, 1], regions, results, ...parser.splitAttrs(def, dict) };
  },
};

/** `^bb0(%value, %out): linalg.yield %value`. */
function fillBody(context: Context, value: Type, output: Type, at: Location): Region {
  const element = context.types.scalar(elementOf(output));
  const block = new Block([value.kind === "scalar" ? value : element, element]);
  block.append(createOp(context, yieldOp as unknown as AnyOpDef, { operands: [block.args[0]!], attrs: {}, at }));
  return newRegion(block);
}

export const fill = defineOp("linalg.fill", {
  summary: "Sets every element of an output to one value.",
  operands: { inputs: variadic(anyType), outputs: variadic(anyType) },
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["writes"],
  format: fillAssembly,
  infer: ({ outputs }) => ({ results: tensorsAmong(outputs) }),
  verify(op) {
    const [value, output] = op.operands;
    if (op.operands.length !== 2 || value!.type.kind !== "scalar" || !isShaped(output!.type))
      return "takes a value and an output";
    return (value!.type as ScalarType).element === output!.type.element
      ? undefined
      : `${printType(value!.type)} is no element of ${printType(output!.type)}`;
  },
  evaluate({ inputs: [value], outputs: [output] }) {
    const rank = (output as NdArray).shape.length;
    const maps = [makeMap(rank, 0, []), identityMap(rank)];
    return { results: runStructured([value as Scalar], [output as Operand], maps, (_, [x]) => [x!]) };
  },
});

/** Makes `linalg.fill`; gives the filled tensor, or nothing for a memref. */
export function buildFill(builder: Builder, value: Value, output: Value): Value | undefined {
  const regions = [fillBody(builder.context, value.type, output.type, builder.at ?? unknownLocation)];
  return builder.op(fill, { inputs: [value], outputs: [output] }, {}, { regions }).results[0];
}

/** Makes `linalg.generic` over operands; `body` gets an element of each and gives one per output. */
export function buildGeneric(
  builder: Builder,
  parts: {
    readonly inputs: readonly Value[];
    readonly outputs: readonly Value[];
    readonly maps: readonly AffineMap[];
    readonly iterators: readonly IteratorKind[];
  },
  body: (builder: Builder, elements: readonly Value[]) => readonly Value[],
): Operation {
  const { inputs, outputs, maps, iterators } = parts;
  const { types } = builder.context;
  const args = [...inputs, ...outputs].map((x) => (isShaped(x.type) ? types.scalar(x.type.element) : x.type));
  const region = builder.region(args, (b, elements) => b.op(yieldOp, { values: body(b, elements) }, {}));
  return builder.op(
    generic,
    { inputs, outputs },
    { indexing_maps: maps, iterator_types: iterators },
    { regions: [region] },
  );
}
