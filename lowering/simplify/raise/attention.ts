/** @file Makes one composite of the parts of an attention (attention-form.ts), with its operands in the order of axes it takes. */

import { type AttentionForm, attention } from "../../../ir/composites/attention.js";
import type { Context } from "../../../ir/context.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import { elementOf } from "../../../ir/types.js";
import { arranged, unrepeated } from "./arrange.js";
import { attentionAt, type Found, type Mask, type Roles } from "./attention-form.js";
import { isCausal, LOW } from "./causal.js";
import { axisOf, type Side } from "./contraction.js";
import { type Shared, sharedHeads } from "./heads.js";
import { factorOf } from "./numbers.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { along, behind, isMovement, shapeOf, type View, viewOf, whole } from "./view.js";

export const attentionRoots: readonly unknown[] = [composite];

export function raiseAttention(op: Operation, raiser: Raiser): boolean {
  const found = attentionAt(op);
  return found !== undefined && rebuild(found, raiser);
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
  const masks = masksOf(raiser.context, scores.masks, roles);
  if (masks === undefined) return false;
  const form: AttentionForm = {
    scale: scores.scale * query.factor * keys.factor,
    softcap: scores.softcap,
    isCausal: masks.isCausal,
    left: -1,
    right: -1,
    precision: elementOf(scores.dot.result.type),
    scores: undefined,
    maskedScore: masks.rest.length === 0 ? undefined : maskedScore(masks, weights.isGuarded),
  };
  const top = climb(weights.dot);
  const shared = roles.shared === undefined ? sharedKeys(found, keys.view, raiser.context) : undefined;
  const values = unrepeated(v.value);
  const sources: Sources = {
    query: query.view,
    keys: shared?.[0].view ?? keys.view,
    values: shared?.[1].view ?? values,
  };
  const reads = [query, keys, { read: v.value, view: values }, ...scores.masks];
  const inputs = [...reads.flatMap((x) => [x.read, x.view.value]), ...Object.values(sources).map((view) => view.value)];
  const made = raiser.raise(top.top, inputs, (t) => {
    const operands = operandsOf(t, found, sources);
    const extras = masks.rest.length === 0 ? {} : { mask: joinedMask(t, masks.rest, roles, operands) };
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

/** What masks say besides that no query sees a key behind its own place. */
interface Masks {
  readonly isCausal: boolean;
  readonly rest: readonly Mask[];
}

/** `undefined` where one mask cannot say what these do. */
function masksOf(context: Context, masks: readonly Mask[], roles: Roles): Masks | undefined {
  const causal = masks.find((mask) => isCausal(context, mask, roles.query, roles.key));
  const others = masks.filter((mask) => mask !== causal);
  // What scores left out become must be the same for both.
  const isDropped = causal !== undefined && others.every(({ fill = Number.NEGATIVE_INFINITY }) => fill === causal.fill);
  const rest = isDropped ? others : masks;
  return rest.length < 2 || canJoin(rest) ? { isCausal: isDropped, rest } : undefined;
}

/** Scores left out must be the same whichever says it, and so low that what is added to them is nothing. */
function canJoin(masks: readonly Mask[]): boolean {
  const fills = masks.flatMap(({ fill }) => fill ?? []);
  return new Set(fills).size <= 1 && (fills.length === masks.length || fills.every((fill) => fill <= LOW));
}

/** One mask that says what all do: a choice if all are, else what is to be added. */
function joinedMask(t: TensorBuilder, masks: readonly Mask[], roles: Roles, operands: readonly Value[]): Value {
  const joined = masks.map((mask) => ({ value: maskOf(t, mask, roles, operands), fill: mask.fill }));
  const choices = joined.filter(({ fill }) => fill !== undefined);
  const seen = choices.map(({ value }) => value).reduce<Value | undefined>((a, b) => (a ? t.and(a, b) : b), undefined);
  const added = joined.filter(({ fill }) => fill === undefined).map(({ value }) => value);
  const sum = added.reduce<Value | undefined>((a, b) => (a ? t.add(a, b) : b), undefined);
  if (sum === undefined || seen === undefined) return (sum ?? seen)!;
  return t.select(seen, sum, choices[0]!.fill!);
}

/** What rows make of scores left out, unless it is the decomposition's own way. */
function maskedScore({ rest }: Masks, isGuarded: boolean): number | undefined {
  const isAdded = rest.some(({ fill }) => fill === undefined);
  const fill = isAdded ? Number.NEGATIVE_INFINITY : rest[0]!.fill!;
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
