/**
 * @file Rotary embeddings, found at the concatenation of what is turned. Pairs (a, b), the halves of the last axis or its
 * neighbours, become (a * cos - b * sin, b * cos + a * sin), or all at once x * cos + (-b, a) * sin with cosines and sines
 * that are the same for both halves.
 */

import type { DenseAttr } from "../../../ir/attrs.js";
import { rotaryEmbedding } from "../../../ir/composites/rotary.js";
import { realDynamicSlice } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { add, multiply, negate, subtract } from "../../../ir/dialects/stablehlo/elementwise.js";
import { concatenate, slice } from "../../../ir/dialects/stablehlo/shape.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { getScalar, sizeOf } from "../../../ir/ndarray.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { elementOf } from "../../../ir/types.js";
import { arranged } from "./arrange.js";
import { isCommonFloat, numberOf } from "./numbers.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { isMovement, isSame, isSameView, shapeOf, type View, viewOf } from "./view.js";

export const rotaryRoots: readonly unknown[] = [concatenate];

/** Every `stride`-th element of the last axis from `start` on. */
interface Part {
  readonly source: Value;
  readonly start: number;
  readonly stride: number;
  readonly length: Dim;
}

/** x and what it is turned by. */
interface Turn {
  readonly root: Operation;
  readonly x: Value;
  readonly cos: Value;
  readonly sin: Value;
  readonly interleaved: boolean;
}

export function raiseRotary(op: Operation, raiser: Raiser): boolean {
  const turn = op.operands.length === 2 ? (pairwise(op) ?? atOnce(op)) : undefined;
  if (!turn || !isCommonFloat(elementOf(turn.x.type))) return false;
  const { root, x, cos, sin } = turn;
  const rank = shapeOf(x).length;
  const size = shapeOf(x)[rank - 1];
  const headsAxis = headsAxisOf(rank, viewOf(cos), viewOf(sin));
  if (typeof size !== "number" || size % 2 !== 0 || headsAxis === undefined) return false;
  const inputs = [x, cos, sin, viewOf(cos).value, viewOf(sin).value];
  const made = raiser.raise(root, inputs, (t) => {
    const [b, s] = [shapeOf(x)[0]!, shapeOf(x)[headsAxis === 1 ? rank - 2 : 1]!];
    const whole = rank === 4 ? x : t.unsqueeze(x, [1]);
    const angles = [cos, sin].map((y) => angle(t, y, rank, headsAxis, [b, s, size / 2])) as [Value, Value];
    const y = rotaryEmbedding(t, [whole, ...angles], { headsAxis, interleaved: turn.interleaved });
    return t.reshape(y, shapeOf(root.result));
  });
  return made !== undefined;
}

/** The axis of x along which all are turned alike; x of rank 3 has none, and gets one at 1. */
function headsAxisOf(rank: number, ...views: readonly View[]): 1 | 2 | undefined {
  if (rank === 3) return 1;
  if (rank !== 4) return undefined;
  return ([1, 2] as const).find((axis) => views.every((view) => view.axes[axis] === undefined));
}

/** Cosines or sines as [B, S, D / 2]. */
function angle(t: TensorBuilder, y: Value, rank: number, headsAxis: 1 | 2, sizes: readonly [Dim, Dim, number]): Value {
  const axes = rank === 3 ? [0, 1, 2] : [0, headsAxis === 1 ? 2 : 1, 3];
  const view = viewOf(y);
  const plain = arranged(
    t,
    view,
    axes.map((axis) => (view.axes[axis] === undefined ? undefined : axis)),
  );
  const [, , last] = t.shape(plain);
  return t.broadcast(last === sizes[2] || last === 1 ? plain : t.sliceAxis(plain, 2, 0, sizes[2]), sizes);
}

function partOf(value: Value): Part | undefined {
  const op = value.definingOp;
  if (!op || !(slice.matches(op) || realDynamicSlice.matches(op))) return undefined;
  const source = op.operand(0);
  const [starts, strides] = slice.matches(op)
    ? [slice.attrsOf(op).start_indices, slice.attrsOf(op).strides]
    : [numbersOf(op.operand(1)), numbersOf(op.operand(3))];
  if (!starts || !strides) return undefined;
  const [from, to] = [shapeOf(source), shapeOf(value)];
  const last = from.length - 1;
  const isLastOnly = from.every(
    (d, axis) => axis === last || (d === to[axis] && starts[axis] === 0 && strides[axis] === 1),
  );
  return isLastOnly && last >= 0
    ? { source, start: starts[last]!, stride: strides[last]!, length: to[last]! }
    : undefined;
}

function numbersOf(value: Value): readonly number[] | undefined {
  const attr = value.definingOp?.attrs["value"] as DenseAttr | undefined;
  if (attr?.kind !== "dense") return undefined;
  const count = shapeOf(value)[0] as number;
  return Array.from({ length: count }, (_, i) => Number(getScalar(attr.data, attr.splat ? 0 : i)));
}

/** Whether two parts are the pairs of one tensor, and which kind. */
function pairing(a: Part, b: Part): "halves" | "neighbours" | undefined {
  const size = shapeOf(a.source).at(-1);
  if (!isSame(a.source, b.source) || a.start !== 0 || typeof size !== "number") return undefined;
  const isHalf = (part: Part): boolean => part.stride === 1 && part.length === size / 2;
  if (isHalf(a) && isHalf(b) && b.start === size / 2) return "halves";
  return a.stride === 2 && b.stride === 2 && b.start === 1 ? "neighbours" : undefined;
}

/** (a * cos - b * sin, b * cos + a * sin) side by side or interleaved. */
function pairwise(op: Operation): Turn | undefined {
  const axis = concatenate.attrsOf(op).dimension;
  const rank = shapeOf(op.result).length;
  const above = onlyUser(op.result);
  const isStacked = axis === rank - 1 && shapeOf(op.operand(0))[axis] === 1 && above !== undefined && isMovement(above);
  const [first, second] = op.operands.map((x) => (isStacked ? unstacked(x) : x));
  const turn = first && second && axis === rank - 1 ? turnOf(first, second) : undefined;
  if (!turn || turn.kind !== (isStacked ? "neighbours" : "halves")) return undefined;
  const root = isStacked ? above! : op;
  const isWhole = shapeOf(root.result).join() === shapeOf(turn.x).join() && root.result.type === turn.x.type;
  return isWhole ? { ...turn, root, interleaved: isStacked } : undefined;
}

/** What got a last axis of size 1. */
function unstacked(value: Value): Value | undefined {
  const op = value.definingOp;
  const source = op && isMovement(op) ? op.operand(0) : undefined;
  const isLast =
    source && shapeOf(value).every((d, i) => (i < shapeOf(source).length ? d === shapeOf(source)[i] : d === 1));
  return isLast && shapeOf(value).length === shapeOf(source).length + 1 ? source : undefined;
}

type PairTurn = Pick<Turn, "x" | "cos" | "sin"> & { readonly kind: "halves" | "neighbours" };

function turnOf(first: Value, second: Value): PairTurn | undefined {
  const [difference, sum] = [first.definingOp, second.definingOp];
  if (!subtract.matches(difference) || !add.matches(sum)) return undefined;
  for (const a of factorsOf(difference!.operand(0))) {
    for (const b of factorsOf(difference!.operand(1))) {
      const [low, high] = [partOf(a.x), partOf(b.x)];
      const kind = low && high && pairing(low, high);
      if (!kind || !isSumOf(sum!, [a.x, b.by], [b.x, a.by])) continue;
      return { x: low.source, cos: a.by, sin: b.by, kind };
    }
  }
  return undefined;
}

interface Factors {
  readonly x: Value;
  readonly by: Value;
}

/** The two ways to read a product. */
function factorsOf(value: Value): readonly Factors[] {
  const op = value.definingOp;
  if (!multiply.matches(op)) return [];
  const [x, by] = op!.operands as readonly [Value, Value];
  return [
    { x, by },
    { x: by, by: x },
  ];
}

type Pair = readonly [Value, Value];

/** Whether a sum is p[0] * p[1] + q[0] * q[1], in any order. */
function isSumOf(op: Operation, p: Pair, q: Pair): boolean {
  const is = (x: Value, [a, b]: Pair): boolean =>
    factorsOf(x).some((f) => isSame(f.x, a) && isSameView(viewOf(f.by), viewOf(b)));
  const [x, y] = op.operands as Pair;
  return (is(x, p) && is(y, q)) || (is(x, q) && is(y, p));
}

/** x * cos + (-b, a) * sin */
function atOnce(op: Operation): Turn | undefined {
  const rank = shapeOf(op.result).length;
  const [first, second] = op.operands as Pair;
  const negated = first.definingOp;
  if (concatenate.attrsOf(op).dimension !== rank - 1 || !negate.matches(negated)) return undefined;
  const [high, low] = [partOf(negated!.operand(0)), partOf(second)];
  if (!high || !low || pairing(low, high) !== "halves") return undefined;
  const turned = onlyUser(op.result);
  const root = turned && onlyUser(turned.result);
  if (!multiply.matches(turned) || !add.matches(root)) return undefined;
  const sin = turned!.operands.find((x) => x !== op.result);
  const straight = root!.operands.find((x) => x !== turned!.result);
  const product = straight && factorsOf(straight).find((f) => isSame(f.x, low.source));
  if (!sin || !product || !isDoubled(sin, rank - 1) || !isDoubled(product.by, rank - 1)) return undefined;
  return { root: root!, x: low.source, cos: product.by, sin, interleaved: false };
}

/** Whether both halves of an axis are the same. */
function isDoubled(value: Value, axis: number, depth = 10): boolean {
  const { value: base, axes } = viewOf(value);
  const own = axes[axis];
  const op = base.definingOp;
  if (own === undefined || numberOf(base) !== undefined) return true;
  if (!op || depth === 0) return false;
  if (concatenate.matches(op)) {
    const [a, b, ...more] = op.operands;
    return concatenate.attrsOf(op).dimension === own && b !== undefined && more.length === 0 && isSame(a!, b);
  }
  if (op.def.traits.includes("constant")) return isConstantDoubled(op.attrs["value"] as DenseAttr, own);
  return op.def.traits.includes("elementwise") && op.operands.every((x) => isDoubled(x, own, depth - 1));
}

function isConstantDoubled(attr: DenseAttr, axis: number): boolean {
  if (attr.kind !== "dense") return false;
  const { shape } = attr.data;
  const inner = sizeOf(shape.slice(axis + 1));
  const size = shape[axis]! * inner;
  for (let i = 0; i < sizeOf(shape); i++) {
    const twin = i % size < size / 2 ? i + size / 2 : i;
    if (!Object.is(getScalar(attr.data, i), getScalar(attr.data, twin))) return false;
  }
  return true;
}
