/**
 * @file `expand-complex`: complex numbers become pairs of reals, in memory and in registers. Loops, branches and calls
 * carry two values for one; functions of complex numbers become real ones, left to `expand-math`.
 */

import { type Attr, arrayAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import type { AnyOpDef } from "../../ir/define.js";
import * as affineFor from "../../ir/dialects/affine/for.js";
import { constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as complex from "../../ir/dialects/complex/complex.js";
import { callOp, funcOp, returnOp } from "../../ir/dialects/func.js";
import * as scfBranch from "../../ir/dialects/scf/branch.js";
import * as scfFor from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { isComplex, partOf } from "../../ir/element.js";
import { Block, newRegion, type Operation, type Region, type Value } from "../../ir/graph.js";
import { formatLocation } from "../../ir/location.js";
import type { Pass } from "../../ir/pass.js";
import { groupBySlot, type Slots } from "../../ir/slots.js";
import type { ScalarType, Type } from "../../ir/types.js";
import { splitComplexStorage } from "./complex-storage.js";
import { complexArithmetic, complexBinary, complexToReal, complexUnary, type Parts } from "./complex-values.js";
import * as z from "./math/complex.js";
import { asDef } from "./retype.js";

function isComplexScalar(type: Type): type is ScalarType {
  return type.kind === "scalar" && isComplex(type.element);
}

/** The types that stand for one. */
function expandType(type: Type, context: Context): readonly Type[] {
  if (!isComplexScalar(type)) return [type];
  const part = context.types.scalar(partOf(type.element));
  return [part, part];
}

function expandTypes(types: readonly Type[], context: Context): readonly Type[] {
  return types.flatMap((t) => expandType(t, context));
}

/** A complex operation on parts: gives parts, or values for its results. */
type Row = (b: Builder, op: Operation, operands: readonly Parts[]) => Parts | Value;

const unary =
  (apply: z.ComplexUnary): Row =>
  (b, _, [a]) =>
    complexUnary(b, apply, a!);
const arithmetic =
  (apply: <V>(x: z.Complex<V>, y: z.Complex<V>) => z.Complex<V>): Row =>
  (b, _, [x, y]) =>
    complexArithmetic(b, (p, q) => apply(p!, q!), x!, y!);

const rows: ReadonlyMap<AnyOpDef, Row> = new Map<AnyOpDef, Row>([
  [asDef(complex.create), (_, op) => ({ re: op.operand(0), im: op.operand(1) })],
  [asDef(complex.re), (_b, _op, [a]) => a!.re],
  [asDef(complex.im), (_b, _op, [a]) => a!.im],
  [asDef(complex.abs), (b, _, [a]) => complexToReal(b, z.abs, a!)],
  [asDef(complex.add), arithmetic(z.add)],
  [asDef(complex.sub), arithmetic(z.sub)],
  [asDef(complex.mul), arithmetic(z.mul)],
  [asDef(complex.div), (b, _, [x, y]) => complexBinary(b, (_f, p, q) => z.div(p, q), x!, y!)],
  [asDef(complex.neg), (b, _, [a]) => complexArithmetic(b, (p) => z.neg(p!), a!)],
  [asDef(complex.exp), unary(z.exp)],
  [asDef(complex.log), unary(z.log)],
  [asDef(complex.sqrt), unary(z.sqrt)],
  [asDef(complex.constant), constantParts],
  [asDef(select), selectParts],
]);

function constantParts(b: Builder, op: Operation): Parts {
  const { re, im } = complex.constant.attrsOf(op).value;
  const part = b.context.types.scalar(partOf((op.result.type as ScalarType).element));
  return { re: constantOf(b, re, part), im: constantOf(b, im, part) };
}

function selectParts(b: Builder, op: Operation, [yes, no]: readonly Parts[]): Parts {
  const pick = (x: Value, y: Value): Value =>
    b.value(select, { condition: op.operand(0), true_value: x, false_value: y }, {});
  return { re: pick(yes!.re, no!.re), im: pick(yes!.im, no!.im) };
}

/** Operations that hand values on: they are made again with two for one. */
const carriers: ReadonlySet<AnyOpDef> = new Set<AnyOpDef>(
  [
    scfBranch.ifOp,
    scfBranch.indexSwitch,
    scfBranch.executeRegion,
    scfFor.forOp,
    scfFor.whileOp,
    scfFor.condition,
    yieldOp,
    affineFor.forOp,
    affineFor.ifOp,
    affineFor.yieldOp,
    callOp,
    returnOp,
  ].map(asDef),
);

/** Replaces complex values by parts in one module. */
class Splitter {
  readonly #context: Context;
  readonly #parts = new Map<Value, Parts>();
  /** Operations whose results only others of this list still read. */
  readonly #replaced: Operation[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  function(func: Operation): void {
    const { function_type: type, arg_attrs: args, res_attrs: results } = funcOp.attrsOf(func);
    this.#region(func.region(0));
    for (const op of this.#replaced.splice(0).reverse()) op.erase();
    const expanded = [type.inputs, type.results].map((types) => expandTypes(types, this.#context));
    func.setAttr("function_type", this.#context.types.func(expanded[0]!, expanded[1]!));
    if (args) func.setAttr("arg_attrs", expandAttrs(args, type.inputs));
    if (results) func.setAttr("res_attrs", expandAttrs(results, type.results));
  }

  #partsOf(value: Value): Parts {
    const known = this.#parts.get(value);
    if (!known) throw new Error("a complex value is used before its parts are made");
    return known;
  }

  #flat(values: readonly Value[]): readonly Value[] {
    return values.flatMap((v) => (isComplexScalar(v.type) ? [this.#partsOf(v).re, this.#partsOf(v).im] : [v]));
  }

  #operation(op: Operation): void {
    for (const region of op.regions) this.#region(region);
    const touches = [...op.operands, ...op.results].some((v) => isComplexScalar(v.type));
    if (!touches) return;
    const row = rows.get(op.def);
    if (row) this.#compute(op, row);
    else if (carriers.has(op.def)) this.#carry(op);
    else throw new Error(`expand-complex has no row for ${op.name} at ${formatLocation(op.at)}`);
    // A terminator goes at once, for its region shows what it yields by its last operation.
    if (op.def.traits.includes("terminator")) op.erase();
    else this.#replaced.push(op);
  }

  /** New arguments first, since what is inside reads them. */
  #region(region: Region): void {
    this.#arguments(region);
    for (const block of region.blocks) for (const op of block.ops()) this.#operation(op);
  }

  #compute(op: Operation, row: Row): void {
    const b = Builder.before(this.#context, op);
    const operands = op.operands.filter((x) => isComplexScalar(x.type)).map((x) => this.#partsOf(x));
    const made = row(b, op, operands);
    if ("re" in made) this.#parts.set(op.result, made);
    else op.result.replaceAllUsesWith(made);
  }

  #carry(op: Operation): void {
    const b = Builder.before(this.#context, op);
    const groups = groupBySlot(op.def.operands as Slots, op.def.operandNames, op.operands, op.segments);
    const flat = Object.values(groups).map((g) =>
      this.#flat(g === undefined ? [] : Array.isArray(g) ? g : [g as Value]),
    );
    const results = expandTypes(
      op.results.map((r) => r.type),
      this.#context,
    );
    const made = b.create(op.def, flat.flat(), op.attrs, {
      results,
      regions: op.regions.map((r) => newRegion(...r.blocks.splice(0))),
      segments: op.segments && flat.map((g) => g.length),
      extra: op.extra,
    });
    this.#bind(op.results, made.results);
  }

  /** Old values to the new ones that stand for them, in order. */
  #bind(old: readonly Value[], made: readonly Value[]): void {
    let next = 0;
    for (const value of old) {
      if (isComplexScalar(value.type)) this.#parts.set(value, { re: made[next++]!, im: made[next++]! });
      else value.replaceAllUsesWith(made[next++]!);
    }
  }

  /** Blocks with complex arguments are replaced by blocks with more. */
  #arguments(region: Region): void {
    region.blocks.forEach((block, k) => {
      if (!block.args.some((a) => isComplexScalar(a.type))) return;
      const types = expandTypes(
        block.args.map((a) => a.type),
        this.#context,
      );
      const fresh = new Block(types);
      for (const op of block.ops()) {
        block.remove(op);
        fresh.append(op);
      }
      fresh.region = region;
      region.blocks[k] = fresh;
      this.#bind(block.args, fresh.args);
    });
  }
}

/** What is said of a complex argument or result is said of both of its parts. */
function expandAttrs(attrs: Attr, types: readonly Type[]): Attr {
  if (attrs.kind !== "array") return attrs;
  return arrayAttr(attrs.items.flatMap((item, k) => (isComplexScalar(types[k]!) ? [item, item] : [item])));
}

export const expandComplex: Pass = {
  name: "expand-complex",
  summary: "Complex numbers become pairs of real ones, next to each other in memory.",
  run(module, context) {
    splitComplexStorage(module, context);
    const splitter = new Splitter(context);
    for (const op of module.walk()) if (funcOp.matches(op)) splitter.function(op);
  },
};
