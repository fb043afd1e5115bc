/**
 * @file Expansions as IR: `arith`, the `math` operations that are instructions everywhere, and `scf` around rare paths.
 * Scalars and vectors alike; a vector leaves a rare path or a loop when no lane wants it.
 */

import type { Builder } from "../../ir/builder.js";
import type { FloatPredicate, IntegerPredicate } from "../../ir/dialects/arith/attributes.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as f from "../../ir/dialects/arith/float.js";
import * as i from "../../ir/dialects/arith/integer.js";
import type { LiftedType } from "../../ir/dialects/arith/lift.js";
import * as math from "../../ir/dialects/math/functions.js";
import { ifOp } from "../../ir/dialects/scf/branch.js";
import { condition, whileOp } from "../../ir/dialects/scf/for.js";
import { yieldOp } from "../../ir/dialects/scf/yield.js";
import { fma, reduction } from "../../ir/dialects/vector/arithmetic.js";
import { shapeCast } from "../../ir/dialects/vector/shape.js";
import type { ElementType } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import { sizeOf } from "../../ir/ndarray.js";
import type { ScalarType, VectorType } from "../../ir/types.js";
import type { Conversion, FloatBinary, FloatUnary, IntBinary, MaskBinary, Primitives } from "./emit.js";
import type { FloatName } from "./formats.js";

type UnaryDef = typeof math.absf;
type BinaryDef = typeof f.addf | typeof i.addi | typeof i.andi;
/** A type that vectors and scalars have in common: what `arith` and `math` take, without tensors. */
export type LaneType = ScalarType | VectorType;

const floatUnary: Readonly<Record<FloatUnary, UnaryDef | typeof f.negf>> = {
  neg: f.negf,
  abs: math.absf,
  sqrt: math.sqrt,
  floor: math.floor,
  ceil: math.ceil,
  trunc: math.trunc,
};
const floatBinary: Readonly<Record<FloatBinary, BinaryDef | typeof math.copysign>> = {
  add: f.addf,
  sub: f.subf,
  mul: f.mulf,
  div: f.divf,
  copysign: math.copysign,
};
const intBinary: Readonly<Record<IntBinary, BinaryDef>> = {
  add: i.addi,
  sub: i.subi,
  mul: i.muli,
  and: i.andi,
  or: i.ori,
  xor: i.xori,
  shl: i.shli,
  shrs: i.shrsi,
  shru: i.shrui,
};
const maskBinary: Readonly<Record<MaskBinary, BinaryDef>> = { and: i.andi, or: i.ori, xor: i.xori };
const conversions: Readonly<Record<Conversion, typeof cast.bitcast>> = {
  bits: cast.bitcast,
  "float-of-bits": cast.bitcast,
  "to-int": cast.fptosi,
  "to-float": cast.sitofp,
};

export interface EmitOptions {
  /** Use fused multiply-adds: faster where there is an instruction, other bits than elsewhere. */
  readonly fma?: boolean;
}

/** Emits at a builder, for lanes of `type` (f32, f64 or the integers of that width). */
export class IrPrimitives implements Primitives<Value> {
  readonly float: FloatName;
  readonly fma: boolean;
  #builder: Builder;
  readonly #float: LaneType;
  readonly #int: LaneType;
  /** Constants made so far that dominate the insertion point. */
  #constants = new Map<string, Value>();

  constructor(builder: Builder, type: LaneType, options: EmitOptions = {}) {
    const { types } = builder.context;
    const wide = type.element === "f64" || type.element === "i64";
    this.#builder = builder;
    this.float = wide ? "f64" : "f32";
    this.fma = options.fma ?? false;
    this.#float = types.withElement(type, this.float);
    this.#int = types.withElement(type, wide ? "i64" : "i32");
  }

  #constant(value: number | bigint, type: LaneType): Value {
    const key = `${type.element}:${Object.is(value, -0) ? "-0" : String(value)}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const made = constantOf(this.#builder, value, type as LiftedType);
    this.#constants.set(key, made);
    return made;
  }

  #with(type: LaneType, element: ElementType): LaneType {
    return this.#builder.context.types.withElement(type, element);
  }

  #emit(
    def: unknown,
    operands: readonly Value[],
    attrs: Readonly<Record<string, unknown>> = {},
    type?: LaneType,
  ): Value {
    return this.#builder.create(def as never, operands, attrs, type ? { results: [type] } : {}).result;
  }

  floatConstant(value: number): Value {
    return this.#constant(value, this.#float);
  }

  intConstant(value: bigint): Value {
    return this.#constant(BigInt.asIntN(this.float === "f32" ? 32 : 64, value), this.#int);
  }

  floatUnary(op: FloatUnary, x: Value): Value {
    return this.#emit(floatUnary[op], [x]);
  }

  floatBinary(op: FloatBinary, x: Value, y: Value): Value {
    return this.#emit(floatBinary[op], [x, y]);
  }

  fused(x: Value, y: Value, z: Value): Value {
    return this.#emit(this.#float.kind === "vector" ? fma : math.fma, [x, y, z]);
  }

  intBinary(op: IntBinary, x: Value, y: Value): Value {
    return this.#emit(intBinary[op], [x, y]);
  }

  mulHigh(x: Value, y: Value): Value {
    const wide = this.#with(this.#int, "i64");
    const [a, b] = [x, y].map((v) => this.#emit(cast.extui, [v], {}, wide));
    const product = this.#emit(i.muli, [a!, b!]);
    return this.#emit(cast.trunci, [this.#emit(i.shrui, [product, this.#constant(32n, wide)])], {}, this.#int);
  }

  maskBinary(op: MaskBinary, x: Value, y: Value): Value {
    return this.#emit(maskBinary[op], [x, y]);
  }

  maskNot(x: Value): Value {
    return this.#emit(i.xori, [x, this.#constant(1, x.type as LaneType)]);
  }

  compareFloats(predicate: FloatPredicate, x: Value, y: Value): Value {
    return this.#emit(f.cmpf, [x, y], { predicate });
  }

  compareInts(predicate: IntegerPredicate, x: Value, y: Value): Value {
    return this.#emit(i.cmpi, [x, y], { predicate });
  }

  select(mask: Value, yes: Value, no: Value): Value {
    return this.#emit(select, [mask, yes, no]);
  }

  convert(op: Conversion, x: Value): Value {
    return this.#emit(conversions[op], [x], {}, op === "bits" || op === "to-int" ? this.#int : this.#float);
  }

  where(mask: Value, rare: () => readonly Value[], usual: readonly Value[]): readonly Value[] {
    const any = this.#anyLane(mask);
    const then = this.#inside([], () => {
      const chosen = rare().map((x, k) => (this.#float.kind === "vector" ? this.select(mask, x, usual[k]!) : x));
      this.#emitEnd(yieldOp, chosen);
    });
    const otherwise = this.#inside([], () => this.#emitEnd(yieldOp, usual));
    const op = this.#builder.create(
      ifOp as never,
      [any],
      {},
      { results: usual.map((x) => x.type), regions: [then, otherwise] },
    );
    return op.results;
  }

  repeat(
    state: readonly Value[],
    running: (state: readonly Value[]) => Value,
    step: (state: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    const types = state.map((x) => x.type);
    const before = this.#inside(types, (args) => this.#emitEnd(condition, [this.#anyLane(running(args)), ...args]));
    const after = this.#inside(types, (args) => {
      const next = step(args);
      const lanes = this.#float.kind === "vector" ? running(args) : undefined;
      this.#emitEnd(yieldOp, lanes ? next.map((x, k) => this.select(lanes, x, args[k]!)) : next);
    });
    return this.#builder.create(whileOp as never, state, {}, { regions: [before, after] }).results;
  }

  #emitEnd(def: unknown, operands: readonly Value[]): void {
    this.#builder.create(def as never, operands, {});
  }

  /** A region emitted into by `fill`; its constants stay inside. */
  #inside(types: readonly Value["type"][], fill: (args: readonly Value[]) => void): ReturnType<Builder["region"]> {
    const [outer, constants] = [this.#builder, this.#constants];
    const region = outer.region(types, (inner, args) => {
      this.#builder = inner;
      this.#constants = new Map(constants);
      fill(args);
    });
    this.#builder = outer;
    this.#constants = constants;
    return region;
  }

  /** One truth value for all lanes. */
  #anyLane(mask: Value): Value {
    const { type } = mask;
    if (type.kind !== "vector") return mask;
    const lanes = sizeOf(type.shape);
    const flat = this.#builder.context.types.vector([lanes], "i1");
    const line = type.shape.length === 1 ? mask : this.#emit(shapeCast, [mask], {}, flat);
    return this.#emit(reduction, [line], { kind: "or" });
  }
}
