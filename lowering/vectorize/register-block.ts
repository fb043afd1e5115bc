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
import { type Access, accessesOf, extentOf, motionAlong, shapeOf } from "../structured/access.js";
import { carryingLoop, countedLoop, parallelLoops, type Range, upTo } from "../structured/build-loops.js";
import { isSumOfProducts } from "../structured/forms.js";
import { computed } from "../structured/index-arithmetic.js";
import type { Border } from "./borders.js";
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
  /** Where windows are cut; along `positions` only those whose taps are unrolled. */
  readonly borders: readonly Border[];
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
      const border = shape.borders.find((x) => x.dim === positions);
      if (border) cutBlocks(inner, shape, at, border, { length: Number(constantScalarOf(size)), block });
      else evenBlocks(inner, shape, at, size, block);
    },
  );
}

function evenBlocks(b: Builder, shape: BlockedShape, at: Point, size: Value, block: number): void {
  const whole = computed(b, (x) => x.mul(x.floorDiv(size, block), block));
  countedLoop(b, upTo(b, whole, block), (inner, first) => overLanes(inner, shape, at, { first, count: block }));
  const known = constantScalarOf(size);
  const count = known === undefined ? 1 : Number(known) % block;
  if (count > 0)
    countedLoop(b, { from: whole, to: size, step: count }, (inner, first) =>
      overLanes(inner, shape, at, { first, count }),
    );
}

/** Blocks whose windows are cut stand alone, those between them are a loop. */
function cutBlocks(
  b: Builder,
  shape: BlockedShape,
  at: Point,
  { stride, taps, low, size }: Border,
  { length, block }: { readonly length: number; readonly block: number },
): void {
  const starts = Array.from({ length: Math.ceil(length / block) }, (_, k) => k * block);
  const isWhole = (first: number): boolean =>
    first + block <= length && first * stride >= low && (first + block - 1) * stride + taps - 1 - low < size;
  const inside = starts.filter(isWhole);
  const alone = (first: number): void =>
    overLanes(b, shape, at, { first: constantIndex(b, first), count: Math.min(block, length - first), start: first });
  const [from, to] = inside.length > 0 ? [inside[0]!, inside.at(-1)! + block] : [length, length];
  starts.filter((first) => first < from).forEach(alone);
  countedLoop(b, { from: constantIndex(b, from), to: constantIndex(b, to), step: block }, (inner, first) =>
    overLanes(inner, shape, at, { first, count: block }),
  );
  starts.filter((first) => first >= to).forEach(alone);
}

/** As many positions as leave the fewest in a smaller block at the end, more where several do. */
function positionsAtOnce(size: unknown): number {
  if (size === undefined) return MAX_POSITIONS / 2;
  const [length, most] = [Number(size), MAX_POSITIONS];
  if (length <= most) return Math.max(1, length);
  const blocks = Math.ceil(length / most);
  return Math.ceil(length / blocks);
}

/** Neighbouring positions. */
interface Positions {
  readonly first: Value;
  readonly count: number;
  /** The first as a number, where windows may be cut. */
  readonly start?: number;
}

function overLanes(b: Builder, shape: BlockedShape, at: Point, { first, count, start }: Positions): void {
  const places = Array.from({ length: count }, (_, k) => computed(b, (x) => x.add(first, k)));
  buildRange(b, shape, at, constantIndex(b, 0), shape.sizes[shape.dim]!, (inner, _, point, mask) => {
    const points = places.map((place) => new Map([...point, [shape.positions, place]]));
    sumsAt(inner, shape, points, start, mask);
  });
}

/** One vector of channels at several positions. */
function sumsAt(
  b: Builder,
  shape: BlockedShape,
  points: readonly Point[],
  start: number | undefined,
  mask: Value | undefined,
): void {
  const output = shape.outputs[0]!;
  const before = points.map((at) => widen(b, shape.initial ?? readOperand(b, shape, output, at, mask), shape.lanes));
  const summed = shape.kinds.map((_, d) => d).filter((d) => shape.kinds[d] === "reduction");
  const sums = overWindow(b, { shape, start, mask }, summed, points, before);
  points.forEach((at, k) => {
    const { after } = shape;
    if (after) writeVector(b, shape, after.output, at, finished(b, shape, after, at, sums[k]!, mask), mask);
    else writeVector(b, shape, output, at, sums[k]!, mask);
  });
}

interface Sums {
  readonly shape: BlockedShape;
  readonly start: number | undefined;
  readonly mask: Value | undefined;
}

/** The last summed dimension is unrolled where it is short, so that neighbours share what they read. */
function overWindow(
  b: Builder,
  sums: Sums,
  [dim, ...rest]: readonly number[],
  points: readonly Point[],
  carried: readonly Value[],
): readonly Value[] {
  const { shape, mask } = sums;
  if (dim === undefined) return points.map((at, k) => addedAt(b, shape, at, carried[k]!, mask));
  const at = (position: Value): readonly Point[] => points.map((point) => new Map([...point, [dim, position]]));
  const border = shape.borders.find((x) => x.tap === dim);
  const size = Number(constantScalarOf(shape.sizes[dim]!) ?? Number.POSITIVE_INFINITY);
  if (rest.length > 0 || size > MAX_UNROLLED) {
    const range = border ? cutRange(b, border, points[0]!.get(border.dim)!) : upTo(b, shape.sizes[dim]!);
    return carryingLoop(b, range, carried, (inner, position, values) =>
      overWindow(inner, sums, rest, at(position), values),
    );
  }
  return Array.from({ length: size }, (_, tap) => tap).reduce<readonly Value[]>((before, tap) => {
    const places = at(constantIndex(b, tap));
    return before.map((sum, k) =>
      isInside(border, sums.start, k, tap) ? addedAt(b, shape, places[k]!, sum, mask) : sum,
    );
  }, carried);
}

/** Taps at a position that lie within. */
function cutRange(b: Builder, { stride, low, size, taps }: Border, position: Value): Range {
  const first = computed(b, (at) => at.max(at.sub(low, at.mul(position, stride)), 0));
  const end = computed(b, (at) => at.min(at.sub(size + low, at.mul(position, stride)), taps));
  return { from: first, to: end, step: 1 };
}

function isInside(border: Border | undefined, start: number | undefined, k: number, tap: number): boolean {
  if (!border || start === undefined) return true;
  const at = (start + k) * border.stride + tap - border.low;
  return at >= 0 && at < border.size;
}

/** Whether windows can be cut at these borders: by numbers along positions, by loops along other dimensions. */
export function canCut(borders: readonly Border[], op: Operation, { positions }: WindowSum): boolean {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const last = kinds.lastIndexOf("reduction");
  const width = extentOf(accessesOf(op), positions);
  return borders.every(({ dim, tap, taps }) =>
    dim === positions ? tap === last && taps <= MAX_UNROLLED && typeof width === "number" : tap !== last,
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
