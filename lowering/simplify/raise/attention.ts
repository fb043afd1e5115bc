/**
 * @file Attention, found at a softmax between two contractions: q k^T, scaled and masked, and the sums of v's rows weighted by
 * it. Axes are told by what they are for: those that all three share are samples and heads, k's own is what is summed
 * over, and q's own are queries; so every order of axes, transposed or not, and heads that share keys are one form.
 *
 * A guard that makes 0 of NaN behind the softmax says that rows in which nothing takes part are 0; without one they are what
 * the softmax makes of them, which `masked_score` states.
 */

import type { AttrDict } from "../../../ir/attrs.js";
import { type AttentionForm, attention } from "../../../ir/composites/attention.js";
import type { Context } from "../../../ir/context.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import { compare, select } from "../../../ir/dialects/stablehlo/choose.js";
import { convert } from "../../../ir/dialects/stablehlo/convert.js";
import { dotGeneral } from "../../../ir/dialects/stablehlo/dot.js";
import { add } from "../../../ir/dialects/stablehlo/elementwise.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { elementOf } from "../../../ir/types.js";
import { arranged, unrepeated } from "./arrange.js";
import { isCausal, undecided } from "./causal.js";
import { axisOf, type Contraction, contractionOf, type Side } from "./contraction.js";
import { type Shared, sharedHeads } from "./heads.js";
import { isNumber, numberOf } from "./numbers.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { along, behind, factorOf, isMovement, shapeOf, type View, viewOf, whole } from "./view.js";

export const attentionRoots: readonly unknown[] = [composite];

/** What is added to the scores, or chooses among them. */
interface Mask {
  /** As who looks from the softmax sees it. */
  readonly view: View;
  readonly read: Value;
  /** What takes the place of scores left out; none for masks that are added. */
  readonly fill?: number;
  /** Whether it says what is left out. */
  readonly isInverted?: boolean;
}

interface Scores {
  readonly dot: Operation;
  /** For each axis of the softmax that of the contraction. */
  readonly axes: View["axes"];
  readonly scale: number;
  readonly mask?: Mask;
}

interface Weights {
  readonly dot: Operation;
  /** The operand that holds the probabilities. */
  readonly side: 0 | 1;
  /** That operand as a view of the softmax. */
  readonly axes: View["axes"];
  readonly isGuarded: boolean;
}

/** Axes by what they are for, as axes of the softmax; `undefined` where there is none or it is of size 1. */
interface Roles {
  readonly sample: number | undefined;
  readonly head: number | undefined;
  /** Heads of q that share one of k. */
  readonly shared: number | undefined;
  readonly query: number | undefined;
  readonly key: number;
}

/** A form whose parts are told apart. */
interface Found {
  readonly roles: Roles;
  readonly scores: Scores;
  readonly weights: Weights;
  readonly products: Contraction;
  readonly sums: Contraction;
  readonly q: Side;
  readonly k: Side;
  readonly v: Side;
}

export function raiseAttention(op: Operation, raiser: Raiser): boolean {
  if (composite.attrsOf(op).name !== "psm.softmax" || op.operands.length !== 1) return false;
  const attribute = (composite.attrsOf(op).composite_attributes as AttrDict)["axis"];
  const weights = weightsOf(op.result);
  const scores = scoresOf(whole(op.operand(0)));
  if (attribute?.kind !== "int" || !weights || !scores) return false;
  const found = partsOf(Number(attribute.value), scores, weights);
  return found !== undefined && haveElements(found, op) && rebuild(found, raiser);
}

/** Up from the probabilities to the contraction that reads them. */
function weightsOf(result: Value): Weights | undefined {
  const guarded = guardOf(result);
  const start = guarded ?? result;
  const narrowing = onlyUser(start);
  let value = convert.matches(narrowing) ? narrowing!.result : start;
  for (let op = onlyUser(value); op; op = onlyUser(value)) {
    if (dotGeneral.matches(op)) {
      if (op.operand(0) === op.operand(1)) return undefined;
      const { axes } = viewOf(value);
      if (shapeOf(value).some((d, axis) => d !== 1 && axes[axis] === undefined)) return undefined;
      return { dot: op, side: op.operand(0) === value ? 0 : 1, axes, isGuarded: guarded !== undefined };
    }
    if (!isMovement(op) || op.operand(0) !== value) return undefined;
    value = op.result;
  }
  return undefined;
}

/** `p` with 0 in the place of NaN. */
function guardOf(p: Value): Value | undefined {
  const users = [...p.users];
  const test = users.find((op) => compare.matches(op));
  const choice = users.find((op) => select.matches(op));
  if (users.length !== 2 || !test || !choice || !test.operands.every((x) => x === p)) return undefined;
  const { comparison_direction: direction } = compare.attrsOf(test);
  const [pred, yes, no] = choice.operands as readonly [Value, Value, Value];
  const fits = direction === "NE" ? isNumber(yes, 0) && no === p : direction === "EQ" && yes === p && isNumber(no, 0);
  return pred === test.result && onlyUser(pred) && fits ? choice.result : undefined;
}

/** Down from what the softmax reads to the contraction, through at most one mask and then factors. */
function scoresOf(start: View, mask?: Mask): Scores | undefined {
  let scale = 1;
  let view = behind(start);
  for (let op = view.value.definingOp; op; op = view.value.definingOp) {
    if (dotGeneral.matches(op)) return { dot: op, axes: view.axes, scale, ...(mask ? { mask } : {}) };
    const by = factorOf(op);
    if (!by) return mask || scale !== 1 ? undefined : maskedScores(op, view);
    scale *= by.factor;
    view = behind(along(view, by.value));
  }
  return undefined;
}

function maskedScores(op: Operation, view: View): Scores | undefined {
  const at = (x: Value): View => undecided(along(view, x));
  if (add.matches(op)) {
    const [a, b] = op.operands as readonly [Value, Value];
    return scoresOf(along(view, a), { view: at(b), read: b }) ?? scoresOf(along(view, b), { view: at(a), read: a });
  }
  if (!select.matches(op) || shapeOf(op.operand(0)).length !== shapeOf(op.result).length) return undefined;
  const [pred, yes, no] = op.operands as readonly [Value, Value, Value];
  const [whereNot, where] = [numberOf(no), numberOf(yes)];
  if (whereNot !== undefined) return scoresOf(along(view, yes), { view: at(pred), read: pred, fill: whereNot });
  if (where === undefined) return undefined;
  return scoresOf(along(view, no), { view: at(pred), read: pred, fill: where, isInverted: true });
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
  const mask = scores.mask?.fill === undefined ? scores.mask?.view.value : undefined;
  return (
    elementFacts[element].kind === "float" &&
    same.every((x) => elementOf(x.type) === element) &&
    elementOf(scores.dot.result.type) === wide &&
    elementOf(softmax.result.type) === wide &&
    (mask === undefined || elementOf(mask.type) === wide)
  );
}

/** An operand without the factors on it. */
interface Scaled {
  readonly view: View;
  readonly factor: number;
  readonly read: Value;
}

/** Narrow floats would be rounded otherwise than before, and keep theirs. */
function unscaled(value: Value): Scaled {
  let [view, read, factor] = [unrepeated(value), value, 1];
  while (elementFacts[elementOf(value.type)].bits >= 32) {
    const op = view.value.definingOp;
    const by = op && onlyUser(op.result) && factorOf(op);
    if (!by) break;
    factor *= by.factor;
    read = by.value;
    const next = behind(along(view, by.value));
    const repeats = next.axes.some((axis, i) => axis === undefined && view.axes[i] !== undefined);
    view = repeats ? along(view, by.value) : next;
    if (repeats) break;
  }
  return { view, factor, read };
}

function rebuild(found: Found, raiser: Raiser): boolean {
  const { roles, scores, weights, q, k, v } = found;
  const [query, keys] = [unscaled(q.value), unscaled(k.value)];
  const causal = scores.mask && isCausal(scores.mask, roles.query, roles.key);
  const mask = causal ? undefined : scores.mask;
  const form: AttentionForm = {
    scale: scores.scale * query.factor * keys.factor,
    softcap: 0,
    isCausal: causal === true,
    left: -1,
    right: -1,
    precision: elementOf(scores.dot.result.type),
    scores: undefined,
    maskedScore: mask && maskedScore(mask, weights.isGuarded),
  };
  const top = climb(weights.dot);
  const shared = roles.shared === undefined ? sharedKeys(found, keys.view, raiser.context) : undefined;
  const values = unrepeated(v.value);
  const sources: Sources = {
    query: query.view,
    keys: shared?.[0].view ?? keys.view,
    values: shared?.[1].view ?? values,
  };
  const reads = [query, keys, { read: v.value, view: values }, ...(scores.mask ? [scores.mask] : [])];
  const inputs = [...reads.flatMap((x) => [x.read, x.view.value]), ...Object.values(sources).map((view) => view.value)];
  const made = raiser.raise(top.top, inputs, (t) => {
    const operands = operandsOf(t, found, sources);
    const extras = mask ? { mask: maskOf(t, mask, roles, operands) } : {};
    const [y] = attention(t, operands, form, extras);
    const groups = t.shape(operands[roles.shared === undefined ? 0 : 1])[1]!;
    return resultOf(t, y!, found, groups, top);
  });
  return made !== undefined;
}

/** Where the operands come from, as those of the contractions see them. */
interface Sources extends Readonly<Record<string, View>> {
  readonly query: View;
  readonly keys: View;
  readonly values: View;
}

/** What rows make of scores left out, unless it is the decomposition's own way. */
function maskedScore(mask: Mask, isGuarded: boolean): number | undefined {
  const fill = mask.fill ?? Number.NEGATIVE_INFINITY;
  return isGuarded && fill === Number.NEGATIVE_INFINITY ? undefined : fill;
}

/** Keys and values of which each was repeated for several heads. */
function sharedKeys(found: Found, keys: View, context: Context): readonly [Shared, Shared] | undefined {
  const [ofKeys, ofValues] = [inProducts(found, found.k, found.roles.head), inSums(found, found.roles.head)];
  if (ofKeys === undefined || ofValues === undefined) return undefined;
  const a = sharedHeads(context, keys, ofKeys);
  const b = a && sharedHeads(context, whole(found.v.value), ofValues);
  return a && b && a.times === b.times ? [a, b] : undefined;
}

/** The axis of q or k that is an axis of the softmax. */
function inProducts({ products, scores }: Found, side: Side, label: number | undefined): number | undefined {
  return label === undefined ? undefined : axisOf(side, products, scores.axes[label]);
}

/** The axis of v that is an axis of the softmax: it is shared with the probabilities. */
function inSums({ sums, weights, v }: Found, label: number | undefined): number | undefined {
  const p = sums.sides[weights.side];
  const place = label === undefined ? -1 : p.batch.findIndex((axis) => weights.axes[axis] === label);
  return place < 0 ? undefined : v.batch[place];
}

/** q, k and v as the composite has them. */
function operandsOf(t: TensorBuilder, found: Found, { query, keys, values }: Sources): readonly [Value, Value, Value] {
  const { dims } = t.context;
  const { roles, q, k, v } = found;
  const lead = [roles.sample, roles.head];
  const own = [...(roles.shared === undefined ? [] : [roles.shared]), roles.query];
  const apart = arranged(t, query, [...[...lead, ...own].map((label) => inProducts(found, q, label)), q.contract]);
  const [b, g, ...rest] = t.shape(apart);
  const [l, d] = rest.slice(-2);
  const rows = roles.shared === undefined ? apart : t.reshape(apart, [b!, dims.mul(g!, rest[0]!), l!, d!]);
  const ofKeys = [...lead, roles.key].map((label) => inProducts(found, k, label));
  const size = v.free.find((axis) => shapeOf(v.value)[axis] !== 1);
  const ofValues = lead.map((label) => inSums(found, label));
  return [rows, arranged(t, keys, [...ofKeys, k.contract]), arranged(t, values, [...ofValues, v.contract, size])];
}

/** The mask as [B or 1, H or 1, L or 1, S or 1]. */
function maskOf(t: TensorBuilder, { view, isInverted }: Mask, roles: Roles, [q, k]: readonly Value[]): Value {
  const { dims } = t.context;
  const lead = [roles.sample, roles.head];
  const last = [roles.query, roles.key];
  const split = roles.shared === undefined ? undefined : arranged(t, view, [...lead, roles.shared, ...last]);
  const whole4 = split
    ? joinHeads(t, split, dims.floorDiv(t.shape(q!)[1]!, t.shape(k!)[1]!))
    : arranged(t, view, [...lead, ...last]);
  return isInverted ? t.not(whole4) : whole4;
}

/** [B, G, R, L, S] as [B, H, L, S]; where only the groups differ, each stands for `times` heads. */
function joinHeads(t: TensorBuilder, mask: Value, times: Dim): Value {
  const [b, g, r, l, s] = t.shape(mask);
  const each = g !== 1 && r === 1 ? times : r!;
  return t.reshape(t.broadcast(mask, [b!, g!, each, l!, s!]), [b!, t.context.dims.mul(g!, each), l!, s!]);
}

interface Top {
  readonly top: Operation;
  /** Of the result of `top`, as axes of the contraction's. */
  readonly axes: View["axes"];
}

/** From the sums up through transposes and axes of size 1, as far as nothing else reads them. */
function climb(dot: Operation): Top {
  let top = dot;
  for (let op = onlyUser(top.result); op && isMovement(op) && op.operand(0) === top.result; op = onlyUser(top.result)) {
    const isSame =
      shapeOf(op.result).filter((d) => d !== 1).length === shapeOf(dot.result).filter((d) => d !== 1).length;
    if (!isSame || viewOf(op.result).value !== dot.result) break;
    top = op;
  }
  return { top, axes: viewOf(top.result).axes };
}

/** The result in the order of axes that the rest of the program reads. */
function resultOf(t: TensorBuilder, y: Value, found: Found, groups: Dim, { top, axes }: Top): Value {
  const { roles, weights, sums, v } = found;
  const { dims } = t.context;
  const [b, h, l, e] = t.shape(y);
  const isSplit = roles.shared !== undefined;
  const apart = isSplit ? t.reshape(y, [b!, groups, dims.floorDiv(h!, groups), l!, e!]) : y;
  const order = [roles.sample, roles.head, ...(isSplit ? [roles.shared] : []), roles.query];
  const placeOf = (result: number | undefined): number | undefined => {
    const axis = axisOf(sums.sides[weights.side], sums, result);
    const label = axis === undefined ? undefined : weights.axes[axis];
    if (label !== undefined) return order.indexOf(label);
    return result !== undefined && v.freeResults.includes(result) ? order.length : undefined;
  };
  const places = axes.map(placeOf).filter((place) => place !== undefined);
  return t.reshape(arranged(t, whole(apart), places), shapeOf(top.result));
}
