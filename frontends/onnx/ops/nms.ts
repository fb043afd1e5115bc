/**
 * @file NonMaxSuppression: of boxes that overlap, the one with the highest score. Batch entries and classes are worked on
 * side by side; each turn of a loop selects one box of each. How many there are is known only when the model runs.
 */

import type { Dim } from "../../../ir/dim.js";
import { placesOfTrue } from "../../../ir/forms/non-zero.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { checkFloats, checkRank } from "./checks.js";

/** Lower and upper ends of boxes along both axes, and their areas: `[batch, boxes]` or what broadcasts against that. */
interface Boxes {
  readonly low: readonly [Value, Value];
  readonly high: readonly [Value, Value];
  readonly area: Value;
}

function boxesOf(n: ImportNode): Boxes {
  const { t } = n;
  const columns = [0, 1, 2, 3].map((i) => t.at(n.value(0), 2, i)) as [Value, Value, Value, Value];
  const ends = (i: 0 | 1): readonly [Value, Value] => {
    const [a, b] = [columns[i], columns[i + 2]!] as [Value, Value];
    if (!n.flag("center_point_box")) return [t.min(a, b), t.max(a, b)];
    const half = t.mul(b, 0.5);
    return [t.sub(a, half), t.add(a, half)];
  };
  const [first, second] = [ends(0), ends(1)];
  const area = t.mul(t.sub(first[1], first[0]), t.sub(second[1], second[0]));
  return { low: [first[0], second[0]], high: [first[1], second[1]], area };
}

function mapBoxes(boxes: Boxes, f: (x: Value) => Value): Boxes {
  const [[a, b], [c, d]] = [boxes.low, boxes.high];
  return { low: [f(a), f(b)], high: [f(c), f(d)], area: f(boxes.area) };
}

/** The part of their union in which boxes overlap. */
function overlap(t: TensorBuilder, a: Boxes, b: Boxes): Value {
  const side = (i: 0 | 1): Value => t.max(t.sub(t.min(a.high[i], b.high[i]), t.max(a.low[i], b.low[i])), 0);
  const common = t.mul(side(0), side(1));
  return t.div(common, t.sub(t.add(a.area, b.area), common));
}

/** A threshold, of rank 0. */
function threshold(n: ImportNode, i: number): Value {
  const given = n.optional(i);
  return given ? n.t.reshape(given, []) : n.t.number(0, "f32");
}

function nonMaxSuppression(n: ImportNode): Value {
  const { t } = n;
  const { dims } = t.context;
  for (const i of [0, 1]) checkRank(n, i, 3);
  checkFloats(n, 0, 1, 3, 4);
  const scores = n.value(1);
  const [batch, classes, amount] = n.shape(1);
  t.unify(batch!, n.shape(0)[0]!);
  t.unify(amount!, n.shape(0)[1]!);
  const [limit] = n.has(2) ? n.dims(2, "number of boxes") : [0];
  const trips = dims.max(dims.min(limit!, amount!), 0);
  if (trips === 0) return t.fill(0n, [0, 3], "i64");
  const boxes = boxesOf(n);
  const others = mapBoxes(boxes, (x) => t.unsqueeze(x, [1]));
  const least = threshold(n, 3);
  const open = n.has(4) ? t.gt(scores, threshold(n, 4)) : t.fill(1, [batch!, classes!, amount!], "i1");
  const places = t.iota([batch!, classes!, amount!], 2, "i64");
  const { stacked } = buildLoop(t, {
    init: [open],
    trips,
    start: t.any(open, [0, 1, 2]),
    body: (b, _, [left]) => {
      const rest = b.select(left!, scores, Number.NEGATIVE_INFINITY);
      const best = b.and(left!, b.eq(rest, b.reduce(rest, [2], "max", true)));
      const chosen = b.reduce(b.select(best, places, Number.MAX_SAFE_INTEGER), [2], "min");
      const isOne = b.any(left!, [2]);
      const place = b.select(isOne, chosen, b.fillLike(0, chosen));
      const box = mapBoxes(boxes, (x) => b.unsqueeze(b.takeAlong(x, place, 1), [2]));
      const isCovered = b.gt(overlap(b, box, others), least);
      const goes = b.or(isCovered, b.eq(places, b.unsqueeze(place, [2])));
      const next = b.and(left!, b.not(goes));
      return {
        goOn: b.any(next, [0, 1, 2]),
        state: [next],
        stacked: [b.select(isOne, place, b.fillLike(-1, place))],
      };
    },
  });
  return selectedRows(t, stacked[0]!, [batch!, classes!]);
}

/** Rows (batch, class, box) of what was selected in `turns` [turns, batch, classes], where there is no -1. */
function selectedRows(t: TensorBuilder, turns: Value, [batch, classes]: readonly [Dim, Dim]): Value {
  const { dims } = t.context;
  const [length] = t.shape(turns);
  const flat = t.reshape(t.transpose(turns, [1, 2, 0]), [dims.product([batch, classes, length!])]);
  const places = placesOfTrue(t, t.ge(flat, 0));
  const group = t.div(places, t.scalar(length!));
  const columns = [t.div(group, t.scalar(classes)), t.rem(group, t.scalar(classes)), t.take(flat, places, 0)];
  return t.concat(
    columns.map((x) => t.unsqueeze(x, [1])),
    1,
  );
}

export const suppression: readonly OpRow[] = [{ name: "NonMaxSuppression", since: 10, build: nonMaxSuppression }];
