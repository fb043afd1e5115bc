/** @file Structured forms of reductions and contractions: generics with reduction iterators. */

import { type AffineMap, affineMap } from "../../../ir/affine.js";
import { affineDim } from "../../../ir/affine-expr.js";
import type { DotDimensionNumbers } from "../../../ir/dialects/stablehlo/attributes.js";
import * as dot from "../../../ir/dialects/stablehlo/dot.js";
import { reduce } from "../../../ir/dialects/stablehlo/reduce.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { convertElement } from "./convert-element.js";
import type { Converter, Structure } from "./converter.js";
import { scalarRegion } from "./elementwise.js";
import { emptyTensor, filledTensor, generic, onlyElement } from "./generic.js";
import { scalarRow } from "./scalars.js";

const parallelOr = (rank: number, reduced: readonly number[]): readonly ("parallel" | "reduction")[] =>
  Array.from({ length: rank }, (_, k) => (reduced.includes(k) ? "reduction" : "parallel"));

const reduceStructure: Structure = (op, to) => {
  const { dimensions } = reduce.attrsOf(op);
  const { inputs, init_values: inits } = reduce.operandsOf(op);
  const rank = (inputs[0]!.type as TensorType).shape.length;
  const kept = Array.from({ length: rank }, (_, k) => k).filter((k) => !dimensions.includes(k));
  const outMap = affineMap(
    rank,
    0,
    kept.map((k) => affineDim(k)),
  );
  const inMap = affineMap(
    rank,
    0,
    Array.from({ length: rank }, (_, k) => affineDim(k)),
  );
  return generic(to, {
    iterators: parallelOr(rank, dimensions),
    inputs: inputs.map((x) => ({ value: to.value(x), map: inMap })),
    outputs: inits.map((x, k) => ({
      init: filledTensor(to, to.resultType(op, k), onlyElement(to, to.value(x))),
      map: outMap,
    })),
    // StableHLO's body takes the accumulated values first.
    body: (_, args) =>
      scalarRegion(to, op.region(0).blocks[0]!, [...args.slice(inputs.length), ...args.slice(0, inputs.length)]),
  });
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
  for (let axis = 0; axis < lhsRank; axis++) if (!lb.includes(axis) && !lc.includes(axis)) lhsDims[axis] = next++;
  for (let axis = 0; axis < rhsRank; axis++) if (!rb.includes(axis) && !rc.includes(axis)) rhsDims[axis] = next++;
  const outRank = next;
  lc.forEach((axis, k) => {
    lhsDims[axis] = next;
    rhsDims[rc[k]!] = next++;
  });
  const map = (dims: readonly number[]): AffineMap =>
    affineMap(
      next,
      0,
      dims.map((d) => affineDim(d)),
    );
  return {
    lhs: map(lhsDims),
    rhs: map(rhsDims),
    out: map(Array.from({ length: outRank }, (_, k) => k)),
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
  const accType = to.context.types.withElement(type, accumulator.startsWith("ui") ? type.element : accumulator);
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
  if (accumulator === graphElement) return [sum!];
  return [convertTensor(to, sum!, accumulator, graphElement)];
}

function accumulatorOf(element: ElementType): ElementType {
  const { kind, bits } = elementFacts[element];
  return kind === "float" && bits < 32 ? "f32" : element;
}

/** Every element converted. */
export function convertTensor(to: Converter, x: Value, from: ElementType, element: ElementType): Value {
  const type = to.type(to.context.types.withElement(x.type as TensorType, element));
  const rank = type.shape.length;
  const map = affineMap(
    rank,
    0,
    Array.from({ length: rank }, (_, k) => affineDim(k)),
  );
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
  "stablehlo.reduce": reduceStructure,
};
