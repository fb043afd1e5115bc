/** @file Structured forms of reductions, maps and contractions: generics with reduction iterators. */

import { type AffineMap, affineMap, identityMap } from "../../../ir/affine.js";
import { affineDim } from "../../../ir/affine-expr.js";
import type { AnyOpDef } from "../../../ir/define.js";
import type { DotDimensionNumbers } from "../../../ir/dialects/stablehlo/attributes.js";
import * as dot from "../../../ir/dialects/stablehlo/dot.js";
import { add, multiply } from "../../../ir/dialects/stablehlo/elementwise.js";
import { reduce } from "../../../ir/dialects/stablehlo/reduce.js";
import { soleOperation } from "../../../ir/dialects/stablehlo/region-run.js";
import { otherAxes } from "../../../ir/dialects/stablehlo/shapes.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Region, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { convertElement } from "./convert-element.js";
import type { Converter, Structure } from "./converter.js";
import { emptyTensor, filledTensor, generic, type Output, parallel } from "./generic.js";
import { scalarRegion } from "./scalar-region.js";
import { scalarRow } from "./scalars.js";

const forget = (def: unknown): AnyOpDef => def as AnyOpDef;

export const parallelOr = (rank: number, reduced: readonly number[]): readonly ("parallel" | "reduction")[] =>
  Array.from({ length: rank }, (_, k) => (reduced.includes(k) ? "reduction" : "parallel"));

/** The iteration dimensions `dims` as positions. */
export const mapOf = (rank: number, dims: readonly number[]): AffineMap =>
  affineMap(
    rank,
    0,
    dims.map((d) => affineDim(d)),
  );

/** How a reduction accumulates: in which elements, and what its body does to numbers. */
export interface Accumulation {
  /** Where accumulation begins, before any conversion. */
  readonly inits: readonly Value[];
  /** StableHLO's elements of the accumulators. */
  readonly elements: readonly ElementType[];
  /** The accumulated numbers joined with the next ones, which have the elements of the operands. */
  join(accumulated: readonly Value[], next: readonly Value[]): readonly Value[];
  /** The tensors accumulated, as the results are to be. */
  finish(results: readonly Value[]): readonly Value[];
}

/**
 * Of an operation with operands `inputs` and a body, region 0 unless another is given. Sums and products of narrow floats accumulate in
 * f32 and are rounded once at the end; other bodies compute in the elements they are written for.
 */
export function accumulationOf(
  to: Converter,
  op: Operation,
  inputs: readonly Value[],
  inits: readonly Value[],
  body: Region = op.region(0),
): Accumulation {
  const own = op.results.map((r) => elementOf(r.type));
  const sole = soleOperation(body);
  const widens = sole === forget(add) || sole === forget(multiply);
  const elements = widens ? own.map(accumulatorOf) : own;
  const block = body.blocks[0]!;
  const converted = (values: readonly Value[], from: readonly Value[]) =>
    values.map((x, k) => convertElement(to.builder, x, elementOf(from[k]!.type), elements[k]!));
  return {
    inits: converted(
      inits.map((x) => to.elementOfScalarTensor(x)),
      inits,
    ),
    elements,
    join(accumulated, next) {
      const operands = [...accumulated, ...converted(next, inputs)];
      if (!widens) return scalarRegion(to, block, operands);
      const row = scalarRow(sole.name, elements[0]!)!;
      return [row({ b: to.builder, element: elements[0]! }, ...operands)];
    },
    finish: (results) => results.map((x, k) => convertTensor(to, x, elements[k]!, own[k]!)),
  };
}

/** The tensors that a reduction with results of these shapes begins with. */
export function accumulators(to: Converter, op: Operation, { inits, elements }: Accumulation): readonly Value[] {
  return inits.map((init, k) => {
    const type = to.type(to.context.types.withElement(to.resultType(op, k), elements[k]!));
    return filledTensor(to, type, init);
  });
}

const reduceStructure: Structure = (op, to) => {
  const { dimensions } = reduce.attrsOf(op);
  const { inputs, init_values: inits } = reduce.operandsOf(op);
  const rank = (inputs[0]!.type as TensorType).shape.length;
  const accumulation = accumulationOf(to, op, inputs, inits);
  const outMap = mapOf(rank, otherAxes(rank, dimensions));
  const results = generic(to, {
    iterators: parallelOr(rank, dimensions),
    inputs: inputs.map((x) => ({ value: to.value(x), map: identityMap(rank) })),
    outputs: accumulators(to, op, accumulation).map((init): Output => ({ init, map: outMap })),
    body: (_, args) => accumulation.join(args.slice(inputs.length), args.slice(0, inputs.length)),
  });
  return accumulation.finish(results);
};

const mapStructure: Structure = (op, to) => {
  const type = to.resultType(op);
  const inputs = to.operands(op).map((value) => ({ value, map: identityMap(type.shape.length) }));
  return [parallel(to, type, inputs, (_, args) => scalarRegion(to, op.region(0).blocks[0]!, args)[0]!)];
};

/** The dimensions of a contraction's iteration space: batch, left, right, then contracted. */
interface ContractionMaps {
  readonly lhs: AffineMap;
  readonly rhs: AffineMap;
  readonly out: AffineMap;
  readonly rank: number;
  readonly contracted: readonly number[];
}

function contractionMaps(numbers: DotDimensionNumbers, lhsRank: number, rhsRank: number): ContractionMaps {
  const {
    lhsBatchingDimensions: lb,
    rhsBatchingDimensions: rb,
    lhsContractingDimensions: lc,
    rhsContractingDimensions: rc,
  } = numbers;
  const lhsDims: number[] = [];
  const rhsDims: number[] = [];
  let next = 0;
  lb.forEach((axis, k) => {
    lhsDims[axis] = next;
    rhsDims[rb[k]!] = next++;
  });
  for (const axis of otherAxes(lhsRank, [...lb, ...lc])) lhsDims[axis] = next++;
  for (const axis of otherAxes(rhsRank, [...rb, ...rc])) rhsDims[axis] = next++;
  const outRank = next;
  lc.forEach((axis, k) => {
    lhsDims[axis] = next;
    rhsDims[rc[k]!] = next++;
  });
  return {
    lhs: mapOf(next, lhsDims),
    rhs: mapOf(next, rhsDims),
    out: mapOf(
      next,
      Array.from({ length: outRank }, (_, k) => k),
    ),
    rank: next,
    contracted: Array.from({ length: next - outRank }, (_, k) => outRank + k),
  };
}

const dotGeneral: Structure = (op, to) => contract(op, to, dot.dotGeneral.attrsOf(op).dot_dimension_numbers);

const dotStructure: Structure = (op, to) => {
  const lhsRank = (op.operand(0).type as TensorType).shape.length;
  return contract(op, to, {
    lhsBatchingDimensions: [],
    rhsBatchingDimensions: [],
    lhsContractingDimensions: [lhsRank - 1],
    rhsContractingDimensions: [0],
  });
};

function contract(op: Operation, to: Converter, numbers: DotDimensionNumbers): readonly Value[] {
  const [lhs, rhs] = op.operands.map((x) => x.type as TensorType);
  const maps = contractionMaps(numbers, lhs!.shape.length, rhs!.shape.length);
  const [a, b] = to.operands(op);
  return accumulateProducts(to, op, {
    iterators: parallelOr(maps.rank, maps.contracted),
    inputs: [
      { value: a!, map: maps.lhs },
      { value: b!, map: maps.rhs },
    ],
    outMap: maps.out,
  });
}

export interface Products {
  readonly iterators: readonly ("parallel" | "reduction")[];
  readonly inputs: readonly { readonly value: Value; readonly map: AffineMap }[];
  readonly outMap: AffineMap;
  /** The result's type where it is not the operation's own (an added group axis). */
  readonly type?: TensorType;
}

/**
 * Sums products of the first two inputs' elements, converted to the accumulator first: f16, bf16 and narrower
 * accumulate in f32 and are rounded once at the end, everything else in the result's own element.
 */
export function accumulateProducts(to: Converter, op: Operation, spec: Products): Value[] {
  const type = spec.type ?? to.resultType(op);
  const graphElement = elementOf(op.result.type);
  const accumulator = accumulatorOf(graphElement);
  const elements = op.operands.slice(0, 2).map((x) => elementOf(x.type));
  const accType = to.type(to.context.types.withElement(type, accumulator));
  const zero = to.zero(to.context.types.scalar(accType.element));
  const [sum] = generic(to, {
    iterators: spec.iterators,
    inputs: spec.inputs,
    outputs: [{ init: filledTensor(to, accType, zero), map: spec.outMap }],
    body: ({ b }, args) => {
      const [x, y] = [0, 1].map((k) => convertElement(b, args[k]!, elements[k]!, accumulator));
      const product = scalarRow("multiply", accumulator)!({ b, element: accumulator }, x!, y!);
      return [scalarRow("add", accumulator)!({ b, element: accumulator }, args.at(-1)!, product)];
    },
  });
  return [convertTensor(to, sum!, accumulator, graphElement)];
}

export function accumulatorOf(element: ElementType): ElementType {
  const { kind, bits } = elementFacts[element];
  return kind === "float" && bits < 32 ? "f32" : element;
}

/** Every element converted, between StableHLO's elements `from` and `element`. */
export function convertTensor(to: Converter, x: Value, from: ElementType, element: ElementType): Value {
  if (from === element) return x;
  const type = to.type(to.context.types.withElement(x.type as TensorType, element));
  const rank = type.shape.length;
  const map = identityMap(rank);
  return generic(to, {
    iterators: parallelOr(rank, []),
    inputs: [{ value: x, map }],
    outputs: [{ init: emptyTensor(to, type), map }],
    body: ({ b }, [e]) => [convertElement(b, e!, from, element)],
  })[0]!;
}

export const reductions: Readonly<Record<string, Structure>> = {
  "stablehlo.dot": dotStructure,
  "stablehlo.dot_general": dotGeneral,
  "stablehlo.map": mapStructure,
  "stablehlo.reduce": reduceStructure,
};
