/**
 * @file Loops over tensors, for operations that no generic can say: sorts, scatters, triangular systems. Tensors are
 * carried from turn to turn and written element by element, which bufferization turns into updates in place.
 * The outermost loop of such an operation has `psm.nest` = its name: it is one kernel, not control flow of the model. A
 * loop whose turns touch different elements only has `psm.parallel`.
 */

import { type AttrDict, stringAttr, unitAttr } from "../../../ir/attrs.js";
import { ifOp } from "../../../ir/dialects/scf/branch.js";
import { condition, forOp, whileOp } from "../../../ir/dialects/scf/for.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import * as tensor from "../../../ir/dialects/tensor/access.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorType, Type } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter } from "./converter.js";

/** On the outermost loop of an operation: its name. */
export const NEST = "psm.nest";
/** On a loop whose turns neither read nor write what another turn writes. */
export const PARALLEL = "psm.parallel";

export interface Loop {
  readonly from?: Position;
  /** The first position not reached. */
  readonly until: Position;
  readonly step?: Position;
  readonly parallel?: boolean;
}

export type Turn<At> = (at: At, carried: readonly Value[]) => readonly Value[];

/** Counts from `from` (0) to before `until`; gives what the last turn gave, or `carried` where there is none. */
export function countedLoop(
  to: Converter,
  { from = 0, until, step = 1, parallel = false }: Loop,
  carried: readonly Value[],
  body: Turn<Value>,
  nest?: string,
): readonly Value[] {
  const at = new IndexArithmetic(to.builder);
  const operands = {
    lowerBound: at.value(from),
    upperBound: at.value(until),
    step: at.value(step),
    initArgs: carried,
  };
  const index = to.context.types.scalar("index");
  const region = to.region([index, ...carried.map((x) => x.type)], ([i, ...values]) => {
    to.builder.op(yieldOp, { results: body(i!, values) }, {});
  });
  const extra: AttrDict = {
    ...(nest === undefined ? {} : { [NEST]: stringAttr(nest) }),
    ...(parallel ? { [PARALLEL]: unitAttr } : {}),
  };
  return to.builder.op(forOp, operands, {}, { regions: [region], extra }).results;
}

/** One loop inside the other. With a name and no loops there is one of a single turn, to carry the name. */
export function loopNest(
  to: Converter,
  loops: readonly Loop[],
  carried: readonly Value[],
  body: Turn<readonly Value[]>,
  nest?: string,
): readonly Value[] {
  const [first, ...rest] = loops;
  if (!first && nest === undefined) return body([], carried);
  if (!first) return countedLoop(to, { until: 1 }, carried, (_, values) => body([], values), nest);
  return countedLoop(
    to,
    first,
    carried,
    (i, values) => loopNest(to, rest, values, (at, inner) => body([i, ...at], inner)),
    nest,
  );
}

/** The loops over all elements of a tensor. */
export function loopsOver(to: Converter, x: Value, parallel: boolean): readonly Loop[] {
  return (x.type as TensorType).shape.map((d) => ({ until: typeof d === "number" ? d : to.dim(d), parallel }));
}

/** The types that a loop carries: where it asks, in its body, and at its end. */
export interface WhileTypes {
  readonly before: readonly Type[];
  readonly after: readonly Type[];
  readonly results: readonly Type[];
}

/** Goes on with what `body` gives for as long as `holds` is true of it. */
export function whileLoop(
  to: Converter,
  carried: readonly Value[],
  holds: (values: readonly Value[]) => Value,
  body: (values: readonly Value[]) => readonly Value[],
  types: WhileTypes = sameTypes(carried),
): readonly Value[] {
  const before = to.region(types.before, (args) => {
    to.builder.op(condition, { condition: holds(args), args }, {});
  });
  const after = to.region(types.after, (args) => {
    to.builder.op(yieldOp, { results: body(args) }, {});
  });
  const { results } = types;
  return to.builder.op(whileOp, { inits: carried }, {}, { results, regions: [before, after] }).results;
}

function sameTypes(carried: readonly Value[]): WhileTypes {
  const types = carried.map((x) => x.type);
  return { before: types, after: types, results: types };
}

/** Values of these types, computed by one branch or the other. */
export function branch(
  to: Converter,
  holds: Value,
  types: readonly Type[],
  yes: () => readonly Value[],
  no: () => readonly Value[],
): readonly Value[] {
  const region = (make: () => readonly Value[]) =>
    to.region([], () => void to.builder.op(yieldOp, { results: make() }, {}));
  return to.builder.op(ifOp, { condition: holds }, {}, { results: types, regions: [region(yes), region(no)] }).results;
}

/** The element at `at`. */
export function read(to: Converter, from: Value, at: readonly Position[]): Value {
  const arithmetic = new IndexArithmetic(to.builder);
  return to.builder.value(tensor.extract, { tensor: from, indices: at.map((p) => arithmetic.value(p)) }, {});
}

/** `into` with the element at `at` replaced. */
export function write(to: Converter, into: Value, at: readonly Position[], element: Value): Value {
  const arithmetic = new IndexArithmetic(to.builder);
  const indices = at.map((p) => arithmetic.value(p));
  return to.builder.value(tensor.insert, { scalar: element, dest: into, indices }, {});
}
