/**
 * @file Windows that slide along axes, whose sizes may be symbolic, and what is under them joined to one element: the
 * forms that pooling is built of. Axes are [batch, channels, ...]; windows are over those behind the first two.
 */

import type { Context } from "../context.js";
import { reduceWindow } from "../dialects/stablehlo/reduce-window.js";
import type { Dim } from "../dim.js";
import { isFloat } from "../element.js";
import type { Value } from "../graph.js";
import { isNumbers } from "../movement-builder.js";
import { fromScalars } from "../ndarray.js";
import { numericsOf } from "../scalar.js";
import { identityOf, type TensorBuilder } from "../tensor-builder.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** A window that slides along one axis of an operand. */
export interface SlidingWindow {
  /** Elements under the window, `dilation` apart. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Size of the operand's axis. */
  readonly input: Dim;
  /** Margins as the node asks for them. */
  readonly low: Dim;
  readonly high: Dim;
  /** The margin behind the operand that the last window needs: beyond `high` under `ceil_mode`, less where none reaches it. */
  readonly needed: Dim;
  /** Positions of the window. */
  readonly count: Dim;
}

/** Elements from the first to the last under a window. */
export const extentOf = ({ size, dilation }: { readonly size: number; readonly dilation: number }): number =>
  (size - 1) * dilation + 1;

export type SlidingAxis = Pick<SlidingWindow, "size" | "stride" | "dilation" | "input">;

/** A window with these margins; with `ceilMode` the last one may hang over the margin, but must not begin in it. */
export function slidingWindow(
  { dims }: Context,
  axis: SlidingAxis,
  [low, high]: readonly [number, number],
  ceilMode: boolean,
): SlidingWindow {
  const extent = extentOf(axis);
  const room = dims.sub(dims.add(axis.input, low + high), extent);
  if (!ceilMode) {
    const count = dims.max(dims.add(dims.floorDiv(room, axis.stride), 1), 0);
    return { ...axis, low, high, needed: high, count };
  }
  const inside = dims.ceilDiv(dims.add(axis.input, low), axis.stride);
  const count = dims.max(dims.min(dims.add(dims.ceilDiv(room, axis.stride), 1), inside), 0);
  const reach = dims.add(dims.mul(dims.sub(count, 1), axis.stride), extent);
  return { ...axis, low, high, needed: dims.sub(reach, dims.add(axis.input, low)), count };
}

/** An operand, and the margins of its spatial axes that an operation still has to add. */
export interface Margined {
  readonly value: Value;
  readonly pads: readonly (readonly [number, number])[];
}

/** Margins that are numbers are left to the operation; others are filled with `filler` here. The first two axes have none. */
export function withMargins(t: TensorBuilder, x: Value, windows: readonly SlidingWindow[], filler: Value): Margined {
  const lows: readonly Dim[] = windows.map((w) => w.low);
  const highs: readonly Dim[] = windows.map((w) => w.needed);
  if (isNumbers(lows) && isNumbers(highs)) {
    return { value: x, pads: lows.map((low, i): readonly [number, number] => [low, highs[i]!]) };
  }
  const value = t.pad(x, filler, [0, 0, ...lows], [0, 0, ...highs]);
  return { value, pads: windows.map(() => [0, 0]) };
}

/** The attributes of a window over [batch, channels, ...]. */
function windowAttributes(windows: readonly SlidingWindow[], pads: readonly (readonly [number, number])[]) {
  const all = (list: readonly number[]): readonly number[] => [1, 1, ...list];
  const none: readonly [number, number] = [0, 0];
  return {
    window_dimensions: all(windows.map((w) => w.size)),
    window_strides: all(windows.map((w) => w.stride)),
    window_dilations: all(windows.map((w) => w.dilation)),
    padding: [none, none, ...pads],
  };
}

/** The elements under each window joined; margins change nothing. */
export function pool(t: TensorBuilder, x: Value, windows: readonly SlidingWindow[], how: "max" | "add"): Value {
  const element = t.element(x);
  const init = t.splat(identityOf(how, element), [], element);
  const { value, pads } = withMargins(t, x, windows, init);
  const regions = [t.joiningRegion(how, element)];
  const operands = { inputs: [t.settle(value)], init_values: [init] };
  return t.emit(reduceWindow, operands, windowAttributes(windows, pads), { regions });
}

/** The largest elements and where they are: what `places` (i64) holds there, the first of equals. A NaN is larger than all. */
export function maxPoolPlaces(
  t: TensorBuilder,
  x: Value,
  places: Value,
  windows: readonly SlidingWindow[],
): readonly Value[] {
  const element = t.element(x);
  const least = t.splat(identityOf("max", element), [], element);
  const beyond = t.splat(identityOf("min", "i64"), [], "i64");
  const margined = withMargins(t, x, windows, least);
  const numbered = withMargins(t, places, windows, beyond);
  const [value, place] = [t.tensorType([], element), t.tensorType([], "i64")];
  const body = t.region([value, place, value, place], (b, [old, at, next, to]) => {
    const isLarger = b.gt(next!, old!);
    const isEarlier = b.and(b.eq(next!, old!), b.lt(to!, at!));
    // A NaN is larger than anything.
    const isNan = isFloat(element) ? b.and(b.ne(next!, next!), b.eq(old!, old!)) : undefined;
    const wins = isNan ? b.or(b.or(isLarger, isEarlier), isNan) : b.or(isLarger, isEarlier);
    return [b.select(wins, next!, old!), b.select(wins, to!, at!)];
  });
  const operands = { inputs: [t.settle(margined.value), t.settle(numbered.value)], init_values: [least, beyond] };
  return t.emitOp(reduceWindow, operands, windowAttributes(windows, margined.pads), { regions: [body] }).results;
}

/** The sums under each window, divided by how many elements are under it, those of the margins counted or not. */
export function averagePool(t: TensorBuilder, x: Value, windows: readonly SlidingWindow[], withPads: boolean): Value {
  return overCounts(t, pool(t, x, windows, "add"), windows, withPads);
}

/** `total`, an element for each position of the windows, divided by how many elements are under it there. */
export function overCounts(
  t: TensorBuilder,
  total: Value,
  windows: readonly SlidingWindow[],
  withPads: boolean,
): Value {
  const counts = windows.map((w, i) => elementsUnder(t, w, withPads, total, i + 2));
  const numbers = counts.filter((c) => typeof c === "number");
  const divided =
    numbers.length > 0
      ? t.div(
          total,
          numbers.reduce((a, b) => a * b),
        )
      : total;
  return counts.reduce<Value>((y, c) => (typeof c === "number" ? y : t.div(y, c)), divided);
}

/**
 * How many elements are under the window at each position along `axis`, those of the margins counted or not: a number
 * where it is everywhere the same, else a tensor of the element of `like` that broadcasts against the result.
 */
function elementsUnder(
  t: TensorBuilder,
  w: SlidingWindow,
  withPads: boolean,
  like: Value,
  axis: number,
): number | Value {
  const { dims } = t.context;
  const reachesOut = w.low !== 0 || !dims.provablyLessOrEqual(w.needed, 0);
  const hangsOver = !dims.provablyLessOrEqual(w.needed, w.high);
  if (withPads ? !hangsOver : !reachesOut) return w.size;
  const [first, end] = withPads ? [dims.mul(w.low, -1), dims.add(w.input, w.high)] : [0, w.input];
  const element = t.element(like);
  const ones = new Array<number>(t.rank(like) - axis - 1).fill(1);
  const { low, input } = w;
  if (typeof w.count === "number" && typeof low === "number" && typeof input === "number") {
    const counts = count(w.count).map((i) => countIn(w, i * w.stride - low, first as number, end as number));
    const make = numericsOf(element).fromNumber;
    return t.constant(fromScalars(element, [w.count, ...ones], counts.map(make)));
  }
  // Entries k of the window with first <= start + k * dilation < end.
  const start = t.sub(t.mul(t.iota([w.count], 0, "i64"), w.stride), t.scalar(low));
  const before = (limit: Dim): Value => {
    const steps = t.add(t.sub(t.scalar(limit), start), w.dilation - 1);
    return t.clamp(0, t.div(t.max(steps, 0), w.dilation), w.size);
  };
  return t.reshape(t.convert(t.sub(before(end), before(first)), element), [w.count, ...ones]);
}

function countIn({ size, dilation }: SlidingWindow, start: number, first: number, end: number): number {
  return count(size).filter((k) => start + k * dilation >= first && start + k * dilation < end).length;
}

/** (sum of |x|^p)^(1/p) of what `total` sums up. */
export function powerNorm(t: TensorBuilder, x: Value, p: number, total: (powers: Value) => Value): Value {
  return t.widened(x, (wide) => {
    if (p === 1) return total(t.abs(wide));
    if (p === 2) return t.sqrt(total(t.mul(wide, wide)));
    return t.pow(total(t.pow(t.abs(wide), p)), 1 / p);
  });
}
