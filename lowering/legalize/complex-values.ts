/**
 * @file Complex functions as IR, for the StableHLO rows and for `complex` operations: parts taken as f64, real functions left as
 * operations of `math`. Sums and products are computed in the parts' own format, as is usual.
 */

import type { Builder } from "../../ir/builder.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import * as math from "../../ir/dialects/math/functions.js";
import type { Value } from "../../ir/graph.js";
import type { ScalarType } from "../../ir/types.js";
import { Float } from "./emit.js";
import { IrPrimitives } from "./emit-ir.js";
import type { Complex, ComplexBinary, ComplexUnary, RealFunction, RealFunctions } from "./math/complex.js";

/** Real and imaginary part as values of f32 or f64. */
export interface Parts {
  readonly re: Value;
  readonly im: Value;
}

const defs: Readonly<Record<RealFunction, typeof math.exp>> = {
  cbrt: math.cbrt,
  cos: math.cos,
  cosh: math.cosh,
  exp: math.exp,
  expm1: math.expm1,
  log: math.log,
  log1p: math.log1p,
  sin: math.sin,
  sinh: math.sinh,
  tan: math.tan,
  tanh: math.tanh,
};

function functionsAt(b: Builder): RealFunctions<Value> {
  return {
    unary: (name, x) => new Float(x.on, b.value(defs[name], { operand: x.value }, {})),
    atan2: (y, x) => new Float(x.on, b.value(math.atan2, { lhs: y.value, rhs: x.value }, {})),
  };
}

/** Real functions and numbers at a builder: parts become f64 and go back to the element they had. */
class Wide {
  readonly f: RealFunctions<Value>;
  readonly #b: Builder;
  readonly #part: ScalarType;
  readonly #on: IrPrimitives;

  constructor(b: Builder, part: ScalarType) {
    this.#b = b;
    this.#part = part;
    this.#on = new IrPrimitives(b, b.context.types.scalar("f64"));
    this.f = functionsAt(b);
  }

  in({ re, im }: Parts): Complex<Value> {
    return { re: this.#widen(re), im: this.#widen(im) };
  }

  out({ re, im }: Complex<Value>): Parts {
    return { re: this.narrow(re), im: this.narrow(im) };
  }

  #widen(x: Value): Float<Value> {
    const f64 = this.#b.context.types.scalar("f64");
    return new Float(this.#on, x.type === f64 ? x : this.#b.value(cast.extf, { in: x }, {}, { results: [f64] }));
  }

  narrow({ value }: Float<Value>): Value {
    return value.type === this.#part ? value : this.#b.value(cast.truncf, { in: value }, {}, { results: [this.#part] });
  }
}

/** The value of a complex function. */
export function complexUnary(b: Builder, apply: ComplexUnary, a: Parts): Parts {
  const wide = new Wide(b, a.re.type as ScalarType);
  return wide.out(apply(wide.f, wide.in(a)));
}

export function complexBinary(b: Builder, apply: ComplexBinary, x: Parts, y: Parts): Parts {
  const wide = new Wide(b, x.re.type as ScalarType);
  return wide.out(apply(wide.f, wide.in(x), wide.in(y)));
}

/** A real number made of a complex one. */
export function complexToReal(b: Builder, apply: <V>(a: Complex<V>) => Float<V>, a: Parts): Value {
  const wide = new Wide(b, a.re.type as ScalarType);
  return wide.narrow(apply(wide.in(a)));
}

/** A function of sums and products alone, in the parts' own format. */
export function complexArithmetic(
  b: Builder,
  apply: <V>(...args: readonly Complex<V>[]) => Complex<V>,
  ...args: readonly Parts[]
): Parts {
  const on = new IrPrimitives(b, args[0]!.re.type as ScalarType);
  const result = apply(...args.map(({ re, im }) => ({ re: new Float<Value>(on, re), im: new Float<Value>(on, im) })));
  return { re: result.re.value, im: result.im.value };
}
