/** @file Operators that give the same elements under another shape or order: Reshape to Tile. */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import type { ImportNode, OpRow } from "../context.js";

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Sizes as Reshape takes them: 0 copies the input's (unless `allowzero`), -1 is what is left. */
function reshape(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const x = n.value(0);
  const shape = n.shape(0);
  if (n.opset < 5) {
    const sizes = n.ints("shape") ?? n.invalid("attribute 'shape' is missing");
    return t.reshape(x, inferred(n, sizes, shape));
  }
  const known = n.contents(1);
  const isKnown = known?.every((d) => d !== undefined) === true || n.shape(1)[0] === 0;
  if (isKnown) return t.reshape(x, inferred(n, (known ?? []) as readonly Dim[], shape));
  const wanted = n.value(1);
  const [length] = n.shape(1);
  if (typeof length !== "number") return n.unsupported("the rank of its result is not known before the model runs");
  const own = t.vector(count(length).map((i) => shape[i] ?? 1));
  const copied = n.flag("allowzero") ? wanted : t.select(t.eq(wanted, 0), own, wanted);
  const isOpen = t.eq(copied, -1);
  const others = t.reduce(t.select(isOpen, 1, copied), [0], "mul");
  const rest = t.div(t.scalar(dims.product(shape)), t.max(others, 1));
  const sizes = t.select(isOpen, rest, copied);
  return t.reshape(
    x,
    count(length).map((i) => {
      const size = known?.[i];
      return typeof size === "number" && size > 0 ? size : t.elementSymbol(sizes, i);
    }),
  );
}

function inferred(n: ImportNode, wanted: readonly Dim[], shape: readonly Dim[]): readonly Dim[] {
  const { dims } = n.t.context;
  const copies = !n.flag("allowzero");
  const sizes = wanted.map((d, i) =>
    d === 0 && copies ? (shape[i] ?? n.invalid("a 0 in its shape copies no size")) : d,
  );
  const open = sizes.filter((d) => d === -1).length;
  if (open === 0) return sizes;
  if (open > 1) return n.invalid(`its shape [${wanted.map((d) => dims.print(d)).join(", ")}] has more than one -1`);
  const others = dims.product(sizes.filter((d) => d !== -1));
  const rest = others === 0 ? 0 : dims.floorDiv(dims.product(shape), others);
  return sizes.map((d) => (d === -1 ? rest : d));
}

/** Axes from the attribute before opset `since`, then from input 1; `undefined` where none are given. */
export function axesOf(n: ImportNode, since: number, rank: number): readonly number[] | undefined {
  if (n.opset < since) {
    const axes = n.ints("axes");
    return axes && n.normalAxes(axes, rank);
  }
  return n.has(1) ? n.normalAxes(n.numbers(1, "axes"), rank) : undefined;
}

/** True where axes are computed while the model runs, but the declared sizes of the result leave nothing open. */
function hasOpenAxes(n: ImportNode, since: number): boolean {
  return n.opset >= since && n.has(1) && n.knownNumbers(1) === undefined && n.declaredSizes(0) !== undefined;
}

function squeeze(n: ImportNode): Value {
  const { t } = n;
  // Whatever axes of size 1 are dropped, the elements are the same.
  if (hasOpenAxes(n, 13)) return t.reshape(n.value(0), n.declaredSizes(0)!);
  const shape = n.shape(0);
  const axes = axesOf(n, 13, shape.length) ?? count(shape.length).filter((i) => shape[i] === 1);
  return t.squeeze(n.value(0), axes);
}

function unsqueeze(n: ImportNode): Value {
  if (hasOpenAxes(n, 13)) return n.t.reshape(n.value(0), n.declaredSizes(0)!);
  const given = n.opset < 13 ? n.ints("axes") : n.numbers(1, "axes");
  if (given === undefined) return n.invalid("attribute 'axes' is missing");
  return n.t.unsqueeze(n.value(0), n.normalAxes(given, n.rank(0) + given.length));
}

function transpose(n: ImportNode): Value {
  const rank = n.rank(0);
  const axes = n.ints("perm") ?? count(rank).reverse();
  if (axes.length !== rank) return n.invalid(`attribute 'perm' has ${axes.length} axes for a tensor of rank ${rank}`);
  return n.t.transpose(n.value(0), n.normalAxes(axes, rank));
}

/** Two axes: the product of the sizes before `axis`, and of the others. */
export function flattenAt(n: ImportNode, x: Value, axis: number): Value {
  const { dims } = n.t.context;
  const shape = n.t.shape(x);
  return n.t.reshape(x, [dims.product(shape.slice(0, axis)), dims.product(shape.slice(axis))]);
}

function flatten(n: ImportNode): Value {
  const rank = n.rank(0);
  const axis = n.int("axis", 1);
  if (axis < -rank || axis > rank) return n.invalid(`axis ${axis} of a tensor of rank ${rank}`);
  return flattenAt(n, n.value(0), axis < 0 ? axis + rank : axis);
}

function concat(n: ImportNode): Value {
  const values = n.values();
  if (values.length === 0) return n.invalid("it has no inputs");
  const axis =
    n.opset < 4
      ? n.axis(1, n.rank(0))
      : n.normalAxis(n.int("axis") ?? n.invalid("attribute 'axis' is missing"), n.rank(0));
  return n.t.concat(values, axis);
}

/** Sizes of the parts: given, or as equal as the number of outputs allows. */
function splitSizes(n: ImportNode, size: Dim): readonly Dim[] {
  const { dims } = n.t.context;
  if (n.opset < 13 && n.hasAttribute("split")) return n.ints("split")!;
  if (n.opset !== 2 && n.has(1)) return n.dims(1, "sizes");
  const parts = n.int("num_outputs", n.node.outputs.length);
  if (parts < 1) return n.invalid(`${parts} outputs`);
  const chunk = dims.ceilDiv(size, parts);
  const last = dims.sub(size, dims.mul(chunk, parts - 1));
  return count(parts).map((i) => (i === parts - 1 ? last : chunk));
}

function split(n: ImportNode): readonly Value[] {
  const { t } = n;
  const { dims } = t.context;
  const x = n.value(0);
  const axis = n.axis(0, n.rank(0));
  const size = n.shape(0)[axis]!;
  let start: Dim = 0;
  return splitSizes(n, size).map((length) => {
    const limit: Dim = dims.add(start, length);
    const part = t.sliceAxis(x, axis, start, limit);
    start = limit;
    return part;
  });
}

/** The broadcast of the input's sizes with others, which may be computed while the model runs. */
function expand(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const wanted = n.dims(1, "sizes");
  const shape = n.shape(0);
  const rank = Math.max(wanted.length, shape.length);
  const sizes = count(rank).map((i) => {
    const [own, other] = [shape[i - rank + shape.length] ?? 1, wanted[i - rank + wanted.length] ?? 1];
    if (own === 1 || other === 1) return own === 1 ? other : own;
    if (typeof own === "number") return own;
    if (typeof other === "number" || t.facts.isEqual(own, other)) return other;
    return dims.max(own, other);
  });
  return t.broadcast(n.value(0), sizes);
}

function tile(n: ImportNode): Value {
  const { t } = n;
  const shape = n.shape(0);
  if (n.opset < 6) {
    const axis = n.normalAxis(n.number(2, "axis"), shape.length);
    return repeat(
      n,
      n.value(0),
      shape.map((_, i) => (i === axis ? n.number(1, "tiles") : 1)),
    );
  }
  const repeats = n.dims(1, "repeats");
  if (repeats.length !== shape.length)
    return n.invalid(`${repeats.length} repeats for a tensor of rank ${shape.length}`);
  return t.sameDims(
    repeats,
    shape.map(() => 1),
  )
    ? n.value(0)
    : repeat(n, n.value(0), repeats);
}

function repeat(n: ImportNode, x: Value, repeats: readonly Dim[]): Value {
  const { t } = n;
  const { dims } = t.context;
  const shape = t.shape(x);
  const apart = shape.flatMap((d, i) => (repeats[i] === 1 ? [d] : [repeats[i]!, d]));
  const axes: number[] = [];
  let next = 0;
  for (const times of repeats) {
    next += times === 1 ? 1 : 2;
    axes.push(next - 1);
  }
  return t.reshape(
    t.broadcast(x, apart, axes),
    shape.map((d, i) => dims.mul(d, repeats[i]!)),
  );
}

/** Blocks of channels become blocks of pixels; in mode DCR the block's place is the outer part of the channel. */
function depthToSpace(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const block = n.int("blocksize") ?? n.invalid("attribute 'blocksize' is missing");
  const [batch, channels, height, width] = imageSizes(n);
  const depth = dims.floorDiv(channels, block * block);
  const isOuter = n.word("mode", ["DCR", "CRD"]) === "DCR";
  const apart = isOuter ? [batch, block, block, depth, height, width] : [batch, depth, block, block, height, width];
  const order = isOuter ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  const moved = t.transpose(t.reshape(n.value(0), apart), order);
  return t.reshape(moved, [batch, depth, dims.mul(height, block), dims.mul(width, block)]);
}

function spaceToDepth(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  const block = n.int("blocksize") ?? n.invalid("attribute 'blocksize' is missing");
  const [batch, channels, height, width] = imageSizes(n);
  const [rows, columns] = [dims.floorDiv(height, block), dims.floorDiv(width, block)];
  const isOuter = n.word("mode", ["DCR", "CRD"]) === "DCR";
  const apart = t.reshape(n.value(0), [batch, channels, rows, block, columns, block]);
  const moved = t.transpose(apart, isOuter ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]);
  return t.reshape(moved, [batch, dims.mul(channels, block * block), rows, columns]);
}

function imageSizes(n: ImportNode): readonly [Dim, Dim, Dim, Dim] {
  const shape = n.shape(0);
  if (shape.length !== 4) return n.invalid(`its input has rank ${shape.length} instead of 4`);
  return shape as unknown as readonly [Dim, Dim, Dim, Dim];
}

/** The upper or lower triangle of each matrix, `k` diagonals off the main one. */
function triangle(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const shape = n.shape(0);
  if (shape.length < 2) return n.invalid(`its input has rank ${shape.length}`);
  const [row, column] = [t.iota(shape.slice(-2), 0, "i64"), t.iota(shape.slice(-2), 1, "i64")];
  const offset = n.optional(1);
  const bound = offset === undefined ? row : t.add(row, t.reshape(offset, []));
  const kept = n.flag("upper", true) ? t.ge(column, bound) : t.le(column, bound);
  return t.select(kept, x, t.fillLike(0, x));
}

export const movement: readonly OpRow[] = [
  { name: "Reshape", since: 1, build: reshape },
  { name: "Transpose", since: 1, build: transpose },
  { name: "Squeeze", since: 1, build: squeeze },
  { name: "Unsqueeze", since: 1, build: unsqueeze },
  { name: "Flatten", since: 1, build: flatten },
  { name: "Concat", since: 1, build: concat },
  { name: "Split", since: 1, build: split },
  { name: "Expand", since: 8, build: expand },
  { name: "Tile", since: 1, build: tile },
  { name: "DepthToSpace", since: 1, build: depthToSpace },
  { name: "SpaceToDepth", since: 1, build: spaceToDepth },
  { name: "Trilu", since: 14, build: triangle },
];
