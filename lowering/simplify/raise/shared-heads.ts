/**
 * @file Attention whose keys and values were repeated for the heads that share them, though the composite shares them by itself,
 * or whose mask says what its attribute `causal` says: exporters of whole attentions have no other way to say it. Without the
 * copies, a cache is read once for all those heads; without the mask, keys behind a query are not looked at.
 */

import type { Attr, AttrDict } from "../../../ir/attrs.js";
import { type AttentionExtras, type AttentionForm, attention } from "../../../ir/composites/attention.js";
import type { Context } from "../../../ir/context.js";
import { composite } from "../../../ir/dialects/stablehlo/calls.js";
import type { ElementType } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { arranged } from "./arrange.js";
import { isCausal } from "./causal.js";
import { type Shared, sharedHeads } from "./heads.js";
import type { Raiser } from "./raiser.js";
import { shapeOf, whole } from "./view.js";

export const sharedRoots: readonly unknown[] = [composite];

/** The axis of heads in keys and values. */
const HEADS = 1;

export function shareHeads(op: Operation, raiser: Raiser): boolean {
  const { name, composite_attributes } = composite.attrsOf(op);
  if (name !== "psm.attention" || op.results.length !== 1) return false;
  const [q, k, v, ...rest] = op.operands as readonly [Value, Value, Value, ...Value[]];
  const form = formOf(composite_attributes as AttrDict);
  if (form === undefined) return false;
  const names = namesOf(composite_attributes as AttrDict);
  const extras = Object.fromEntries(names.map((extra, i) => [extra, rest[i]])) as AttentionExtras;
  const [keys, values] = [k, v].map((x) => sharedHeads(raiser.context, whole(x), HEADS));
  const isShared = keys !== undefined && values !== undefined && keys.times === values.times;
  const isBehind = masksWhatIsBehind(raiser.context, form, extras);
  if (!isShared && !isBehind) return false;
  raiser.replaceOnly(op, op.result, (t) => {
    const apart = ({ view }: Shared): Value => arranged(t, view, [0, 1, 2, 3]);
    const operands = isShared ? ([q, apart(keys), apart(values)] as const) : ([q, k, v] as const);
    if (!isBehind) return attention(t, operands, form, extras)[0]!;
    return attention(t, operands, { ...form, isCausal: true }, { ...extras, mask: undefined })[0]!;
  });
  return true;
}

/** Axes of a mask. */
const [QUERIES, KEYS] = [2, 3];

/** Whether the mask says no more than that no query sees a key behind its own place, counted from the first of either. */
function masksWhatIsBehind(context: Context, form: AttentionForm, { mask, offset }: AttentionExtras): boolean {
  if (!mask || offset || shapeOf(mask).length !== KEYS + 1 || form.maskedScore !== undefined) return false;
  const view = whole(mask);
  const isChoice = elementOf(mask.type) === "i1";
  return isCausal(context, isChoice ? { view, fill: Number.NEGATIVE_INFINITY } : { view }, QUERIES, KEYS);
}

function namesOf({ operands }: AttrDict): readonly string[] {
  return operands?.kind === "array" ? operands.items.flatMap((x) => (x.kind === "string" ? [x.value] : [])) : [];
}

/** What the attributes say; `undefined` for scores that are results too. */
function formOf(attributes: AttrDict): AttentionForm | undefined {
  const { precision, scores } = attributes;
  if (precision?.kind !== "string" || scores !== undefined) return undefined;
  const float = (attr: Attr | undefined): number | undefined => (attr?.kind === "float" ? attr.value : undefined);
  const int = (attr: Attr | undefined): number => (attr?.kind === "int" ? Number(attr.value) : -1);
  return {
    scale: float(attributes["scale"]),
    softcap: float(attributes["softcap"]) ?? 0,
    isCausal: attributes["causal"] !== undefined,
    left: int(attributes["left_window"]),
    right: int(attributes["right_window"]),
    precision: precision.value as ElementType,
    scores: undefined,
    maskedScore: float(attributes["masked_score"]),
  };
}
