/**
 * @file Sums over windows (depthwise convolutions, pooling) with lanes along channels: several neighbouring positions are computed
 * at once, their sums in registers. What does not change from position to position (weights) is loaded once for all, and
 * what windows share is loaded once too. Sums begin with a constant where one filled the output before, and the elementwise
 * operation that alone reads them is done before they are stored.
 */

import { axisOfDim } from "../../ir/affine.js";
import { isFunctionOfDim } from "../../ir/affine-expr.js";
import type { Builder } from "../../ir/builder.js";
import { constantIndex, constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { fma } from "../../ir/dialects/vector/arithmetic.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { type Access, accessesOf, motionAlong, shapeOf } from "../structured/access.js";
import { carryingLoop, countedLoop, parallelLoops, upTo } from "../structured/build-loops.js";
import { isSumOfProducts } from "../structured/forms.js";
import { computed } from "../structured/index-arithmetic.js";
import { buildVectorBody, widen } from "./vector-body.js";
import { bodyAt, buildRange, readOperand, type Shape, writeVector } from "./vector-loops.js";

/** Channels below which lanes would idle. */
const MIN_CHANNELS = 8;
/** Positions of a window that are unrolled, at most. */
const MAX_UNROLLED = 16;
/** Positions at once, at most: more sums win nothing, their inputs are shared already. */
const MAX_POSITIONS = 8;

/** The dimensions that a sum over windows is blocked by. */
export interface WindowSum {
  /** Along which lanes run. */
  readonly lanes: number;
  /** Along which neighbouring positions are computed at once. */
  readonly positions: number;
}

/** The dimensions of a sum over windows; `undefined` for any other operation. */
export function windowSumOf(op: Operation): WindowSum | undefined {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const { inputs, outputs } = generic.operandsOf(op);
  const body = op.region(0).blocks[0]!;
  if (outputs.length !== 1 || !body.args.at(-1)!.isUsed || !kinds.includes("reduction")) return undefined;
  const output = accessesOf(op)[inputs.length]!.map;
  const walked = output.results.map((e) => (e.kind === "dim" ? e.position : -1));
  const lanes = walked.at(-1);
  if (lanes === undefined || walked.includes(-1) || walked.some((d) => kinds[d] !== "parallel")) return undefined;
  const read = accessesOf(op)
    .slice(0, inputs.length)
    .filter((_, k) => body.args[k]!.isUsed);
  const channels = shapeOf(outputs[0]!).at(-1);
  const isLaned = read.every(({ map }) => motionAlong(map, lanes) !== "strided");
  if (!isLaned || (typeof channels === "number" && channels < MIN_CHANNELS)) return undefined;
  const positions = walked.slice(0, -1).findLast((d) => read.some((x) => isWindowAlong(x, d, kinds)));
  return positions === undefined ? undefined : { lanes, positions };
}

/** Windows move along `dim` in an axis of their own. */
function isWindowAlong({ map }: Access, dim: number, kinds: readonly string[]): boolean {
  const isSummed = (d: number): boolean => kinds[d] === "reduction";
  return map.results.some(
    (e) => e.kind !== "dim" && isFunctionOfDim(e, dim) && kinds.some((_, d) => isSummed(d) && isFunctionOfDim(e, d)),
  );
}

/** The elementwise operation that alone reads the sums, its maps over their dimensions. */
export interface After {
  readonly body: Block;
  readonly inputs: readonly Access[];
  readonly output: Access;
  /** Whether an input is the sums. */
  readonly isSum: readonly boolean[];
}

export interface BlockedShape extends Shape {
  readonly positions: number;
  /** What sums begin with; what the output holds, where absent. */
  readonly initial: Value | undefined;
  readonly after: After | undefined;
  /** Multiply-adds are one instruction. */
  readonly isFused: boolean;
}

type Point = ReadonlyMap<number, Value>;

/** Loops over everything: parallel outside, then blocks of positions, lanes, windows. */
export function buildWindowSums(b: Builder, shape: BlockedShape): void {
  const { kinds, dim, positions } = shape;
  const outer = kinds.map((_, d) => d).filter((d) => kinds[d] === "parallel" && d !== dim && d !== positions);
  const size = shape.sizes[positions]!;
  const block = positionsAtOnce(constantScalarOf(size));
  parallelLoops(
    b,
    outer.map((d) => shape.sizes[d]!),
    (inner, counters) => {
      const at = new Map(outer.map((d, k) => [d, counters[k]!]));
      const whole = computed(inner, (x) => x.mul(x.floorDiv(size, block), block));
      countedLoop(inner, upTo(inner, whole, block), (deep, first) => overLanes(deep, shape, at, first, block));
      const known = constantScalarOf(size);
      const left = known === undefined ? 1 : Number(known) % block;
      if (left > 0)
        countedLoop(inner, { from: whole, to: size, step: left }, (deep, first) =>
          overLanes(deep, shape, at, first, left),
        );
    },
  );
}

/** As many positions as leave the fewest in a smaller block at the end, more where several do. */
function positionsAtOnce(size: unknown): number {
  if (size === undefined) return MAX_POSITIONS / 2;
  const [length, most] = [Number(size), MAX_POSITIONS];
  if (length <= most) return Math.max(1, length);
  const blocks = Math.ceil(length / most);
  return Math.ceil(length / blocks);
}

function overLanes(b: Builder, shape: BlockedShape, at: Point, first: Value, count: number): void {
  const places = Array.from({ length: count }, (_, k) => computed(b, (x) => x.add(first, k)));
  buildRange(b, shape, at, constantIndex(b, 0), shape.sizes[shape.dim]!, (inner, _, point, mask) => {
    const points = places.map((place) => new Map([...point, [shape.positions, place]]));
    sumsAt(inner, shape, points, mask);
  });
}

/** One vector of channels at several positions. */
function sumsAt(b: Builder, shape: BlockedShape, points: readonly Point[], mask: Value | undefined): void {
  const output = shape.outputs[0]!;
  const before = points.map((at) => widen(b, shape.initial ?? readOperand(b, shape, output, at, mask), shape.lanes));
  const summed = shape.kinds.map((_, d) => d).filter((d) => shape.kinds[d] === "reduction");
  const sums = overWindow(b, shape, summed, points, before, mask);
  points.forEach((at, k) => {
    const { after } = shape;
    if (after) writeVector(b, shape, after.output, at, finished(b, shape, after, at, sums[k]!, mask), mask);
    else writeVector(b, shape, output, at, sums[k]!, mask);
  });
}

/** The last summed dimension is unrolled where it is short, so that neighbours share what they read. */
function overWindow(
  b: Builder,
  shape: BlockedShape,
  [dim, ...rest]: readonly number[],
  points: readonly Point[],
  sums: readonly Value[],
  mask: Value | undefined,
): readonly Value[] {
  if (dim === undefined) return points.map((at, k) => addedAt(b, shape, at, sums[k]!, mask));
  const at = (position: Value): readonly Point[] => points.map((point) => new Map([...point, [dim, position]]));
  const size = Number(constantScalarOf(shape.sizes[dim]!) ?? Number.POSITIVE_INFINITY);
  if (rest.length > 0 || size > MAX_UNROLLED)
    return carryingLoop(b, upTo(b, shape.sizes[dim]!), sums, (inner, position, carried) =>
      overWindow(inner, shape, rest, at(position), carried, mask),
    );
  return Array.from({ length: size }, (_, k) => constantIndex(b, k)).reduce<readonly Value[]>(
    (carried, position) => overWindow(b, shape, rest, at(position), carried, mask),
    sums,
  );
}

function addedAt(b: Builder, shape: BlockedShape, at: Point, sum: Value, mask: Value | undefined): Value {
  if (!shape.isFused || !isSumOfProducts(shape.body))
    return widen(b, bodyAt(b, shape, at, [sum], mask)[0]!, shape.lanes);
  const [lhs, rhs] = shape.inputs.map((x) => widen(b, readOperand(b, shape, x, at, mask), shape.lanes));
  return b.value(fma, { lhs: lhs!, rhs: rhs!, acc: sum }, {});
}

function finished(
  b: Builder,
  shape: BlockedShape,
  after: After,
  at: Point,
  sum: Value,
  mask: Value | undefined,
): Value {
  const inputs = after.inputs.map((x, k) => {
    if (after.isSum[k]) return sum;
    return after.body.args[k]!.isUsed ? readOperand(b, shape, x, at, mask) : sum;
  });
  const lanes = { count: shape.lanes, dim: shape.dim, position: (d: number) => at.get(d)! };
  return buildVectorBody(b, after.body, [...inputs, sum], lanes)[0]!;
}

/** Whether every operand of the elementwise operation stays or goes to its neighbour along the lanes. */
export function isLaned({ inputs, output }: Pick<After, "inputs" | "output">, lanes: number): boolean {
  return inputs.every(({ map }) => motionAlong(map, lanes) !== "strided") && axisOfDim(output.map, lanes) >= 0;
}
