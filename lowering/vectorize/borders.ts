/**
 * @file Padding that need not be there: a sum over windows whose input is a constant with another tensor in its middle reads
 * that tensor instead, where the constant adds nothing. Windows are cut at the borders: along rows by the bounds of loops, along
 * the positions that are computed at once by leaving out what lies outside, which is known when the code is made.
 */

import { affineMap } from "../../ir/affine.js";
import {
  type AffineExpr,
  affineAdd,
  affineDim,
  affineMul,
  isFunctionOfDim,
  sameAffineExpr,
} from "../../ir/affine-expr.js";
import { constantScalarOf } from "../../ir/dialects/arith/constant.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { alloc } from "../../ir/dialects/memref/storage.js";
import { subview } from "../../ir/dialects/memref/views.js";
import type { Operation, Value } from "../../ir/graph.js";
import { hasStaticShape, type MemRefType } from "../../ir/types.js";
import { type Access, accessesOf, extentOf, shapeOf } from "../structured/access.js";
import { filledWith, isSumOfProducts } from "../structured/forms.js";
import { monoidOf } from "./monoid.js";

/** Where windows along one axis end: position p of the dimension reads from `p * stride + tap - low` on, within `size`. */
export interface Border {
  readonly dim: number;
  readonly tap: number;
  readonly taps: number;
  readonly stride: number;
  readonly low: number;
  readonly size: number;
}

export interface Unpadded {
  /** Which input it is, and what it reads instead. */
  readonly input: number;
  readonly access: Access;
  readonly borders: readonly Border[];
  /** What made the padding, the last first. */
  readonly made: readonly Operation[];
}

/** What `op`, a sum over windows, reads instead of a padded tensor. */
export function unpaddedInput(op: Operation): Unpadded | undefined {
  const { inputs } = generic.operandsOf(op);
  for (const [input, access] of accessesOf(op).slice(0, inputs.length).entries()) {
    const padding = paddingOf(access.value, op);
    const borders = padding && bordersOf(op, access, padding);
    if (!borders) continue;
    const { numDims, results } = access.map;
    const map = affineMap(
      numDims,
      0,
      results.map((e, axis) => affineAdd(e, -padding.low[axis]!)),
    );
    return { input, access: { value: padding.source, map }, borders, made: padding.made };
  }
  return undefined;
}

/** Whether windows of `op` that reach into this constant give the same without it. */
export function addsNothing(op: Operation, filled: unknown): boolean {
  const body = op.region(0).blocks[0]!;
  if (isSumOfProducts(body)) return filled === 0;
  const monoid = monoidOf(body);
  return (
    monoid !== undefined &&
    body.terminator.operand(0).definingOp!.operands.includes(body.args[0]!) &&
    filled === monoid.identity
  );
}

interface Padding {
  readonly source: Value;
  readonly low: readonly number[];
  readonly made: readonly Operation[];
}

/** Storage of the kernel's own that is filled, gets a copy of `source` into its middle, and is read by `reader` alone. */
function paddingOf(x: Value, reader: Operation): Padding | undefined {
  const users = [...x.users];
  const part = users.find((user) => subview.matches(user));
  const fill = users.find((user) => generic.matches(user) && user !== reader);
  if (!alloc.matches(x.definingOp) || users.length !== 3 || !part || !fill || x.countUses() !== 3) return undefined;
  const value = filledWith(fill);
  if (!value || !addsNothing(reader, constantScalarOf(value))) return undefined;
  const [copy] = [...part.result.users];
  const attrs = subview.attrsOf(part);
  const isPlain = part.operands.length === 1 && attrs.static_strides.every((n) => n === 1);
  if (!copy || part.result.countUses() !== 1 || !isPlain || !isCopy(copy)) return undefined;
  const isOrdered = [fill, part, copy].every((user) => user.block === reader.block && user.isBefore(reader));
  if (!isOrdered || !fill.isBefore(copy) || shapeOf(part.result).length !== shapeOf(x).length) return undefined;
  return { source: copy.operand(0), low: attrs.static_offsets, made: [copy, part, fill, x.definingOp!] };
}

function isCopy(op: Operation): boolean {
  if (!generic.matches(op) || op.operands.length !== 2) return false;
  const [from, to] = generic.attrsOf(op).indexing_maps;
  const body = op.region(0).blocks[0]!;
  const isSame = from!.results.every((e, axis) => sameAffineExpr(e, to!.results[axis]!));
  return (
    isSame && body.terminator.operand(0) === body.args[0] && shapeOf(op.operand(0)).length === from!.results.length
  );
}

function bordersOf(op: Operation, { value, map }: Access, { source, low }: Padding): readonly Border[] | undefined {
  if (!hasStaticShape(value.type as MemRefType) || !hasStaticShape(source.type as MemRefType)) return undefined;
  const [wide, sizes] = [shapeOf(value), shapeOf(source)] as [readonly number[], readonly number[]];
  const padded = wide.map((_, axis) => axis).filter((axis) => wide[axis] !== sizes[axis]);
  const borders = padded.map((axis) => borderOf(op, map.results[axis]!, low[axis]!, sizes[axis]!));
  return borders.every((x) => x !== undefined) ? borders : undefined;
}

/** `dim * stride + tap`, the first parallel and the second summed. */
function borderOf(op: Operation, e: AffineExpr, low: number, size: number): Border | undefined {
  const { iterator_types: kinds } = generic.attrsOf(op);
  const dims = kinds.map((_, d) => d).filter((d) => isFunctionOfDim(e, d));
  const dim = dims.find((d) => kinds[d] === "parallel");
  const tap = dims.find((d) => kinds[d] === "reduction");
  if (dims.length !== 2 || dim === undefined || tap === undefined) return undefined;
  const taps = extentOf(accessesOf(op), tap);
  for (let stride = 1; stride <= 4 && typeof taps === "number"; stride++)
    if (sameAffineExpr(e, affineAdd(affineMul(affineDim(dim), stride), affineDim(tap))))
      return { dim, tap, taps, stride, low, size };
  return undefined;
}
