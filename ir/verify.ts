/**
 * @file The verifier: structure, slots, inference, each definition's own `verify`, and dominance. It reports
 * every problem it finds; a pass that leaves invalid IR is a bug of ours, an invalid file is the user's.
 */

import { type Dominance, dominanceOf } from "./analysis/dominance.js";
import type { Context } from "./context.js";
import { checkSlots, regionSignature } from "./create.js";
import { type Diagnostic, diagnostic } from "./diagnostic.js";
import { Block, type Operation, type Value } from "./graph.js";
import { groupBySlot, needsSegments, type Slots } from "./slots.js";
import { printType, type Type } from "./types.js";

/** All problems of `op` and everything in it; empty when it is valid. */
export function verify(op: Operation, context: Context): readonly Diagnostic[] {
  const verifier = new Verifier(context);
  verifier.operation(op);
  return verifier.problems;
}

class Verifier {
  readonly problems: Diagnostic[] = [];
  readonly #context: Context;
  readonly #dominance: Dominance = dominanceOf();

  constructor(context: Context) {
    this.#context = context;
  }

  operation(op: Operation): void {
    const before = this.problems.length;
    this.#uses(op);
    this.#slots(op);
    if (this.problems.length > before) return;
    this.#regions(op);
    this.#inference(op);
    const own = op.def.verify?.(op, op.attrs);
    for (const message of own === undefined ? [] : typeof own === "string" ? [own] : own) this.#report(op, message);
    this.#symbols(op);
  }

  #report(op: Operation, message: string): void {
    this.problems.push(diagnostic("PS1010", `${op.name}: ${message}`, { at: op.at }));
  }

  #uses(op: Operation): void {
    op.operands.forEach((x, i) => {
      if (!x.users.has(op)) this.#report(op, `operand ${i} does not list this operation among its users`);
      if (!this.#dominance.properlyDominates(x, op)) this.#report(op, `operand ${i} is not defined where it is used`);
    });
  }

  #slots(op: Operation): void {
    const { def } = op;
    if (needsSegments(def.operands) && !op.segments) {
      this.#report(op, "the sizes of its operand groups are missing");
      return;
    }
    const operands = op.operands.map((x) => x.type);
    const problem =
      checkSlots(def.operands as Slots, def.operandNames, operands, op.segments, "operand") ??
      checkSlots(
        def.results as Slots,
        def.resultNames,
        op.results.map((r) => r.type),
        undefined,
        "result",
      );
    if (problem !== undefined) this.#report(op, problem);
  }

  #regions(op: Operation): void {
    const names = op.def.regions ?? [];
    const open = names.at(-1)?.endsWith("*") ?? false;
    const fits = open ? op.regions.length >= names.length - 1 : op.regions.length === names.length;
    if (!fits) this.#report(op, `has ${op.regions.length} regions instead of ${names.length}`);
    const targets = op.def.successors ?? [];
    const anyTargets = targets.at(-1)?.endsWith("*") ?? false;
    const targetsFit = anyTargets
      ? op.successors.length >= targets.length - 1
      : op.successors.length === targets.length;
    if (!targetsFit) this.#report(op, `has ${op.successors.length} successors`);
    for (const region of op.regions) {
      if (region.owner !== op) this.#report(op, "a region does not know its operation");
      for (const block of region.blocks) this.#block(op, block);
    }
  }

  #block(owner: Operation, block: Block): void {
    if (block.region?.owner !== owner) this.#report(owner, "a block does not know its region");
    for (const op of block.ops()) {
      if (op.def.traits.includes("terminator") && op !== block.last)
        this.#report(op, "must be the last operation of its block");
      this.operation(op);
    }
    const { traits } = owner.def;
    const needsTerminator = !traits.includes("symbol-table") && !traits.includes("no-terminator");
    if (needsTerminator && !block.last?.def.traits.includes("terminator"))
      this.#report(owner, "a block does not end with a terminator");
  }

  #inference(op: Operation): void {
    const { def } = op;
    if (!def.infer) return;
    const types = groupBySlot(
      def.operands as Slots,
      def.operandNames,
      op.operands.map((x) => x.type),
      op.segments,
    );
    const given = op.results.map((r) => r.type);
    const inferred = def.infer(types, op.attrs, {
      context: this.#context,
      op: def.name,
      given,
      regions: op.regions.map(regionSignature),
    }) as Record<string, Type | readonly Type[] | undefined> | string;
    if (typeof inferred === "string") {
      this.#report(op, inferred);
      return;
    }
    const flat = def.resultNames.flatMap((n) => inferred[n] ?? []) as Type[];
    if (flat.length !== given.length) this.#report(op, `has ${given.length} results instead of ${flat.length}`);
    else
      flat.forEach((t, i) => {
        if (!this.#context.mergeTypes(given[i]!, t))
          this.#report(op, `result ${i} is ${printType(given[i]!)} but must be ${printType(t)}`);
      });
  }

  #symbols(op: Operation): void {
    if (!op.def.traits.includes("symbol-table")) return;
    const seen = new Set<unknown>();
    for (const region of op.regions) {
      for (const block of region.blocks) {
        for (const inner of block.ops()) {
          if (!inner.def.traits.includes("symbol")) continue;
          const name = inner.attrs["sym_name"];
          if (seen.has(name)) this.#report(inner, `the symbol @${name} is defined twice`);
          seen.add(name);
        }
      }
    }
  }
}

/** True when `value` belongs to `block` or one around it, without leaving an isolated operation. */
export function isVisibleFrom(value: Value, op: Operation): boolean {
  const home = value.owner instanceof Block ? value.owner : value.owner.block;
  for (let at: Operation | undefined = op; at; at = at.parent) {
    if (at.block === home) return true;
    if (at.parent?.def.traits.includes("isolated") && at.block !== home) return false;
  }
  return false;
}
