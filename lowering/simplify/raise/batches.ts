/**
 * @file Batches apart again that were made one for a product: `[b, h, m, k]` as `[bh, m, k]`, times `[bh, k, n]`, as `[b, h, m, n]`, is the
 * product over both axes. Exporters whose products have but one such axis write it so; forms are recognised without it.
 */

import type { Context } from "../../../ir/context.js";
import { dotGeneral } from "../../../ir/dialects/stablehlo/dot.js";
import { dynamicReshape } from "../../../ir/dialects/stablehlo/dynamic-shape.js";
import { reshape, transpose } from "../../../ir/dialects/stablehlo/shape.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { onlyUser, type Raiser } from "./raiser.js";
import { shapeOf } from "./view.js";

export const batchRoots: readonly unknown[] = [dotGeneral];

/** An operand before its leading axes were made one. */
interface Apart {
  readonly source: Value;
  readonly lead: readonly Dim[];
  /** The axes of `source` that axes 1 and 2 of the operand are. */
  readonly rest: readonly [number, number];
}

export function separateBatches(op: Operation, raiser: Raiser): boolean {
  const numbers = dotGeneral.attrsOf(op).dot_dimension_numbers;
  const batches = [numbers.lhsBatchingDimensions, numbers.rhsBatchingDimensions];
  const contracted = [numbers.lhsContractingDimensions, numbers.rhsContractingDimensions];
  const isPlain =
    batches.every((axes) => axes.join() === "0") &&
    contracted.every((axes) => axes.length === 1) &&
    op.operands.every((x) => shapeOf(x).length === 3);
  const top = isPlain ? onlyUser(op.result) : undefined;
  if (top === undefined || !isReshape(top)) return false;
  const [a, b] = op.operands.map((x) => apart(x, raiser.context));
  const wanted = shapeOf(top.result);
  if (!a || !b || wanted.length !== a.lead.length + 2 || !areSame(a.lead, b.lead, raiser.context)) return false;
  const fits = areSame(wanted, [...a.lead, ...shapeOf(op.result).slice(1)], raiser.context);
  if (!fits) return false;
  const lead = a.lead.map((_, axis) => axis);
  const contract = [a, b].map(({ rest }, side) => [rest[contracted[side]![0]! - 1]!]);
  const made = raiser.raise(top, [a.source, b.source], (t) => {
    const axes = { batch: [lead, lead], contract: [contract[0]!, contract[1]!] } as const;
    return t.reshape(t.dot(a.source, b.source, axes, elementOf(op.result.type)), wanted);
  });
  return made !== undefined;
}

export const swapRoots: readonly unknown[] = [reshape, dynamicReshape];

/** The last two axes swapped while all before were one: `[..., m, n]` as `[l, m, n]`, `[l, n, m]`, `[b, h, n, m]`. */
export function swapApart(op: Operation, raiser: Raiser): boolean {
  const swap = op.operand(0).definingOp;
  const merge = swap?.operands[0]?.definingOp;
  if (!transpose.matches(swap) || !merge || !isReshape(merge)) return false;
  const source = merge.operand(0);
  const [from, [, m, n], to] = [shapeOf(source), shapeOf(merge.result), shapeOf(op.result)];
  if (transpose.attrsOf(swap!).permutation.join() !== "0,2,1" || to.length < 4 || from.length < 3) return false;
  const { context } = raiser;
  if (!areSame(from.slice(-2), [m!, n!], context) || !areSame(to.slice(-2), [n!, m!], context)) return false;
  const lead = to.slice(0, -2);
  const axes = lead.map((_, axis) => axis);
  const order = [...axes, axes.length + 1, axes.length];
  return raiser.raise(op, [source], (t) => t.transpose(t.reshape(source, [...lead, m!, n!]), order)) !== undefined;
}

const isReshape = (op: Operation): boolean => reshape.matches(op) || dynamicReshape.matches(op);

/** An operand whose first axis is several of another value; between them the last two may have been swapped. */
function apart(x: Value, context: Context): Apart | undefined {
  const op = x.definingOp;
  if (transpose.matches(op)) {
    const found = transpose.attrsOf(op!).permutation.join() === "0,2,1" ? apart(op!.operand(0), context) : undefined;
    return found && { ...found, rest: [found.rest[1], found.rest[0]] };
  }
  if (!op || !isReshape(op)) return undefined;
  const [source] = op.operands as readonly [Value, ...Value[]];
  const [from, to] = [shapeOf(source), shapeOf(x)];
  const count = from.length - 2;
  const lead = from.slice(0, count);
  const isMerge =
    count >= 2 &&
    areSame(from.slice(count), to.slice(1), context) &&
    context.dims.provablyEqual(context.dims.product(lead), to[0]!);
  return isMerge ? { source, lead, rest: [count, count + 1] } : undefined;
}

function areSame(a: readonly Dim[], b: readonly Dim[], { dims }: Context): boolean {
  return a.length === b.length && a.every((d, k) => dims.provablyEqual(d, b[k]!));
}
