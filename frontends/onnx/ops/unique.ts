/**
 * @file Unique: the different elements, or slices along an axis. Sorted to bring equals together; the number of different
 * ones is known only when the model runs.
 */

import { placesOfTrue } from "../../../ir/forms/non-zero.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { accumulate } from "./reductions.js";

/** Slices of more elements are not compared: each element is a key of the sort. */
const MAX_KEYS = 64;

/** What is unique among rows: where each kind first occurs, which kind each row is of, and how many there are of each. */
interface Kinds {
  readonly first: Value;
  readonly inverse: Value;
  readonly counts: Value;
}

function unique(n: ImportNode): readonly Value[] {
  const { t } = n;
  const isFlat = !n.hasAttribute("axis");
  const x = isFlat ? t.flatten(n.value(0)) : n.value(0);
  const axis = isFlat ? 0 : n.axis(0, n.rank(0));
  const front = t.moveAxis(x, axis, 0);
  const [size, ...rest] = t.shape(front);
  const keys = t.context.dims.product(rest);
  if (typeof keys !== "number" || keys > MAX_KEYS)
    return n.unsupported(`slices of ${t.context.dims.print(keys)} elements`, `at most ${MAX_KEYS} are supported`);
  const rows = t.reshape(front, [size!, keys]);
  const columns = Array.from({ length: keys }, (_, k) => t.at(rows, 1, k));
  const sorted = kindsOf(t, columns);
  const { first, inverse, counts } = n.flag("sorted", true) ? sorted : inOrderOfOccurrence(t, sorted);
  return [t.take(x, first, axis), first, inverse, counts];
}

/** Kinds in ascending order of the rows, the first column deciding first. */
function kindsOf(t: TensorBuilder, columns: readonly Value[]): Kinds {
  const [size] = t.shape(columns[0]!);
  const places = t.iota([size!], 0, "i64");
  const sorted = t.sort([...columns, places], 0, (b, pairs) => comesBefore(b, pairs.slice(0, -2)));
  const origin = sorted.at(-1)!;
  const isFirst = t.eq(places, 0);
  const isNew = sorted.slice(0, -1).reduce((any, column) => {
    const before = t.pad(column, t.number(0, t.element(column)), [1], [-1]);
    return t.or(any, t.ne(column, before));
  }, isFirst);
  const kind = t.sub(accumulate(t, t.convert(isNew, "i64"), 0, "add", { exclusive: false, reverse: false }), 1);
  const inverse = t.scatterPlaces(t.fillLike(0, places), t.unsqueeze(origin, [1]), kind, "set");
  const starts = placesOfTrue(t, isNew);
  const [amount] = t.shape(starts);
  const ends = t.concat([starts, t.vector([size!])], 0);
  const following = t.sliceAxis(ends, 0, 1, t.context.dims.add(amount!, 1));
  return { first: t.take(origin, starts, 0), inverse, counts: t.sub(following, starts) };
}

/** Lexicographic order of pairs of columns. */
function comesBefore(t: TensorBuilder, [a, b, ...rest]: readonly Value[]): Value {
  const less = t.lt(a!, b!);
  return rest.length === 0 ? less : t.or(less, t.and(t.eq(a!, b!), comesBefore(t, rest)));
}

/** The same kinds in the order in which they first occur. */
function inOrderOfOccurrence(t: TensorBuilder, { first, inverse, counts }: Kinds): Kinds {
  const [amount] = t.shape(first);
  const places = t.iota([amount!], 0, "i64");
  const [ordered, order] = t.sort([first, places], 0, (b, [x, y]) => b.lt(x!, y!));
  const rank = t.scatterPlaces(t.fillLike(0, places), t.unsqueeze(order!, [1]), places, "set");
  return { first: ordered!, inverse: t.take(rank, inverse, 0), counts: t.take(counts, order!, 0) };
}

export const uniques: readonly OpRow[] = [{ name: "Unique", since: 11, build: unique }];
