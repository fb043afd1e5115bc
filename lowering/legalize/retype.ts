/**
 * @file Passes that change types in place: every value gets the type that stands for its old one, then the operations for
 * which that is not enough are put right, in program order. An operation that is neither known to carry values as they
 * are nor has a row of its own stops the pass: nothing changes meaning unnoticed.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as affineAccess from "../../ir/dialects/affine/access.js";
import * as affineFor from "../../ir/dialects/affine/for.js";
import { parallel as affineParallel } from "../../ir/dialects/affine/parallel.js";
import * as arithConstant from "../../ir/dialects/arith/constant.js";
import { callOp, funcOp, returnOp } from "../../ir/dialects/func.js";
import * as linalg from "../../ir/dialects/linalg/structured.js";
import * as memrefGlobal from "../../ir/dialects/memref/global.js";
import * as memrefReshape from "../../ir/dialects/memref/reshape.js";
import * as memrefStorage from "../../ir/dialects/memref/storage.js";
import * as memrefViews from "../../ir/dialects/memref/views.js";
import { operationsIn } from "../../ir/dialects/operations.js";
import * as scfBranch from "../../ir/dialects/scf/branch.js";
import * as scfFor from "../../ir/dialects/scf/for.js";
import * as scfParallel from "../../ir/dialects/scf/parallel.js";
import * as scfYield from "../../ir/dialects/scf/yield.js";
import * as vectorElement from "../../ir/dialects/vector/element.js";
import * as vectorMemory from "../../ir/dialects/vector/memory.js";
import * as vectorShape from "../../ir/dialects/vector/shape.js";
import * as vectorTransfer from "../../ir/dialects/vector/transfer.js";
import type { Operation, Value } from "../../ir/graph.js";
import { formatLocation } from "../../ir/location.js";
import type { Type } from "../../ir/types.js";

/** Puts one operation right after its values have new types. */
export type Row = (op: Operation, to: Retyped) => void;

export interface Retyping {
  /** The pass, for messages. */
  readonly name: string;
  /** The type that stands for another; the same one where nothing changes. */
  type(type: Type, context: Context): Type;
  readonly rows: ReadonlyMap<AnyOpDef, Row>;
}

/** What rows work with. */
export class Retyped {
  readonly context: Context;
  readonly #before: ReadonlyMap<Value, Type>;
  readonly #operands: ReadonlyMap<Operation, readonly Type[]>;

  constructor(context: Context, before: ReadonlyMap<Value, Type>, operands: ReadonlyMap<Operation, readonly Type[]>) {
    this.context = context;
    this.#before = before;
    this.#operands = operands;
  }

  /** The type that a result or a block argument had. */
  was(value: Value): Type {
    return this.#before.get(value) ?? value.type;
  }

  /** The type that an operand had; what stands there by now may be another value. */
  operandWas(op: Operation, index: number): Type {
    return this.#operands.get(op)![index]!;
  }

  before(op: Operation): Builder {
    return Builder.before(this.context, op);
  }

  after(op: Operation): Builder {
    const builder = new Builder(this.context, op.block!, op.next);
    builder.at = op.at;
    return builder;
  }

  /** Lets what reads `value` read what `make` computes from it right behind its operation. */
  follow(value: Value, make: (b: Builder) => Value): void {
    const users = [...value.users];
    const op = value.definingOp;
    if (!op) throw new Error("only results of operations are followed");
    const made = make(this.after(op));
    for (const user of users) user.replaceUsesOf(value, made);
  }

  /** Replaces an operation of one result. */
  replace(op: Operation, make: (b: Builder) => Value): void {
    const value = make(this.before(op));
    op.result.replaceAllUsesWith(value);
    op.erase();
  }

  setOperand(op: Operation, index: number, value: Value): void {
    op.setOperands(op.operands.map((x, i) => (i === index ? value : x)));
  }
}

const isIn = (family: object): readonly AnyOpDef[] => operationsIn(family);

/** Operations that hand values and storage on, whatever their element is. */
const carriers: ReadonlySet<AnyOpDef> = new Set<AnyOpDef>([
  ...isIn(memrefReshape),
  ...isIn(memrefViews),
  ...isIn(memrefStorage).filter((d) => d.name !== "memref.load" && d.name !== "memref.store"),
  ...isIn(memrefGlobal).filter((d) => d.name !== "memref.global"),
  ...isIn(scfBranch),
  ...isIn(scfFor),
  ...isIn(scfParallel),
  ...isIn(scfYield),
  ...isIn(affineFor),
  ...isIn({ affineParallel, prefetch: affineAccess.prefetch }),
  ...isIn(vectorElement),
  ...isIn(vectorShape).filter((d) => d.name !== "vector.bitcast"),
  ...isIn({ callOp, funcOp, returnOp, select: arithConstant.select, yieldOp: linalg.yieldOp }),
]);

/** Reads whose result is of the memory's element; `filler` is the operand that lanes without memory get. */
export const reads: ReadonlyMap<AnyOpDef, { readonly filler?: string }> = new Map<
  AnyOpDef,
  { readonly filler?: string }
>([
  [asDef(memrefStorage.load), {}],
  [asDef(affineAccess.load), {}],
  [asDef(affineAccess.vectorLoad), {}],
  [asDef(vectorMemory.load), {}],
  [asDef(vectorMemory.maskedLoad), { filler: "pass_thru" }],
  [asDef(vectorMemory.gather), { filler: "pass_thru" }],
  [asDef(vectorMemory.expandLoad), { filler: "pass_thru" }],
  [asDef(vectorTransfer.transferRead), { filler: "padding" }],
]);

/** Writes, and the operand that is written. */
export const writes: ReadonlyMap<AnyOpDef, string> = new Map<AnyOpDef, string>([
  [asDef(memrefStorage.store), "value"],
  [asDef(affineAccess.store), "value"],
  [asDef(affineAccess.vectorStore), "value"],
  [asDef(vectorMemory.store), "valueToStore"],
  [asDef(vectorMemory.maskedStore), "valueToStore"],
  [asDef(vectorMemory.scatter), "valueToStore"],
  [asDef(vectorMemory.compressStore), "valueToStore"],
  [asDef(vectorTransfer.transferWrite), "value"],
]);

export function asDef(def: unknown): AnyOpDef {
  return def as AnyOpDef;
}

/** Where the operand of that name is, of an operation where it is one value. */
export function operandIndex(op: Operation, name: string): number {
  const value = (op.def.operandsOf(op) as Readonly<Record<string, Value>>)[name]!;
  return op.operands.indexOf(value);
}

/** Changes the types of a whole module. */
export function retype(module: Operation, context: Context, retyping: Retyping): void {
  const touched = [...module.walk()].filter((op) => touches(op, context, retyping));
  const strangers = touched.filter((op) => !retyping.rows.has(op.def) && !carriers.has(op.def));
  if (strangers.length > 0) {
    const list = strangers.map((op) => `${op.name} at ${formatLocation(op.at)}`);
    throw new Error(`${retyping.name} has no row for ${[...new Set(list)].join(", ")}`);
  }
  const before = new Map<Value, Type>();
  const operands = new Map(touched.map((op) => [op, op.operands.map((x) => x.type)]));
  for (const op of module.walk()) for (const v of valuesOf(op)) change(v, before, context, retyping);
  const to = new Retyped(context, before, operands);
  for (const op of touched) retyping.rows.get(op.def)?.(op, to);
  for (const op of touched) if (funcOp.matches(op)) changeFunctionType(op, context, retyping);
}

function change(value: Value, before: Map<Value, Type>, context: Context, retyping: Retyping): void {
  const type = retyping.type(value.type, context);
  if (type === value.type) return;
  before.set(value, value.type);
  value.type = type;
}

/** The results of an operation and the arguments of its blocks. */
function valuesOf(op: Operation): readonly Value[] {
  return [...op.results, ...op.regions.flatMap((r) => r.blocks.flatMap((b) => b.args))];
}

function touches(op: Operation, context: Context, { type }: Retyping): boolean {
  const changes = (t: Type): boolean => type(t, context) !== t;
  if (op.operands.some((x) => changes(x.type)) || valuesOf(op).some((v) => changes(v.type))) return true;
  if (funcOp.matches(op)) {
    const { inputs, results } = funcOp.attrsOf(op).function_type;
    return inputs.some(changes) || results.some(changes);
  }
  return memrefGlobal.global.matches(op) && changes(memrefGlobal.global.attrsOf(op).type);
}

function changeFunctionType(func: Operation, context: Context, { type }: Retyping): void {
  const { inputs, results } = funcOp.attrsOf(func).function_type;
  const change = (types: readonly Type[]): readonly Type[] => types.map((t) => type(t, context));
  func.setAttr("function_type", context.types.func(change(inputs), change(results)));
}
