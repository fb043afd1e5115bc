/** @file Parts of tensors and margins around them: Slice, Pad, CenterCropPad, ReverseSequence. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** From here on an index only says "to the end". */
const END = 2 ** 31 - 1;

/** One axis of a slice; places that are computed while the model runs are values of rank 0. */
interface Part {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}

/** An index as NumPy reads it, moved into [low, high]: from the end where it is negative. */
function placed(n: ImportNode, index: Dim, size: Dim, low: Dim, high: Dim): Dim {
  const { t } = n;
  const { dims } = t.context;
  if (typeof index === "number" && index >= END) return high;
  if (typeof index === "number" && index <= -END) return low;
  const { min, max } = dims.bounds(index);
  const clamp = (x: Dim): Dim => dims.min(dims.max(x, low), high);
  if (min >= 0) return clamp(index);
  if (max < 0) return clamp(dims.add(index, size));
  const value = t.scalar(index);
  const fromStart = t.select(t.lt(value, 0), t.add(value, t.scalar(size)), value);
  const inside = t.clamp(t.scalar(low), fromStart, t.scalar(high));
  return t.symbolOf(inside, { min: Math.min(dims.bounds(low).min, 0), max: dims.bounds(high).max });
}

/** `x[start:end:step]` along one axis. */
function slicePart(n: ImportNode, x: Value, { axis, start, end, step }: Part): Value {
  const { t } = n;
  const { dims } = t.context;
  const size = t.shape(x)[axis]!;
  if (step > 0) {
    const from = placed(n, start, size, 0, size);
    const to = placed(n, end, size, 0, size);
    return t.sliceAxis(x, axis, from, dims.max(to, from), step);
  }
  const last = dims.sub(size, 1);
  const from = placed(n, start, size, 0, last);
  const to = placed(n, end, size, -1, last);
  // In the reversed axis, place i is place size - 1 - i.
  const [begin, limit] = [dims.sub(last, from), dims.sub(last, to)];
  return t.sliceAxis(t.reverse(x, [axis]), axis, dims.max(begin, 0), dims.max(limit, dims.max(begin, 0)), -step);
}

function slice(n: ImportNode): Value {
  const rank = n.rank(0);
  if (n.opset < 10) {
    const [starts, ends] = [n.ints("starts"), n.ints("ends")];
    if (starts === undefined || ends === undefined) return n.invalid("attribute 'starts' or 'ends' is missing");
    const axes = n.normalAxes(n.ints("axes") ?? count(starts.length), rank);
    return axes.reduce(
      (x, axis, i) => slicePart(n, x, { axis, start: starts[i]!, end: ends[i]!, step: 1 }),
      n.value(0),
    );
  }
  const starts = n.dims(1, "starts");
  const [given, steps] = [n.knownNumbers(3), n.knownNumbers(4)];
  const isOpen = (n.has(3) && given === undefined) || (n.has(4) && steps === undefined);
  if (isOpen) return sliceAtRun(n, starts.length);
  const ends = n.dims(2, "ends");
  const axes = n.normalAxes(given ?? count(starts.length), rank);
  return axes.reduce((x, axis, i) => {
    const step = steps?.[i] ?? 1;
    if (step === 0) n.invalid("a step is 0");
    return slicePart(n, x, { axis, start: starts[i]!, end: ends[i]!, step });
  }, n.value(0));
}

/** A slice whose axes or steps the program computes: every axis is read at computed places. */
function sliceAtRun(n: ImportNode, length: number): Value {
  const { t } = n;
  const shape = n.shape(0);
  const rank = shape.length;
  const wide = (i: number): Value => t.convert(n.value(i), "i64");
  const axes = n.has(3) ? t.fromStart(wide(3), rank) : t.vector(count(length));
  const steps = n.has(4) ? wide(4) : t.fill(1n, [length], "i64");
  return count(rank).reduce((x, axis) => {
    const hit = t.eq(axes, axis);
    const pick = (list: Value, otherwise: Value): Value =>
      t.select(t.any(hit, [0]), t.sum(t.select(hit, list, 0), [0]), otherwise);
    const size = t.scalar(shape[axis]!);
    const step = pick(steps, t.number(1, "i64"));
    const isBack = t.lt(step, 0);
    const last = t.sub(size, 1);
    const inside = (list: Value, otherwise: Value, low: Value): Value => {
      const index = pick(list, otherwise);
      const fromStart = t.select(t.lt(index, 0), t.add(index, size), index);
      return t.clamp(low, fromStart, t.select(isBack, last, size));
    };
    const zero = t.number(0, "i64");
    const start = inside(wide(1), zero, zero);
    const end = inside(wide(2), size, t.select(isBack, t.number(-1, "i64"), zero));
    const span = t.sub(end, start);
    const whole = t.div(span, step);
    const more = t.convert(t.ne(t.mul(whole, step), span), "i64");
    const amount = t.select(t.gt(t.mul(span, t.sign(step)), 0), t.add(whole, more), 0);
    const places = t.iota([t.symbolOf(amount, { min: 0, max: Number.POSITIVE_INFINITY })], 0, "i64");
    return t.take(x, t.add(start, t.mul(places, step)), axis);
  }, n.value(0));
}

type Margins = readonly { readonly axis: number; readonly low: Dim; readonly high: Dim }[];

/** What is added before and behind each axis: all lows, then all highs. */
function margins(n: ImportNode): Margins {
  const rank = n.rank(0);
  const given =
    n.opset < 11
      ? (n.ints(n.opset < 2 ? "paddings" : "pads") ?? n.invalid("attribute 'pads' is missing"))
      : n.dims(1, "pads");
  const axes = n.has(3) ? openAxes(n, rank) : count(rank);
  if (axes === undefined) return marginsAtRun(n, given);
  if (given.length !== 2 * axes.length) return n.invalid(`${given.length} pads for ${axes.length} axes`);
  return axes.map((axis, i) => ({ axis, low: given[i]!, high: given[i + axes.length]! }));
}

function openAxes(n: ImportNode, rank: number): readonly number[] | undefined {
  const axes = n.knownNumbers(3);
  return axes && n.normalAxes(axes, rank);
}

/** Margins of axes that the program computes: each axis adds up those that name it. */
function marginsAtRun(n: ImportNode, given: readonly Dim[]): Margins {
  const { t } = n;
  const rank = n.rank(0);
  const axes = t.fromStart(t.convert(n.value(3), "i64"), rank);
  const half = given.length / 2;
  const [lows, highs] = [t.vector(given.slice(0, half)), t.vector(given.slice(half))];
  return count(rank).map((axis) => {
    const hit = t.eq(axes, axis);
    const amount = (list: Value): Dim => t.symbolOf(t.sum(t.select(hit, list, 0), [0]));
    return { axis, low: amount(lows), high: amount(highs) };
  });
}

function pad(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const shape = n.shape(0);
  const element = n.element(0);
  const mode = n.word("mode", ["constant", "reflect", "edge", "wrap"]);
  const amounts = margins(n);
  if (mode !== "constant") return amounts.reduce((y, m) => padByPlaces(n, y, m, mode), x);
  const given = n.opset < 11 ? undefined : n.optional(2);
  const value = given ? t.reshape(given, []) : t.number(n.opset < 11 ? n.float("value", 0) : 0, element);
  const lows: Dim[] = shape.map(() => 0);
  const highs: Dim[] = shape.map(() => 0);
  for (const { axis, low, high } of amounts) {
    lows[axis] = low;
    highs[axis] = high;
  }
  return t.pad(x, value, lows, highs);
}

/** Margins filled from the tensor itself: place i of the result is read at a place inside. */
function padByPlaces(
  n: ImportNode,
  x: Value,
  { axis, low, high }: Margins[number],
  mode: "reflect" | "edge" | "wrap",
): Value {
  const { t } = n;
  const { dims } = t.context;
  if (low === 0 && high === 0) return x;
  const size = t.shape(x)[axis]!;
  const places = t.sub(t.iota([dims.add(size, dims.add(low, high))], 0, "i64"), t.scalar(low));
  const length = t.scalar(size);
  if (mode === "edge") return t.take(x, t.clamp(t.number(0, "i64"), places, t.sub(length, 1)), axis);
  if (mode === "wrap") return t.take(x, wrapped(n, places, length), axis);
  // There and back without repeating the ends: a period of 2 * (size - 1).
  const period = t.max(t.mul(t.sub(length, 1), 2), 1);
  const inside = wrapped(n, places, period);
  return t.take(x, t.min(inside, t.sub(period, inside)), axis);
}

/** The remainder that is not negative. */
function wrapped({ t }: ImportNode, x: Value, period: Value): Value {
  const rest = t.rem(x, period);
  return t.select(t.lt(rest, 0), t.add(rest, period), rest);
}

/** Each axis cut or padded with zeros to a size, about its middle. */
function centerCropPad(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const wanted = n.dims(1, "sizes");
  const axes = n.normalAxes(n.ints("axes") ?? count(n.rank(0)), n.rank(0));
  const zero = t.number(0, n.element(0));
  return axes.reduce((x, axis, i) => {
    const shape = t.shape(x);
    const [size, target] = [shape[axis]!, wanted[i] ?? n.invalid("it has fewer sizes than axes")];
    const start = dims.max(dims.floorDiv(dims.sub(size, target), 2), 0);
    const cut = t.sliceAxis(x, axis, start, dims.add(start, dims.min(size, target)));
    const missing = dims.max(dims.sub(target, size), 0);
    const low = dims.floorDiv(missing, 2);
    const none: Dim[] = shape.map(() => 0);
    const padded = t.pad(cut, zero, none.with(axis, low), none.with(axis, dims.sub(missing, low)));
    return t.reshape(padded, shape.with(axis, target));
  }, n.value(0));
}

/** The first `lengths[b]` entries along the time axis in reverse order, for each entry b of the batch. */
function reverseSequence(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const shape = n.shape(0);
  const [batch, time] = [n.axis(1, shape.length, "batch_axis"), n.axis(0, shape.length, "time_axis")];
  const lengths = t.unsqueeze(t.convert(n.value(1), "i64"), [1]);
  const steps = t.iota([shape[batch]!, shape[time]!], 1, "i64");
  const places = t.select(t.lt(steps, lengths), t.sub(t.sub(lengths, steps), 1), steps);
  const others = count(shape.length).filter((i) => i !== batch && i !== time);
  const numbers = {
    offsetDims: others.map((_, i) => i + 2),
    collapsedSliceDims: [time],
    operandBatchingDims: [batch],
    startIndicesBatchingDims: [0],
    startIndexMap: [time],
    indexVectorDim: 2,
  };
  const read = t.gather(
    x,
    places,
    numbers,
    shape.map((d, i) => (others.includes(i) ? d : 1)),
  );
  // The axes came out as batch, time, others.
  const order = count(shape.length).map((i) => (i === batch ? 0 : i === time ? 1 : others.indexOf(i) + 2));
  return t.transpose(read, order);
}

export const slices: readonly OpRow[] = [
  { name: "Slice", since: 1, build: slice },
  { name: "Pad", since: 1, build: pad },
  { name: "CenterCropPad", since: 18, build: centerCropPad },
  { name: "ReverseSequence", since: 10, build: reverseSequence },
];
