/** @file Builds operations at an insertion point, typed by their definitions. */

import type { AttrDict } from "./attrs.js";
import type { Context } from "./context.js";
import { createOp } from "./create.js";
import type { AnyOpDef, OpDef } from "./define.js";
import { Block, newRegion, type Operation, type Region, type Value } from "./graph.js";
import { type Location, unknownLocation } from "./location.js";
import { type AttrSlots, type AttrsIn, needsSegments, type Slots, type ValuesOf } from "./slots.js";
import type { Type } from "./types.js";

export interface BuildOptions {
  /** Needed where the definition does not infer them, or to ask for more precise ones. */
  readonly results?: readonly Type[];
  readonly regions?: readonly Region[];
  readonly successors?: readonly Block[];
  readonly extra?: AttrDict;
  readonly at?: Location;
}

export class Builder {
  readonly context: Context;
  /** Where new operations go: before `anchor`, or at the end of `block`. */
  block: Block;
  anchor: Operation | undefined;
  /** The location new operations get. */
  at: Location = unknownLocation;
  /** Called with every operation made; the rewriter listens here. */
  onCreate: ((op: Operation) => void) | undefined = undefined;

  constructor(context: Context, block: Block, anchor?: Operation) {
    this.context = context;
    this.block = block;
    this.anchor = anchor;
  }

  static before(context: Context, op: Operation): Builder {
    if (!op.block) throw new Error(`${op.name} is in no block`);
    const builder = new Builder(context, op.block, op);
    builder.at = op.at;
    return builder;
  }

  /** Makes an operation of any number of results. */
  op<I extends Slots, A extends AttrSlots, O extends Slots>(
    def: OpDef<I, A, O>,
    operands: ValuesOf<I>,
    attrs: AttrsIn<A>,
    options: BuildOptions = {},
  ): Operation {
    const groups = def.operandNames.map((name) => operands[name as keyof I] as Value | readonly Value[] | undefined);
    const flat = groups.flatMap((g) => (g === undefined ? [] : g)) as Value[];
    const segments = needsSegments(def.operands)
      ? groups.map((g) => (g === undefined ? 0 : Array.isArray(g) ? g.length : 1))
      : undefined;
    return this.#add(def as unknown as AnyOpDef, flat, attrs as Readonly<Record<string, unknown>>, options, segments);
  }

  /** Makes an operation of one result and gives that. */
  value<I extends Slots, A extends AttrSlots, O extends Slots>(
    def: OpDef<I, A, O>,
    operands: ValuesOf<I>,
    attrs: AttrsIn<A>,
    options: BuildOptions = {},
  ): Value {
    return this.op(def, operands, attrs, options).result;
  }

  /** The untyped form: a flat operand list. */
  create(
    def: AnyOpDef,
    operands: readonly Value[],
    attrs: Readonly<Record<string, unknown>>,
    options: BuildOptions & { readonly segments?: readonly number[] | undefined } = {},
  ): Operation {
    return this.#add(def, operands, attrs, options, options.segments);
  }

  #add(
    def: AnyOpDef,
    operands: readonly Value[],
    attrs: Readonly<Record<string, unknown>>,
    options: BuildOptions,
    segments: readonly number[] | undefined,
  ): Operation {
    const op = createOp(this.context, def, {
      operands,
      segments,
      attrs,
      extra: options.extra,
      results: options.results,
      regions: options.regions,
      successors: options.successors,
      at: options.at ?? this.at,
    });
    this.block.insertBefore(op, this.anchor);
    this.onCreate?.(op);
    return op;
  }

  /** A region of one block, filled by `fill`. */
  region(argTypes: readonly Type[], fill: (builder: Builder, args: readonly Value[]) => void): Region {
    const block = new Block(argTypes);
    const inner = new Builder(this.context, block);
    inner.at = this.at;
    inner.onCreate = this.onCreate;
    fill(inner, block.args);
    return newRegion(block);
  }
}
