/**
 * @file Pass `pad-shapes`: sizes that vectors or a matrix unit cannot take become multiples of what the target asks for, where that
 * saves more than copying costs. Whole classes of axes are padded (pad/axis-classes.ts), so that operations that follow one another hand
 * padding on, and why it is harmless is proved for each of them (pad/pad-classes.ts). A size that is not known is left alone unless it
 * is a multiple already.
 */

import type { Context } from "../../ir/context.js";
import { constant } from "../../ir/dialects/arith/constant.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { empty } from "../../ir/dialects/tensor/access.js";
import type { Dim } from "../../ir/dim.js";
import { elementFacts } from "../../ir/element.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf } from "../../ir/types.js";
import { remark } from "../remarks.js";
import { accessesOf, extentOf, shapeOf } from "../structured/access.js";
import type { Ask, Asks } from "./pad/asks.js";
import { type AxisClass, AxisClasses } from "./pad/axis-classes.js";
import { canPad, type Harmless, type Padding, type PadOptions, padClasses } from "./pad/pad-classes.js";

const NAME = "pad-shapes";

/** The pass for a target that asks so. `options` and `told`, which gets what is proved of each block, are for tests. */
export function padShapes(asks: Asks, options: PadOptions = {}, told?: (proof: readonly Harmless[]) => void): Pass {
  return {
    name: NAME,
    summary: "Makes sizes fit vectors and matrix units where that pays, and proves that nobody notices.",
    run(module, context) {
      for (const func of functionsOf(module))
        for (const region of func.regions)
          for (const block of region.blocks) {
            const proof = padIn(block, asks, context, options);
            told?.(proof);
          }
    },
  };
}

/** What is asked for one class of axes. */
interface Wish {
  readonly kind: AxisClass;
  readonly asks: readonly Ask[];
  readonly size: Dim;
  readonly multiple: number;
}

function padIn(block: Block, asks: Asks, context: Context, options: PadOptions): readonly Harmless[] {
  const ops = [...block.ops()].filter((op) => generic.matches(op) && isOnTensors(op));
  const asked = ops.flatMap(asks);
  if (asked.length === 0) return [];
  const classes = new AxisClasses(ops);
  const padded = new Map<AxisClass, Padding>();
  for (const wish of wishesFor(asked, classes)) {
    const padding = decided(wish, classes, context);
    if (padding) padded.set(wish.kind, padding);
  }
  if (padded.size === 0) return [];
  const proof = padClasses(classes, padded, context, options);
  for (const { op, dim, padding, why } of proof)
    remark(op, {
      pass: NAME,
      what: `dimension ${dim} goes on behind its end`,
      why: reasons[why],
      numbers: { elements: padding.from, padded: padding.to },
    });
  return proof;
}

const reasons: Readonly<Record<Harmless["why"], string>> = {
  parallel:
    "what is written there is read by nobody, or where it is read a proof of its own says that it changes nothing",
  neutral: "all that is taken up there is what the reduction adds nothing to",
  masked: "a number that the reduction adds nothing to stands in the place of what is taken up there",
};

function isOnTensors(op: Operation): boolean {
  return op.results.length > 0 && op.results.every((x) => x.type.kind === "tensor");
}

function wishesFor(asked: readonly Ask[], classes: AxisClasses): readonly Wish[] {
  const byClass = new Map<AxisClass, Ask[]>();
  for (const ask of asked) {
    const kind = classes.ofDim(ask.op, ask.dim);
    byClass.set(kind, [...(byClass.get(kind) ?? []), ask]);
  }
  return [...byClass].map(([kind, asks]) => ({
    kind,
    asks,
    size: extentOf(accessesOf(asks[0]!.op), asks[0]!.dim)!,
    multiple: asks.reduce((n, { multiple }) => lcm(n, multiple), 1),
  }));
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** What becomes of a class; says why it is left alone. */
function decided(wish: Wish, classes: AxisClasses, { dims }: Context): Padding | undefined {
  const { kind, asks, size, multiple } = wish;
  const [first] = asks;
  const leave = (why: string, numbers: Readonly<Record<string, number>> = {}): undefined => {
    remark(first!.op, {
      pass: NAME,
      what: `dimension ${first!.dim} is not padded to a multiple of ${multiple}`,
      why,
      numbers,
    });
  };
  if (typeof size !== "number") {
    const isMultiple = dims.provablyEqual(dims.mul(dims.floorDiv(size, multiple), multiple), size);
    return isMultiple ? undefined : leave("its size is open, and not known to be a multiple");
  }
  const to = Math.ceil(size / multiple) * multiple;
  if (to === size) return undefined;
  if (!canPad(classes, kind))
    return leave("some operation walks it by windows, or reduces it in a way whose terms cannot be left out");
  const saved = asks.reduce((n, { saves }) => n + saves, 0);
  const copied = copiedBytes(classes, kind, to / size);
  if (saved <= copied) return leave("copying would move more than it saves", { saved, copied });
  remark(first!.op, {
    pass: NAME,
    what: `dimension ${first!.dim} is padded to a multiple of ${multiple}`,
    why: first!.why,
    numbers: Number.isFinite(saved)
      ? { elements: size, padded: to, saved, copied }
      : { elements: size, padded: to, copied },
  });
  return { from: size, to };
}

/** Bytes that are read and written to pad what comes from outside a class, and to cut what goes there. */
function copiedBytes(classes: AxisClasses, kind: AxisClass, growth: number): number {
  const outside = new Map<Value, number>();
  for (const op of classes.ops)
    for (const access of accessesOf(op)) {
      const { value: x } = access;
      if (!classes.ofAccess(op, access).includes(kind)) continue;
      const isWritten = constant.matches(x.definingOp) || empty.matches(x.definingOp);
      const isSeen = classes.isInside(x) ? [...x.users].some((user) => !classes.ops.includes(user)) : !isWritten;
      if (isSeen) outside.set(x, bytesOf(x));
    }
  return Math.round([...outside.values()].reduce((n, bytes) => n + bytes * (1 + growth), 0));
}

/** Taken for a size that is open. */
const TYPICAL = 512;

function bytesOf(x: Value): number {
  const count = shapeOf(x).reduce<number>((n, d) => n * (typeof d === "number" ? d : TYPICAL), 1);
  return count * elementFacts[elementOf(x.type)].storageBytes;
}
