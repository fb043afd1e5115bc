/**
 * @file Attention among structured operations: products, what is done to each of them, a softmax along the axis that one side
 * alone has, and the sums of products that its quotients weigh. Told by what operations compute and by which axes they
 * share, on tensors and on memrefs, whatever exporter wrote them.
 */

import { affineMap, axisOfDim, isIdentityMap, isMapOfDim, projectedDims } from "../../ir/affine.js";
import { affineConstant, affineDim } from "../../ir/affine-expr.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { cmpf } from "../../ir/dialects/arith/float.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { elementOf } from "../../ir/types.js";
import { isVectorizable } from "../vectorize/vector-body.js";
import { type Access, accessesOf, motionAlong, shapeOf } from "./access.js";
import { filledWith, isSumOfProducts } from "./forms.js";

/** Axes are those of the scores, which all its maps are over unless said otherwise. */
export interface AttentionForm {
  /** All structured operations that are part of it, those that fill what sums and maxima begin with included. */
  readonly ops: readonly Operation[];
  /** The axis of keys. */
  readonly key: number;
  /** The axis of queries that vectors run along. */
  readonly row: number;
  /** The other axes. */
  readonly outer: readonly number[];
  /** Over `products`. */
  readonly queries: Access;
  readonly keys: Access;
  readonly products: { readonly axes: readonly number[]; readonly depth: number };
  /** What is done with each product, the first first; `score` is the operand that it is. */
  readonly steps: readonly { readonly op: Operation; readonly score: Value }[];
  /** Rows in which nothing takes part are 0, not NaN. */
  readonly isGuarded: boolean;
  /** Over `sums`. */
  readonly values: Access;
  readonly output: Access;
  readonly sums: { readonly axes: readonly number[]; readonly column: number };
}

/** The structured operation that made what `op` reads as `x`. */
export type ProducerOf = (op: Operation, x: Value) => Operation | undefined;

const bodyOf = (op: Operation): Block => op.region(0).blocks[0]!;

/** The attention whose weighted sums are `op`. */
export function attentionForm(op: Operation, producerOf: ProducerOf): AttentionForm | undefined {
  const weighted = productOf(op);
  if (!weighted) return undefined;
  for (const side of [0, 1] as const) {
    const weights = producerOf(op, weighted.sides[side]!.value);
    const softmax = weights && softmaxAt(weights, producerOf);
    const form = softmax && joined(op, weighted, side, softmax, producerOf);
    if (form) return form;
  }
  return undefined;
}

interface Product {
  readonly sides: readonly [Access, Access];
  /** What the operation gives, whether or not that is an operand. */
  readonly output: Access;
  readonly summed: number;
}

/** A sum of products along one dimension whose output walks all others, each on an axis of its own. */
function productOf(op: Operation): Product | undefined {
  if (!generic.matches(op)) return undefined;
  const { inputs } = generic.operandsOf(op);
  if (inputs.length !== 2 || !isSumOfProducts(bodyOf(op))) return undefined;
  const accesses = accessesOf(op);
  const summed = reducedBy(op);
  const output = accesses.at(-1)!;
  const dims = projectedDims(output.map);
  const isWhole = dims?.length === output.map.results.length && dims.length + 1 === output.map.numDims;
  const isF32 = accesses.every((x) => elementOf(x.value.type) === "f32");
  if (summed === undefined || !isWhole || !isF32) return undefined;
  return { sides: [accesses[0]!, accesses[1]!], output, summed };
}

/** The one dimension that is reduced. */
function reducedBy(op: Operation): number | undefined {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const dims = kinds.flatMap((kind, d) => (kind === "reduction" ? [d] : []));
  return dims.length === 1 ? dims[0] : undefined;
}

interface Softmax {
  readonly ops: readonly Operation[];
  /** Reductions, and what they begin with. */
  readonly begun: readonly (readonly [Operation, number])[];
  readonly key: number;
  /** What reads the scores first, and the scores. */
  readonly reader: Operation;
  readonly scores: Value;
  readonly isGuarded: boolean;
}

/** Quotients of powers and their sums, where the powers are of what scores are above the greatest of their row. */
function softmaxAt(quotient: Operation, producerOf: ProducerOf): Softmax | undefined {
  const parts = pointwise(quotient, ["arith.divf"]);
  const total = parts && rowValue(quotient, parts[1], producerOf);
  const powers = parts && producerOf(quotient, parts[0]);
  const sum = total && reductionAt(total.from, "arith.addf");
  if (!parts || !total || !powers || !sum || producerOf(total.from, sum.of) !== powers) return undefined;
  const shifted = pointwise(powers, ["arith.subf", "math.exp"]);
  const shift = shifted && rowValue(powers, shifted[1], producerOf);
  const most = shift && reductionAt(shift.from, "arith.maximumf");
  if (!shifted || !shift || !most || most.key !== sum.key) return undefined;
  const maker = producerOf(powers, shifted[0]);
  if (!maker || producerOf(shift.from, most.of) !== maker) return undefined;
  if (total.guard === "arith.cmpf 0 1") {
    // The quotient of nothing by 1 is 0 only where the powers of such rows are 0.
    if (shift.guard !== "arith.cmpf -Infinity 0") return undefined;
  } else if (total.guard !== undefined || (shift.guard !== undefined && shift.guard !== "arith.cmpf -Infinity 0"))
    return undefined;
  const ops = [quotient, powers, total.from, shift.from, ...total.steps, ...shift.steps];
  const isGuarded = total.guard !== undefined;
  const begun = [[total.from, 0] as const, [shift.from, Number.NEGATIVE_INFINITY] as const];
  return { ops, begun, key: most.key, reader: powers, scores: shifted[0], isGuarded };
}

/**
 * The two inputs of an operation at every point that computes `names` one after the other, the first of both, the others of
 * what was before; the first is of the same place.
 */
function pointwise(op: Operation, names: readonly string[]): readonly [Value, Value] | undefined {
  const body = bodyOf(op);
  const ops = [...body.ops()];
  const { inputs } = generic.operandsOf(op);
  if (ops.length !== names.length + 1 || inputs.length !== 2 || !isEverywhere(op)) return undefined;
  const isChain = names.every(
    (name, k) => ops[k]!.name === name && (k === 0 || ops[k]!.operands[0] === ops[k - 1]!.result),
  );
  if (!isChain || ops.at(-1)!.operands[0] !== ops.at(-2)!.result) return undefined;
  const places = ops[0]!.operands.map((x) => body.args.indexOf(x as (typeof body.args)[number]));
  if (places.length !== 2 || places.some((k) => k < 0 || k > 1) || places[0] === places[1]) return undefined;
  if (!isIdentityMap(generic.attrsOf(op).indexing_maps[places[0]!]!)) return undefined;
  return [inputs[places[0]!]!, inputs[places[1]!]!];
}

/** All parallel, one output at the same place, whose old contents are not read. */
function isEverywhere(op: Operation): boolean {
  const { iterator_types: kinds, indexing_maps: maps } = generic.attrsOf(op);
  const isAlone = generic.operandsOf(op).outputs.length === 1 && !bodyOf(op).args.at(-1)!.isUsed;
  return isAlone && kinds.every((kind) => kind === "parallel") && isIdentityMap(maps.at(-1)!);
}

/** A number of each row: the reduction that it comes from, and how it is guarded on the way. */
interface RowValue {
  readonly from: Operation;
  readonly steps: readonly Operation[];
  /** `arith.cmpf A B`: B where it is A. */
  readonly guard: string | undefined;
}

function rowValue(reader: Operation, x: Value, producerOf: ProducerOf): RowValue | undefined {
  if (!isOfRow(reader, x)) return undefined;
  const op = producerOf(reader, x);
  if (!op) return undefined;
  if (reducedBy(op) !== undefined) return { from: op, steps: [], guard: undefined };
  const guard = guardOf(op);
  const [input] = generic.operandsOf(op).inputs;
  const from = guard && input && isOfRow(op, input) ? producerOf(op, input) : undefined;
  return from && reducedBy(from) !== undefined ? { from, steps: [op], guard } : undefined;
}

/** Axes follow each other as the dimensions do; those that are left out are read as one, or there is one. */
function isOfRow(reader: Operation, x: Value): boolean {
  const access = accessesOf(reader).find(({ value }) => value === x);
  if (!access) return false;
  const dims = access.map.results.flatMap((e) => (e.kind === "dim" ? [e.position] : []));
  const isPlain = access.map.results.every((e) => e.kind === "dim" || e.kind === "constant");
  return isPlain && dims.every((d, k) => k === 0 || dims[k - 1]! < d);
}

function guardOf(op: Operation): string | undefined {
  const body = bodyOf(op);
  const [test, choice, end, ...more] = body.ops();
  if (!test || !isEverywhere(op) || more.length > 0 || !cmpf.matches(test) || choice?.name !== "arith.select")
    return undefined;
  const [x] = body.args;
  const [when, instead] = [constantScalarOf(test.operand(1)), constantScalarOf(choice.operand(1))];
  const isEqual = cmpf.attrsOf(test).predicate === "oeq";
  const isGuard = test.operand(0) === x && choice.operand(0) === test.result && choice.operand(2) === x;
  if (!isEqual || !isGuard || end?.operand(0) !== choice.result) return undefined;
  return `arith.cmpf ${Number(when)} ${Number(instead)}`;
}

/** What a reduction by `name` joins along which axis. */
function reductionAt(op: Operation, name: string): { readonly of: Value; readonly key: number } | undefined {
  const [step, end, ...more] = bodyOf(op).ops();
  const { inputs } = generic.operandsOf(op);
  const key = reducedBy(op);
  const { indexing_maps: maps } = generic.attrsOf(op);
  if (key === undefined || inputs.length !== 1 || more.length > 0 || step?.name !== name) return undefined;
  const isJoin = bodyOf(op).args.every((arg) => step.operands.includes(arg)) && end?.operand(0) === step.result;
  const rest = projectedDims(maps.at(-1)!);
  const isOrdered = rest?.every((d, k) => d === (k < key ? k : k + 1)) === true;
  return isJoin && isOrdered && isIdentityMap(maps[0]!) ? { of: inputs[0]!, key } : undefined;
}

function joined(
  op: Operation,
  weighted: Product,
  side: 0 | 1,
  softmax: Softmax,
  producerOf: ProducerOf,
): AttentionForm | undefined {
  const found = productsBelow(softmax.reader, softmax.scores, producerOf);
  if (!found) return undefined;
  const { product, steps } = found;
  const { key } = softmax;
  const begun = [...softmax.begun, [found.op, 0] as const, [op, 0] as const];
  const fills = begun.map(([sum, value]) => fillOf(sum, value, producerOf));
  if (!fills.every((x) => x !== undefined)) return undefined;
  const axes = projectedDims(product.output.map)!;
  const keySide = product.sides.findIndex(({ map }) => isMapOfDim(map, axes[key]!));
  const [keys, queries] = [product.sides[keySide]!, product.sides[1 - keySide]!];
  if (isMapOfDim(queries.map, axes[key]!)) return undefined;
  const weights = weighted.sides[side]!;
  const values = weighted.sides[1 - side]!;
  const places = projectedDims(weights.map);
  if (places?.length !== axes.length || places[key] !== weighted.summed) return undefined;
  const columns = projectedDims(weighted.output.map)!.filter((d) => !places.includes(d));
  const [column] = columns;
  const isOwn = (a: number): boolean => !isMapOfDim(keys.map, axes[a]!) && !isMapOfDim(values.map, places[a]!);
  const own = axes.map((_, a) => a).filter((a) => a !== key && isOwn(a));
  const shape = shapeOf(product.output.value);
  const row = own.findLast((a) => shape[a] !== 1) ?? own.at(-1);
  if (columns.length !== 1 || column === undefined || row === undefined) return undefined;
  const isStored = [values, weighted.output].every(({ map }) => motionAlong(map, column) === "contiguous");
  const isSized = axes.every((d) => [queries, keys].some(({ map }) => axisOfDim(map, d) >= 0));
  if (!isStored || !isSized) return undefined;
  return {
    ops: [...new Set([...fills, found.op, ...steps.map((step) => step.op), ...softmax.ops, op])],
    key,
    row,
    outer: axes.map((_, a) => a).filter((a) => a !== key && a !== row),
    queries,
    keys,
    products: { axes, depth: product.summed },
    steps,
    isGuarded: softmax.isGuarded,
    values,
    output: weighted.output,
    sums: { axes: places, column },
  };
}

interface Products {
  readonly op: Operation;
  readonly product: Product;
  readonly steps: AttentionForm["steps"];
}

/** What fills the output of `op` with `value` before. */
function fillOf(op: Operation, value: number, producerOf: ProducerOf): Operation | undefined {
  const fill = producerOf(op, generic.operandsOf(op).outputs[0]!);
  const constant = fill && filledWith(fill);
  // -0 is as good a sum of nothing.
  return constant && Number(constantScalarOf(constant)) === value ? fill : undefined;
}

/**
 * Where `copy`, which reads the sums that `form` is of and puts their axes in another order, has each of them: an access over
 * the dimensions of the sums. `undefined` where it does anything else, or elements of a value are no neighbours any more.
 */
export function movedOutput(form: AttentionForm, copy: Operation): Access | undefined {
  const [input, ...more] = generic.operandsOf(copy).inputs;
  const body = bodyOf(copy);
  const isCopy = body.terminator.operand(0) === body.args[0] && body.first === body.terminator;
  if (!input || more.length > 0 || !isCopy || !isEverywhere(copy)) return undefined;
  const from = generic.attrsOf(copy).indexing_maps[0]!;
  const dims = projectedDims(form.output.map)!;
  const axes = Array.from({ length: from.numDims }, (_, d) => axisOfDim(from, d));
  const isMoved = from.results.every((e, a) => e.kind === "dim" || shapeOf(input)[a] === 1);
  const { value } = accessesOf(copy).at(-1)!;
  const isUnit = (axis: number): boolean => shapeOf(value)[axis] === 1;
  const results = axes.map((a, d) => (a < 0 || isUnit(d) ? affineConstant(0) : affineDim(dims[a]!)));
  const last = results.findLast((e) => e.kind === "dim");
  const isWhole = axes.every((a, d) => a >= 0 || isUnit(d));
  const isColumnLast = last?.kind === "dim" && last.position === form.sums.column;
  return isMoved && isWhole && isColumnLast
    ? { value, map: affineMap(form.output.map.numDims, 0, results) }
    : undefined;
}

/** From what reads the scores back over what is done with each to the products. */
function productsBelow(reader: Operation, scores: Value, producerOf: ProducerOf): Products | undefined {
  const op = producerOf(reader, scores);
  if (!op) return undefined;
  const product = productOf(op);
  if (product) return { op, product, steps: [] };
  if (!generic.matches(op) || !isEverywhere(op) || !isVectorizable(bodyOf(op))) return undefined;
  const { inputs } = generic.operandsOf(op);
  const { indexing_maps: maps } = generic.attrsOf(op);
  for (const [k, score] of inputs.entries()) {
    const isOnce = inputs.indexOf(score) === k && inputs.lastIndexOf(score) === k;
    if (!isOnce || !isIdentityMap(maps[k]!)) continue;
    const below = productsBelow(op, score, producerOf);
    if (below) return { ...below, steps: [...below.steps, { op, score }] };
  }
  return undefined;
}
