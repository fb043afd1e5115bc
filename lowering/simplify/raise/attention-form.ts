/**
 * @file Attention, found at a softmax between two contractions: q k^T, scaled and masked, and the sums of v's rows weighted by
 * it. Axes are told by what they are for: those that all three share are samples and heads, k's own is what is summed
 * over, and q's own are queries; so every order of axes, transposed or not, and heads that share keys are one form.
 *
 * A guard that makes 0 of NaN behind the softmax says that rows in which nothing takes part are 0; without one they are what
 * the softmax makes of them, which `masked_score` states.
 */

import type { AttrDict } from "../../../ir/attrs.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import { select } from "../../../ir/dialects/stablehlo/choose.js";
import { convert } from "../../../ir/dialects/stablehlo/convert.js";
import { dotGeneral } from "../../../ir/dialects/stablehlo/dot.js";
import { add, tanh } from "../../../ir/dialects/stablehlo/elementwise.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { LOW, undecided } from "./causal.js";
import { type Contraction, contractionOf, type Side } from "./contraction.js";
import { guardOf } from "./guards.js";
import { factorOf, numberOf } from "./numbers.js";
import { onlyUser } from "./raiser.js";
import { along, behind, isMovement, shapeOf, type View, viewOf, whole } from "./view.js";

/** What is added to the scores, or chooses among them. */
export interface Mask {
  /** As who looks from the softmax sees it. */
  readonly view: View;
  readonly read: Value;
  /** What takes the place of scores left out; none for masks that are added. */
  readonly fill?: number;
  /** Whether it says what is left out. */
  readonly isInverted?: boolean;
}

export interface Scores {
  readonly dot: Operation;
  /** For each axis of the softmax that of the contraction. */
  readonly axes: View["axes"];
  readonly scale: number;
  /** Scores are drawn into -softcap .. softcap before they are masked; 0 for none. */
  readonly softcap: number;
  /** The one nearest to the softmax first. */
  readonly masks: readonly Mask[];
}

export interface Weights {
  readonly dot: Operation;
  /** The operand that holds the probabilities. */
  readonly side: 0 | 1;
  /** That operand as a view of the softmax. */
  readonly axes: View["axes"];
  readonly isGuarded: boolean;
}

/** Axes by what they are for, as axes of the softmax; `undefined` where there is none or it is of size 1. */
export interface Roles {
  readonly sample: number | undefined;
  readonly head: number | undefined;
  /** Heads of q that share one of k. */
  readonly shared: number | undefined;
  readonly query: number | undefined;
  readonly key: number;
}

/** A form whose parts are told apart. */
export interface Found {
  readonly roles: Roles;
  readonly scores: Scores;
  readonly weights: Weights;
  readonly products: Contraction;
  readonly sums: Contraction;
  readonly q: Side;
  readonly k: Side;
  readonly v: Side;
}

/** The attention around the softmax `op`, if that is what it is part of. */
export function attentionAt(op: Operation): Found | undefined {
  if (composite.attrsOf(op).name !== "psm.softmax" || op.operands.length !== 1) return undefined;
  const attribute = (composite.attrsOf(op).composite_attributes as AttrDict)["axis"];
  if (attribute?.kind !== "int") return undefined;
  const weights = weightsOf(op.result, op.operand(0), Number(attribute.value));
  const scores = scoresOf(whole(op.operand(0)));
  if (!weights || !scores) return undefined;
  const found = partsOf(Number(attribute.value), scores, weights);
  return found && haveElements(found, op) ? found : undefined;
}

/** Up from the probabilities, made of `scores` along `axis`, to the contraction that reads them. */
function weightsOf(result: Value, scores: Value, axis: number): Weights | undefined {
  const guarded = guardOf(result, scores, axis);
  const start = guarded ?? result;
  const narrowing = onlyUser(start);
  let value = convert.matches(narrowing) ? narrowing!.result : start;
  for (let op = onlyUser(value); op; op = onlyUser(value)) {
    if (dotGeneral.matches(op)) {
      if (op.operand(0) === op.operand(1)) return undefined;
      const { axes } = viewOf(value);
      if (shapeOf(value).some((d, k) => d !== 1 && axes[k] === undefined)) return undefined;
      return { dot: op, side: op.operand(0) === value ? 0 : 1, axes, isGuarded: guarded !== undefined };
    }
    if (!isMovement(op) || op.operand(0) !== value) return undefined;
    value = op.result;
  }
  return undefined;
}

/** Masks of one attention. */
const MOST_MASKS = 2;

/** Down from what the softmax reads to the contraction, through masks, then a cap, then factors. */
function scoresOf(start: View, masks: readonly Mask[] = []): Scores | undefined {
  let factor = 1;
  let softcap = 0;
  let view = behind(start);
  for (let op = view.value.definingOp; op; op = view.value.definingOp) {
    if (dotGeneral.matches(op))
      return { dot: op, axes: view.axes, scale: softcap === 0 ? factor : factor * softcap, softcap, masks };
    const by = factorOf(op);
    if (by) factor *= by.factor;
    else if (tanh.matches(op) && softcap === 0 && factor > 0) [softcap, factor] = [factor, 1];
    else
      return factor !== 1 || softcap !== 0 || masks.length === MOST_MASKS ? undefined : maskedScores(op, view, masks);
    view = behind(along(view, by?.value ?? op.operand(0)));
  }
  return undefined;
}

function maskedScores(op: Operation, view: View, masks: readonly Mask[]): Scores | undefined {
  const rest = (x: Value, mask: Mask): Scores | undefined => scoresOf(along(view, x), [...masks, mask]);
  if (add.matches(op)) {
    const [a, b] = op.operands as readonly [Value, Value];
    return rest(a, addedMask(along(view, b), b)) ?? rest(b, addedMask(along(view, a), a));
  }
  if (!select.matches(op) || shapeOf(op.operand(0)).length !== shapeOf(op.result).length) return undefined;
  const [pred, yes, no] = op.operands as readonly [Value, Value, Value];
  const [whereNot, where] = [numberOf(no), numberOf(yes)];
  const chosen = { view: undecided(along(view, pred)), read: pred };
  if (whereNot !== undefined) return rest(yes, { ...chosen, fill: whereNot });
  return where === undefined ? undefined : rest(no, { ...chosen, fill: where, isInverted: true });
}

/** What is added; 0 or next to nothing says as much as a choice among the scores. */
function addedMask(start: View, read: Value): Mask {
  const view = undecided(start);
  const op = view.value.definingOp;
  if (!select.matches(op)) return { view, read };
  const [pred, yes, no] = op!.operands as readonly [Value, Value, Value];
  const [where, whereNot] = [numberOf(yes), numberOf(no)];
  const isSeen = where === 0 && whereNot !== undefined && whereNot <= LOW;
  if (!isSeen && !(whereNot === 0 && where !== undefined && where <= LOW)) return { view, read };
  if (shapeOf(pred).length !== shapeOf(op!.result).length) return { view, read };
  const chosen = { view: undecided(along(view, pred)), read };
  return isSeen ? { ...chosen, fill: whereNot } : { ...chosen, fill: where!, isInverted: true };
}

/** Which axis is for what; `undefined` where the contractions do not fit together as attention. */
function partsOf(key: number, scores: Scores, weights: Weights): Found | undefined {
  const [products, sums] = [contractionOf(scores.dot), contractionOf(weights.dot)];
  if (!products || !sums || !isWhole(scores)) return undefined;
  const labelOf = (axis: number): number | undefined => {
    const label = scores.axes.indexOf(axis);
    return label < 0 ? undefined : label;
  };
  const [left, right] = products.sides.map((side) => side.freeResults.map(labelOf));
  if (!left || !right || left.includes(key) === right.includes(key)) return undefined;
  const [q, k] = left.includes(key) ? [products.sides[1], products.sides[0]] : products.sides;
  const [ownQueries, ownKeys] = left.includes(key) ? [right, left] : [left, right];
  const [p, v] = weights.side === 0 ? sums.sides : [sums.sides[1], sums.sides[0]];
  const queries = ownQueries.filter((label) => label !== undefined).toSorted((a, b) => a - b);
  const batch = products.batchResults.map(labelOf);
  const summed = weights.axes[p.contract];
  const shares = (side: Side): string =>
    side.batch
      .flatMap((axis) => weights.axes[axis] ?? [])
      .sort()
      .join();
  const fits =
    summed === key &&
    ownKeys.every((label) => label === key || label === undefined) &&
    queries.length <= 2 &&
    shares(p) ===
      batch
        .filter((label) => label !== undefined)
        .sort()
        .join() &&
    v.free.filter((axis) => shapeOf(v.value)[axis] !== 1).length <= 1;
  const places = fits ? headPlaces(batch) : undefined;
  if (!places) return undefined;
  const [sample, head] = places;
  const roles = { sample, head, shared: queries.length > 1 ? queries[0] : undefined, query: queries.at(-1), key };
  return { roles, scores, weights, products, sums, q, k, v };
}

/** The axes shared by all as that of samples and that of heads; an axis of size 1 keeps its place. */
function headPlaces(
  batch: readonly (number | undefined)[],
): readonly [number | undefined, number | undefined] | undefined {
  const places = batch.length > 2 ? batch.filter((label) => label !== undefined) : batch;
  if (places.length > 2) return undefined;
  const [a, b] = places;
  return a !== undefined && b !== undefined && b < a ? [b, a] : [a, b];
}

/** Whether the softmax sees every element of the contraction once. */
function isWhole({ dot, axes }: Scores): boolean {
  const seen = axes.filter((axis) => axis !== undefined);
  const sizes = shapeOf(dot.result);
  return new Set(seen).size === seen.length && sizes.every((d, axis) => d === 1 || seen.includes(axis));
}

/** The elements that the decomposition computes with. */
function haveElements({ scores, weights, q, k, v }: Found, softmax: Operation): boolean {
  const element = elementOf(q.value.type);
  const wide = element === "f64" ? "f64" : "f32";
  const same = [k.value, v.value, weights.dot.operand(weights.side), weights.dot.result];
  const added = scores.masks.filter((mask) => mask.fill === undefined).map((mask) => mask.view.value);
  return (
    elementFacts[element].kind === "float" &&
    same.every((x) => elementOf(x.type) === element) &&
    elementOf(scores.dot.result.type) === wide &&
    elementOf(softmax.result.type) === wide &&
    added.every((mask) => elementOf(mask.type) === wide)
  );
}
