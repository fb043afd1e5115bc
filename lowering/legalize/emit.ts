/**
 * @file What the expansions are written in: floats, integers of the same width and masks, over whatever a back end keeps
 * for a value. One text thus gives scalar and vector IR for every target, and runs as WebAssembly in the tests.
 * Invariant: each operation here is rounded by itself; only `mulAdd` may be fused, and only where the target asks for it.
 */

import type { FloatPredicate, IntegerPredicate } from "../../ir/dialects/arith/attributes.js";
import { type FloatName, type Format, formats } from "./formats.js";

export type FloatUnary = "neg" | "abs" | "sqrt" | "floor" | "ceil" | "trunc";
export type FloatBinary = "add" | "sub" | "mul" | "div" | "copysign";
export type IntBinary = "add" | "sub" | "mul" | "and" | "or" | "xor" | "shl" | "shrs" | "shru";
export type MaskBinary = "and" | "or" | "xor";
/** `to-int` truncates and is undefined out of range; `to-float` reads a signed integer and rounds to nearest even. */
export type Conversion = "bits" | "float-of-bits" | "to-int" | "to-float";

/** What a back end provides; `V` is its handle on a value, which may be a vector: then every operation is by lane. */
export interface Primitives<V> {
  readonly float: FloatName;
  /** `mulAdd` and exact products use fused operations. */
  readonly fma: boolean;
  floatConstant(value: number): V;
  intConstant(value: bigint): V;
  floatUnary(op: FloatUnary, x: V): V;
  floatBinary(op: FloatBinary, x: V, y: V): V;
  /** x * y + z rounded once; called where `fma` is set. */
  fused(x: V, y: V, z: V): V;
  intBinary(op: IntBinary, x: V, y: V): V;
  /** The high word of the unsigned product; called for words of 32 bits. */
  mulHigh(x: V, y: V): V;
  maskBinary(op: MaskBinary, x: V, y: V): V;
  maskNot(x: V): V;
  compareFloats(predicate: FloatPredicate, x: V, y: V): V;
  compareInts(predicate: IntegerPredicate, x: V, y: V): V;
  select(mask: V, yes: V, no: V): V;
  convert(op: Conversion, x: V): V;
  /** By lane, what `rare` computes where the mask is true, `usual` elsewhere; `rare` need not run when no lane asks for it. */
  where(mask: V, rare: () => readonly V[], usual: readonly V[]): readonly V[];
  /** Replaces the state by `step(state)` in the lanes where `running(state)` is true, until it is true in none. */
  repeat(
    state: readonly V[],
    running: (state: readonly V[]) => V,
    step: (state: readonly V[]) => readonly V[],
  ): readonly V[];
}

/** An operand: a value, or a number that becomes a constant. */
export type FloatOperand<V> = Float<V> | number;
export type IntOperand<V> = Int<V> | number | bigint;

/** A float of the back end's format. */
export class Float<V> {
  readonly on: Primitives<V>;
  readonly value: V;

  constructor(on: Primitives<V>, value: V) {
    this.on = on;
    this.value = value;
  }

  get format(): Format {
    return formats[this.on.float];
  }

  of(x: FloatOperand<V>): Float<V> {
    return typeof x === "number" ? new Float(this.on, this.on.floatConstant(x)) : x;
  }

  int(x: IntOperand<V>): Int<V> {
    return x instanceof Int ? x : new Int(this.on, this.on.intConstant(BigInt(x)));
  }

  add(y: FloatOperand<V>): Float<V> {
    return this.#binary("add", y);
  }

  sub(y: FloatOperand<V>): Float<V> {
    return this.#binary("sub", y);
  }

  mul(y: FloatOperand<V>): Float<V> {
    return this.#binary("mul", y);
  }

  div(y: FloatOperand<V>): Float<V> {
    return this.#binary("div", y);
  }

  /** The magnitude of this with the sign of `y`. */
  copysign(y: FloatOperand<V>): Float<V> {
    return this.#binary("copysign", y);
  }

  /** this * y + z: rounded twice, or once where the target fuses. */
  mulAdd(y: FloatOperand<V>, z: FloatOperand<V>): Float<V> {
    if (!this.on.fma) return this.mul(y).add(z);
    return new Float(this.on, this.on.fused(this.value, this.of(y).value, this.of(z).value));
  }

  neg(): Float<V> {
    return this.#unary("neg");
  }

  abs(): Float<V> {
    return this.#unary("abs");
  }

  sqrt(): Float<V> {
    return this.#unary("sqrt");
  }

  floor(): Float<V> {
    return this.#unary("floor");
  }

  trunc(): Float<V> {
    return this.#unary("trunc");
  }

  eq(y: FloatOperand<V>): Mask<V> {
    return this.#compare("oeq", y);
  }

  lt(y: FloatOperand<V>): Mask<V> {
    return this.#compare("olt", y);
  }

  le(y: FloatOperand<V>): Mask<V> {
    return this.#compare("ole", y);
  }

  gt(y: FloatOperand<V>): Mask<V> {
    return this.#compare("ogt", y);
  }

  ge(y: FloatOperand<V>): Mask<V> {
    return this.#compare("oge", y);
  }

  isNaN(): Mask<V> {
    return this.#compare("uno", this);
  }

  /** True for infinities, not for NaN. */
  isInfinite(): Mask<V> {
    return this.abs().eq(Number.POSITIVE_INFINITY);
  }

  bits(): Int<V> {
    return new Int(this.on, this.on.convert("bits", this.value));
  }

  /** Toward zero; undefined for NaN and out of range. */
  toInt(): Int<V> {
    return new Int(this.on, this.on.convert("to-int", this.value));
  }

  #unary(op: FloatUnary): Float<V> {
    return new Float(this.on, this.on.floatUnary(op, this.value));
  }

  #binary(op: FloatBinary, y: FloatOperand<V>): Float<V> {
    return new Float(this.on, this.on.floatBinary(op, this.value, this.of(y).value));
  }

  #compare(predicate: FloatPredicate, y: FloatOperand<V>): Mask<V> {
    return new Mask(this.on, this.on.compareFloats(predicate, this.value, this.of(y).value));
  }
}

/** An integer as wide as the float; arithmetic wraps. */
export class Int<V> {
  readonly on: Primitives<V>;
  readonly value: V;

  constructor(on: Primitives<V>, value: V) {
    this.on = on;
    this.value = value;
  }

  get format(): Format {
    return formats[this.on.float];
  }

  of(x: IntOperand<V>): Int<V> {
    return x instanceof Int ? x : new Int(this.on, this.on.intConstant(BigInt(x)));
  }

  float(x: FloatOperand<V>): Float<V> {
    return typeof x === "number" ? new Float(this.on, this.on.floatConstant(x)) : x;
  }

  add(y: IntOperand<V>): Int<V> {
    return this.#binary("add", y);
  }

  sub(y: IntOperand<V>): Int<V> {
    return this.#binary("sub", y);
  }

  mul(y: IntOperand<V>): Int<V> {
    return this.#binary("mul", y);
  }

  and(y: IntOperand<V>): Int<V> {
    return this.#binary("and", y);
  }

  or(y: IntOperand<V>): Int<V> {
    return this.#binary("or", y);
  }

  xor(y: IntOperand<V>): Int<V> {
    return this.#binary("xor", y);
  }

  /** Shifts take amounts below the width. */
  shl(y: IntOperand<V>): Int<V> {
    return this.#binary("shl", y);
  }

  /** Repeats the sign bit. */
  shrs(y: IntOperand<V>): Int<V> {
    return this.#binary("shrs", y);
  }

  shru(y: IntOperand<V>): Int<V> {
    return this.#binary("shru", y);
  }

  /** The high word of the unsigned product. */
  mulHigh(y: IntOperand<V>): Int<V> {
    const other = this.of(y);
    return this.format.bits === 32
      ? new Int(this.on, this.on.mulHigh(this.value, other.value))
      : mulHighByHalves(this, other);
  }

  eq(y: IntOperand<V>): Mask<V> {
    return this.compare("eq", y);
  }

  ne(y: IntOperand<V>): Mask<V> {
    return this.compare("ne", y);
  }

  lt(y: IntOperand<V>): Mask<V> {
    return this.compare("slt", y);
  }

  gt(y: IntOperand<V>): Mask<V> {
    return this.compare("sgt", y);
  }

  ltUnsigned(y: IntOperand<V>): Mask<V> {
    return this.compare("ult", y);
  }

  compare(predicate: IntegerPredicate, y: IntOperand<V>): Mask<V> {
    return new Mask(this.on, this.on.compareInts(predicate, this.value, this.of(y).value));
  }

  /** The float of these bits. */
  asFloat(): Float<V> {
    return new Float(this.on, this.on.convert("float-of-bits", this.value));
  }

  /** The float nearest to this signed number. */
  toFloat(): Float<V> {
    return new Float(this.on, this.on.convert("to-float", this.value));
  }

  #binary(op: IntBinary, y: IntOperand<V>): Int<V> {
    return new Int(this.on, this.on.intBinary(op, this.value, this.of(y).value));
  }
}

/** The high word of a product of 64-bit words, which targets lack or leave to a library: schoolbook on halves. */
function mulHighByHalves<V>(x: Int<V>, y: Int<V>): Int<V> {
  const low = 0xffff_ffffn;
  const [xLow, xHigh, yLow, yHigh] = [x.and(low), x.shru(32), y.and(low), y.shru(32)];
  const cross = xHigh.mul(yLow).add(xLow.mul(yLow).shru(32));
  const middle = xLow.mul(yHigh).add(cross.and(low));
  return xHigh.mul(yHigh).add(cross.shru(32)).add(middle.shru(32));
}

/** A truth value. */
export class Mask<V> {
  readonly on: Primitives<V>;
  readonly value: V;

  constructor(on: Primitives<V>, value: V) {
    this.on = on;
    this.value = value;
  }

  and(y: Mask<V>): Mask<V> {
    return new Mask(this.on, this.on.maskBinary("and", this.value, y.value));
  }

  or(y: Mask<V>): Mask<V> {
    return new Mask(this.on, this.on.maskBinary("or", this.value, y.value));
  }

  xor(y: Mask<V>): Mask<V> {
    return new Mask(this.on, this.on.maskBinary("xor", this.value, y.value));
  }

  not(): Mask<V> {
    return new Mask(this.on, this.on.maskNot(this.value));
  }

  /** `yes` where true, `no` elsewhere. */
  select(yes: FloatOperand<V>, no: FloatOperand<V>): Float<V> {
    const [a, b] = [yes, no].map((x) => (typeof x === "number" ? this.on.floatConstant(x) : x.value));
    return new Float(this.on, this.on.select(this.value, a!, b!));
  }

  selectInt(yes: IntOperand<V>, no: IntOperand<V>): Int<V> {
    const [a, b] = [yes, no].map((x) => (x instanceof Int ? x.value : this.on.intConstant(BigInt(x))));
    return new Int(this.on, this.on.select(this.value, a!, b!));
  }
}

/** A function of one float, written once for every back end. */
export type UnaryFunction = <V>(x: Float<V>) => Float<V>;
export type BinaryFunction = <V>(x: Float<V>, y: Float<V>) => Float<V>;

/** c0 + c1 x + c2 x^2 + …, from the highest coefficient down. */
export function polynomial<V>(x: Float<V>, coefficients: readonly number[]): Float<V> {
  let sum = x.of(coefficients.at(-1)!);
  for (let i = coefficients.length - 2; i >= 0; i--) sum = sum.mulAdd(x, coefficients[i]!);
  return sum;
}
