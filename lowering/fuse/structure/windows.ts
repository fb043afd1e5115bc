/**
 * @file Structured form of `reduce_window`. Padding takes no part in a reduction (as in XLA): where the body's identity is known the operand is padded with that
 * and windows are affine; for any other body each element is looked up where it is there. A window over all that came
 * before, as cumulative sums have it, is a scan instead.
 */

import { affineMap } from "../../../ir/affine.js";
import { affineAdd, affineDim, affineMul } from "../../../ir/affine-expr.js";
import { constantOf } from "../../../ir/dialects/arith/constant.js";
import * as hlo from "../../../ir/dialects/stablehlo/reduce-window.js";
import { soleOperation } from "../../../ir/dialects/stablehlo/region-run.js";
import { type WindowAxis, windowAxes } from "../../../ir/dialects/stablehlo/window.js";
import type { Dim } from "../../../ir/dim.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { numericsOf, type Scalar } from "../../../ir/scalar.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { signless } from "../../signless.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { paddedWith, sizePosition } from "./data-movement.js";
import { emptyTensor, generic, type Input } from "./generic.js";
import { branch, type Loop, loopNest, loopsOver, read, write } from "./loops.js";
import { type Accumulation, accumulationOf, accumulators } from "./reductions.js";
import { scalarConstant } from "./values.js";

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, k) => k);

/** The value that changes nothing when it is joined in; a float sum begins with -0, which keeps the sign of zeros. */
const identities: Readonly<Record<string, (element: ElementType) => Scalar | undefined>> = {
  "stablehlo.add": (e) => (elementFacts[e].kind === "float" ? -0 : numericsOf(e).zero),
  "stablehlo.multiply": (e) => numericsOf(e).one,
  "stablehlo.maximum": (e) => (elementFacts[e].kind === "complex" ? undefined : numericsOf(e).minValue),
  "stablehlo.minimum": (e) => (elementFacts[e].kind === "complex" ? undefined : numericsOf(e).maxValue),
  "stablehlo.and": (e) => numericsOf(e).not(numericsOf(e).zero),
  "stablehlo.or": (e) => numericsOf(e).zero,
  "stablehlo.xor": (e) => numericsOf(e).zero,
};

function windowOf(op: Operation): readonly WindowAxis[] {
  const attrs = hlo.reduceWindow.attrsOf(op);
  const axes = windowAxes({
    sizes: attrs.window_dimensions,
    strides: attrs.window_strides,
    baseDilations: attrs.base_dilations,
    windowDilations: attrs.window_dilations,
    padding: attrs.padding,
  });
  if (typeof axes === "string") throw new Error(axes);
  return axes;
}

/** What is needed of one `reduce_window`. */
interface Windows {
  readonly op: Operation;
  readonly axes: readonly WindowAxis[];
  readonly inputs: readonly Value[];
  readonly accumulation: Accumulation;
}

const reduceWindow: Structure = (op, to) => {
  const { inputs, init_values: inits } = hlo.reduceWindow.operandsOf(op);
  const accumulation = accumulationOf(to, op, inputs, inits);
  const windows: Windows = { op, axes: windowOf(op), inputs: inputs.map((x) => to.value(x)), accumulation };
  const scan = scanOf(windows);
  const identity = identityOf(op);
  const results = scan
    ? scanned(to, windows, scan)
    : isPlain(windows.axes)
      ? overWindows(to, windows, windows.inputs)
      : identity !== undefined
        ? overWindows(to, windows, [paddedInput(to, windows, identity)])
        : overPresent(to, windows);
  return accumulation.finish(results);
};

const isPlain = (axes: readonly WindowAxis[]): boolean =>
  axes.every((w) => w.padding.every((n) => n === 0) && w.baseDilation === 1);

function identityOf(op: Operation): Scalar | undefined {
  const sole = soleOperation(op.region(0));
  return sole && identities[sole.name]?.(elementOf(op.operand(0).type));
}

function paddedInput(to: Converter, { op, axes, inputs }: Windows, identity: Scalar): Value {
  const element = elementOf(op.operand(0).type);
  const value = scalarConstant(to, identity, to.context.types.scalar(signless(element)));
  return paddedWith(to, inputs[0]!, value, {
    low: axes.map((w) => w.padding[0]),
    high: axes.map((w) => w.padding[1]),
    interior: axes.map((w) => w.baseDilation - 1),
  });
}

/** An operand that nothing reads: it gives the dimensions of the window their sizes. */
function windowShape(to: Converter, axes: readonly WindowAxis[], first: number): Input {
  const type = to.context.types.tensor(
    axes.map((w) => w.size),
    "i1",
  );
  const map = affineMap(
    first + axes.length,
    0,
    axes.map((_, k) => affineDim(first + k)),
  );
  return { value: emptyTensor(to, type), map };
}

function windowIterators(rank: number): readonly ("parallel" | "reduction")[] {
  return [...range(rank).map(() => "parallel" as const), ...range(rank).map(() => "reduction" as const)];
}

/** Every element of every window is there. */
function overWindows(to: Converter, { op, axes, accumulation }: Windows, inputs: readonly Value[]): readonly Value[] {
  const rank = axes.length;
  const map = affineMap(
    2 * rank,
    0,
    axes.map((w, k) => affineAdd(affineMul(affineDim(k), w.stride), affineMul(affineDim(rank + k), w.windowDilation))),
  );
  const outMap = affineMap(
    2 * rank,
    0,
    range(rank).map((k) => affineDim(k)),
  );
  const count = inputs.length;
  return generic(to, {
    iterators: windowIterators(rank),
    inputs: [...inputs.map((value) => ({ value, map })), windowShape(to, axes, rank)],
    outputs: accumulators(to, op, accumulation).map((init) => ({ init, map: outMap })),
    body: (_, args) => accumulation.join(args.slice(count + 1), args.slice(0, count)),
  });
}

/** Elements are read where they are there; else what is accumulated stays. */
function overPresent(to: Converter, { op, axes, inputs, accumulation }: Windows): readonly Value[] {
  return overPlaces(to, op, {
    axes: axes.map(placesOf),
    shape: windowShape(to, axes, axes.length),
    inputs,
    accumulation,
  });
}

/** A window along one axis, as far as it says where elements lie. */
export interface Places {
  readonly stride: Position;
  readonly low: Position;
  readonly high: Position;
  readonly baseDilation: Position;
  readonly windowDilation: Position;
}

export const placesOf = ({ padding, ...axis }: WindowAxis): Places => ({ ...axis, low: padding[0], high: padding[1] });

export interface PlacedWindows {
  readonly axes: readonly Places[];
  /** Gives the dimensions of the window their sizes. */
  readonly shape: Input;
  readonly inputs: readonly Value[];
  readonly accumulation: Accumulation;
}

/** Every element of every window asks whether it is there. */
export function overPlaces(
  to: Converter,
  op: Operation,
  { axes, shape, inputs, accumulation }: PlacedWindows,
): readonly Value[] {
  const rank = axes.length;
  const outMap = affineMap(
    2 * rank,
    0,
    range(rank).map((k) => affineDim(k)),
  );
  const sizes = shapeOf(inputs[0]!).map((d) => sizePosition(to, d));
  return generic(to, {
    iterators: windowIterators(rank),
    inputs: [shape],
    outputs: accumulators(to, op, accumulation).map((init) => ({ init, map: outMap })),
    body: ({ b, index }, [, ...accumulated]) => {
      const point = range(2 * rank).map((k) => index(k));
      const { positions, isPresent } = presentElement(new IndexArithmetic(b), axes, sizes, point);
      const types = accumulated.map((x) => x.type);
      const joined = () =>
        accumulation.join(
          accumulated,
          inputs.map((x) => read(to, x, positions)),
        );
      return branch(to, isPresent, types, joined, () => accumulated);
    },
  });
}

interface PresentElement {
  readonly positions: readonly Position[];
  readonly isPresent: Value;
}

/** The element under offset `point[rank + k]` of the window at position `point[k]`, for each axis k. */
export function presentElement(
  at: IndexArithmetic,
  axes: readonly Places[],
  sizes: readonly Position[],
  point: readonly Position[],
): PresentElement {
  const conditions: Value[] = [];
  const mayExceed = (x: Position): boolean => typeof x !== "number" || x > 0;
  const positions = axes.map((w, k) => {
    const offset = at.mul(point[axes.length + k]!, w.windowDilation);
    const raw = at.sub(at.add(at.mul(point[k]!, w.stride), offset), w.low);
    if (mayExceed(w.low)) conditions.push(at.compare("sge", raw, 0));
    if (w.baseDilation === 1) {
      if (mayExceed(w.high)) conditions.push(at.compare("slt", raw, sizes[k]!));
      return raw;
    }
    const reached = at.max(raw, 0);
    const position = at.floorDiv(reached, w.baseDilation);
    conditions.push(at.compare("eq", at.mod(reached, w.baseDilation), 0));
    conditions.push(at.compare("slt", position, sizes[k]!));
    return position;
  });
  const always = (): Value => constantOf(at.b, 1, at.b.context.types.scalar("i1"));
  return { positions, isPresent: conditions.length > 0 ? at.and(...conditions) : always() };
}

/** A reduction of all elements up to each one, or from each one on. */
interface Scan {
  readonly axis: number;
  readonly isReversed: boolean;
}

function scanOf({ op, axes, inputs }: Windows): Scan | undefined {
  const [axis, ...more] = range(axes.length).filter((k) => axes[k]!.size !== 1);
  if (axis === undefined || more.length > 0 || identityOf(op) === undefined) return undefined;
  const size = shapeOf(inputs[0]!)[axis]!;
  const w = axes[axis]!;
  const others = axes.filter((_, k) => k !== axis);
  const isUnit = (x: WindowAxis): boolean => x.stride === 1 && x.baseDilation === 1 && x.windowDilation === 1;
  if (w.size !== size || !axes.every(isUnit) || !others.every((x) => x.padding.every((n) => n === 0))) return undefined;
  const [low, high] = w.padding;
  if (low === w.size - 1 && high === 0) return { axis, isReversed: false };
  return low === 0 && high === w.size - 1 ? { axis, isReversed: true } : undefined;
}

/** Along the axis one element after the other, each joined with the result before it. */
function scanned(to: Converter, { op, inputs, accumulation }: Windows, { axis, isReversed }: Scan): readonly Value[] {
  const type = to.type(to.context.types.withElement(to.resultType(op), accumulation.elements[0]!));
  const x = inputs[0]!;
  const loops = loopsOver(to, x, true).map((loop, k): Loop => (k === axis ? { until: loop.until } : loop));
  const last = new IndexArithmetic(to.builder).sub(loops[axis]!.until, 1);
  return loopNest(
    to,
    loops,
    [emptyTensor(to, type)],
    (point, [result]) => {
      const at = new IndexArithmetic(to.builder);
      const step = point[axis]!;
      const place = point.with(axis, at.value(isReversed ? at.sub(last, step) : step));
      const [previous] = branch(
        to,
        at.compare("eq", step, 0),
        [accumulation.inits[0]!.type],
        () => [accumulation.inits[0]!],
        () => {
          const before = new IndexArithmetic(to.builder);
          const neighbour = isReversed ? before.add(place[axis]!, 1) : before.sub(place[axis]!, 1);
          return [read(to, result!, place.with(axis, before.value(neighbour)))];
        },
      );
      const [joined] = accumulation.join([previous!], [read(to, x, place)]);
      return [write(to, result!, place, joined!)];
    },
    "scan",
  );
}

export const windows: Readonly<Record<string, Structure>> = { "stablehlo.reduce_window": reduceWindow };
