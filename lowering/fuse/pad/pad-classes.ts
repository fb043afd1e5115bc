/**
 * @file Makes the operations of a block over more elements along classes of axes, and sees to it that nobody notices: what lies in the
 * padding of each tensor is followed from operation to operation, a reduction that would read what changes its result reads
 * something else instead, and who is not padded gets the part that was there before.
 *
 * Why each padding is harmless is told as data, which tests hold against the interpreter.
 */

import { axisOfDim } from "../../../ir/affine.js";
import { Builder } from "../../../ir/builder.js";
import { cloneRegion } from "../../../ir/clone.js";
import type { Context } from "../../../ir/context.js";
import { generic } from "../../../ir/dialects/linalg/structured.js";
import { empty } from "../../../ir/dialects/tensor/access.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { TensorType } from "../../../ir/types.js";
import { copyRemarks } from "../../remarks.js";
import { accessesOf, shapeOf } from "../../structured/access.js";
import type { AxisClass, AxisClasses } from "./axis-classes.js";
import { factorsOf, isNeutral, type Lane, lanesIn, type Reduction, reductionOf } from "./lanes.js";
import { cutTo, emptyOf, insideOf, masked, paddedTo, resized } from "./padded-tensors.js";

/** Elements of the axes of a class, before and after. */
export interface Padding {
  readonly from: number;
  readonly to: number;
}

/** Why what lies in the padding along a dimension of an operation changes nothing. */
export interface Harmless {
  /** In the place of the operation given. */
  readonly op: Operation;
  readonly dim: number;
  readonly padding: Padding;
  readonly why: /** Points of padding write to padding alone, which nobody reads or somebody else sees to. */
    | "parallel"
    /** What the reduction takes up there is what it adds nothing to. */
    | "neutral"
    /** It would not have been: a number stands in its place. */
    | "masked";
}

export interface PadOptions {
  /** What is written where nothing is read: nothing, or a number that tests would see in results. */
  readonly unread?: number;
}

/** `padded` are classes that `canPad` allows. */
export function padClasses(
  classes: AxisClasses,
  padded: ReadonlyMap<AxisClass, Padding>,
  context: Context,
  options: PadOptions = {},
): readonly Harmless[] {
  const padder = new Padder(classes, padded, context, options);
  const ops = classes.ops.filter((op) =>
    generic.attrsOf(op).iterator_types.some((_, d) => padded.has(classes.ofDim(op, d))),
  );
  for (const op of ops) padder.rebuild(op);
  padder.replace(ops);
  return padder.proof;
}

/** Whether padding along `kind` can be made harmless: no windows, and reductions whose terms can be left out. */
export function canPad(classes: AxisClasses, kind: AxisClass): boolean {
  if (classes.isWalkedByWindows(kind)) return false;
  return classes.ops.every((op) => {
    const { iterator_types: kinds } = generic.attrsOf(op);
    const dims = classes.dimsIn(op, kind);
    return dims.every((d) => kinds[d] === "parallel" || (kinds[d] === "reduction" && reductionOf(op) !== undefined));
  });
}

/** A tensor of more elements, and what lies in its padding along each class. */
interface Padded {
  readonly value: Value;
  readonly lanes: ReadonlyMap<AxisClass, Lane>;
}

/** A padded value, and what was written behind it. */
interface Outside {
  readonly value: Value;
  readonly fill: Lane;
}

class Padder {
  readonly proof: Harmless[] = [];
  readonly #made = new Map<Value, Padded>();

  readonly #outside = new Map<Value, Outside[]>();
  readonly classes: AxisClasses;
  readonly padded: ReadonlyMap<AxisClass, Padding>;
  readonly context: Context;
  readonly options: PadOptions;

  constructor(classes: AxisClasses, padded: ReadonlyMap<AxisClass, Padding>, context: Context, options: PadOptions) {
    this.classes = classes;
    this.padded = padded;
    this.context = context;
    this.options = options;
  }

  rebuild(op: Operation): void {
    const b = Builder.before(this.context, op);
    b.at = op.at;
    const operands = accessesOf(op)
      .slice(0, op.operands.length)
      .map((_, k) => this.#operand(b, op, k));
    const reduction = reductionOf(op);
    const inPlace = this.#reduced(op).map((d) => this.#settle(b, op, d, reduction!, operands));
    const { inputs } = generic.operandsOf(op);
    const values = operands.map((x) => x.value);
    const { indexing_maps, iterator_types } = generic.attrsOf(op);
    const made = b.op(
      generic,
      { inputs: values.slice(0, inputs.length), outputs: values.slice(inputs.length) },
      { indexing_maps, iterator_types },
      { results: values.slice(inputs.length).map((x) => x.type), regions: [cloneRegion(op.region(0), new Map())] },
    );
    copyRemarks(op, made);
    for (const d of inPlace) if (d !== undefined) this.#leaveOut(made, d, this.#paddingOf(op, d));
    op.results.forEach((x, k) => {
      this.#made.set(x, { value: made.results[k]!, lanes: this.#resultLanes(op, k, operands) });
    });
    this.#prove(op, made, inPlace);
  }

  /** Those who are not padded read parts; the old operations go. */
  replace(ops: readonly Operation[]): void {
    const old = new Set(ops);
    for (const op of ops)
      for (const x of op.results) {
        const others = [...x.users].filter((user) => !old.has(user));
        if (others.length === 0) continue;
        const { value } = this.#made.get(x)!;
        const b = Builder.before(this.context, value.definingOp!.next!);
        const part = cutTo(b, value, x.type as TensorType);
        for (const user of others) user.replaceUsesOf(x, part);
      }
    for (const op of [...ops].reverse()) op.erase();
  }

  #paddingOf(op: Operation, d: number): Padding {
    return this.padded.get(this.classes.ofDim(op, d))!;
  }

  /** The dimensions of `op` that are padded and reduced. */
  #reduced(op: Operation): readonly number[] {
    return generic
      .attrsOf(op)
      .iterator_types.flatMap((kind, d) =>
        kind === "reduction" && this.padded.has(this.classes.ofDim(op, d)) ? [d] : [],
      );
  }

  #operand(b: Builder, op: Operation, k: number): Padded {
    const access = accessesOf(op)[k]!;
    const { value: x } = access;
    const known = this.#made.get(x);
    if (known) return known;
    const kinds = this.classes.ofAccess(op, access);
    const own = kinds.filter((kind) => kind !== undefined && this.padded.has(kind)) as readonly AxisClass[];
    if (own.length === 0) return { value: x, lanes: new Map() };
    const shape = kinds.map((kind, axis): Dim => this.padded.get(kind!)?.to ?? shapeOf(x)[axis]!);
    const fill = empty.matches(x.definingOp) ? undefined : this.#demanded(op, k);
    return { value: this.#outsideOf(b, x, shape, fill), lanes: new Map(own.map((kind) => [kind, fill])) };
  }

  /** What none of the operations makes, padded once for all who would have it so. */
  #outsideOf(b: Builder, x: Value, shape: readonly Dim[], fill: Lane): Value {
    const type = resized(this.context, x.type as TensorType, shape);
    if (empty.matches(x.definingOp)) return emptyOf(b, type, x);
    const made = this.#outside.get(x) ?? [];
    const same = made.find((other) => other.value.type === type && other.fill === fill);
    if (same) return same.value;
    const isFloat = elementFacts[type.element].kind === "float";
    const value = paddedTo(b, x, shape, fill ?? (isFloat ? this.options.unread : undefined));
    this.#outside.set(x, [...made, { value, fill }]);
    return value;
  }

  /** The number that `op`, where it reduces operand `k` along padding, would have there; none where it does not. */
  #demanded(op: Operation, k: number): Lane {
    const reduction = reductionOf(op);
    const { map } = accessesOf(op)[k]!;
    const isRead = this.#reduced(op).some((d) => axisOfDim(map, d) >= 0);
    if (!reduction || !isRead || k === op.operands.length - 1) return undefined;
    if (factorsOf(op, reduction)?.includes(k)) return 0;
    return reduction.term === op.region(0).blocks[0]!.args[k] ? reduction.neutral : undefined;
  }

  /** What operands of `op` are where dimension `d` is behind what there was; what does not go along with it may be anything. */
  #lanesAt(op: Operation, d: number, operands: readonly Padded[]): readonly Lane[] {
    const kind = this.classes.ofDim(op, d);
    const accesses = accessesOf(op);
    return operands.map(({ lanes }, k) => (axisOfDim(accesses[k]!.map, d) >= 0 ? lanes.get(kind) : undefined));
  }

  /**
   * Makes what a reduction takes up along `d` neutral, where it is not: factors become 0 before; `d` itself is given back where the body has
   * to leave its terms out.
   */
  #settle(b: Builder, op: Operation, d: number, reduction: Reduction, operands: Padded[]): number | undefined {
    const kind = this.classes.ofDim(op, d);
    const body = op.region(0).blocks[0]!;
    const termOf = (): Lane => lanesIn(body, this.#lanesAt(op, d, operands))(reduction.term);
    if (isNeutral(termOf(), reduction)) return undefined;
    const factors = factorsOf(op, reduction);
    if (!factors || reduction.neutral !== 0) return d;
    const accesses = accessesOf(op);
    const places = factors.map((k) =>
      accesses[k]!.map.results.flatMap((e, axis) => (e.kind === "dim" && e.position === d ? [axis] : [])),
    );
    if (places.some((axes) => axes.length === 0)) return d;
    factors.forEach((k, side) => {
      const { value, lanes } = operands[k]!;
      if (lanes.get(kind) === 0) return;
      const limits = places[side]!.map((axis) => [axis, this.padded.get(kind)!.from] as const);
      // Where two axes end, the 0 is in the place of what the other had.
      const others = [...lanes].map(([other, lane]) => [other, lane === 0 ? 0 : undefined] as const);
      operands[k] = { value: masked(b, value, limits, 0), lanes: new Map([...others, [kind, 0]]) };
    });
    return isNeutral(termOf(), reduction) ? undefined : d;
  }

  /** The terms of `made` along `d` are neutral behind what there was. */
  #leaveOut(made: Operation, d: number, { from }: Padding): void {
    const { joins, term, neutral } = reductionOf(made)!;
    joins.replaceUsesOf(term, insideOf(Builder.before(this.context, joins), d, from, term, neutral));
  }

  #resultLanes(op: Operation, k: number, operands: readonly Padded[]): ReadonlyMap<AxisClass, Lane> {
    const { inputs } = generic.operandsOf(op);
    const { map } = accessesOf(op)[inputs.length + k]!;
    const found = new Map<AxisClass, Lane>();
    for (const e of map.results) {
      const kind = e.kind === "dim" ? this.classes.ofDim(op, e.position) : undefined;
      if (e.kind !== "dim" || kind === undefined || !this.padded.has(kind)) continue;
      const lane = this.#resultLane(op, k, this.#lanesAt(op, e.position, operands));
      found.set(kind, found.has(kind) && !Object.is(found.get(kind), lane) ? undefined : lane);
    }
    return found;
  }

  #resultLane(op: Operation, k: number, lanes: readonly Lane[]): Lane {
    const body = op.region(0).blocks[0]!;
    const laneOf = lanesIn(body, lanes);
    if (!generic.attrsOf(op).iterator_types.includes("reduction")) return laneOf(body.terminator.operand(k));
    const reduction = reductionOf(op);
    // Nothing is added to what it begins with.
    return reduction !== undefined && isNeutral(laneOf(reduction.term), reduction) ? lanes.at(-1) : undefined;
  }

  #prove(op: Operation, made: Operation, inPlace: readonly (number | undefined)[]): void {
    generic.attrsOf(op).iterator_types.forEach((iterator, d) => {
      if (!this.padded.has(this.classes.ofDim(op, d))) return;
      const why = iterator === "parallel" ? "parallel" : inPlace.includes(d) ? "masked" : "neutral";
      this.proof.push({ op: made, dim: d, padding: this.#paddingOf(op, d), why });
    });
  }
}
