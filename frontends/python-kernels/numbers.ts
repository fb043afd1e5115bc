/**
 * @file Numbers of kernels: what arithmetic on them means, after NumPy 2. A number that Python itself makes (a literal, a
 * counter, a size) takes the type of what it meets; those of arrays and parameters keep theirs.
 */

import type { Builder } from "../../ir/builder.js";
import type { FloatPredicate, IntegerPredicate } from "../../ir/dialects/arith/attributes.js";
import * as cast from "../../ir/dialects/arith/cast.js";
import { constantIndex, constantOf, select } from "../../ir/dialects/arith/constant.js";
import * as f from "../../ir/dialects/arith/float.js";
import * as i from "../../ir/dialects/arith/integer.js";
import * as math from "../../ir/dialects/math/functions.js";
import type { Value } from "../../ir/graph.js";
import { numericsOf } from "../../ir/scalar.js";
import type { BinaryOperator, Comparison } from "./ast.js";

export type NumberType = "f64" | "f32" | "i64" | "i32" | "i1";

export interface Num {
  readonly value: Value;
  readonly type: NumberType;
  /** It takes the type of what it meets. */
  readonly weak: boolean;
}

export const isFloatType = (type: NumberType): boolean => type === "f64" || type === "f32";

/** The type in which two numbers meet. */
export function joinTypes(a: Pick<Num, "type" | "weak">, b: Pick<Num, "type" | "weak">): Pick<Num, "type" | "weak"> {
  if (a.type === "i1" || b.type === "i1") {
    if (a.type === b.type) return { type: "i64", weak: true };
    const { type, weak } = a.type === "i1" ? b : a;
    return { type, weak };
  }
  if (a.weak !== b.weak) {
    const [weak, strong] = a.weak ? [a, b] : [b, a];
    const fits = isFloatType(strong.type) || !isFloatType(weak.type);
    return { type: fits ? strong.type : "f64", weak: false };
  }
  const weak = a.weak && b.weak;
  if (a.type === b.type) return { type: a.type, weak };
  if (isFloatType(a.type) || isFloatType(b.type)) return { type: "f64", weak };
  return { type: "i64", weak };
}

export class Numbers {
  b: Builder;

  constructor(b: Builder) {
    this.b = b;
  }

  constant(value: number | bigint, type: NumberType, weak = true): Num {
    const scalar = this.b.context.types.scalar(type);
    const n = isFloatType(type)
      ? numericsOf(type).fromNumber(Number(value))
      : numericsOf(type).fromBits(BigInt.asUintN(type === "i64" ? 64 : type === "i32" ? 32 : 1, BigInt(value)));
    return { value: constantOf(this.b, n, scalar), type, weak };
  }

  /** An index as a number of Python. */
  fromIndex(value: Value): Num {
    const results = [this.b.context.types.scalar("i64")];
    return { value: this.b.value(cast.indexCast, { in: value }, {}, { results }), type: "i64", weak: true };
  }

  toIndex(x: Num): Value {
    const wide = x.type === "i1" ? this.convert(x, "i64") : x;
    return this.b.value(cast.indexCast, { in: wide.value }, {}, { results: [this.b.context.types.scalar("index")] });
  }

  index(value: number): Value {
    return constantIndex(this.b, value);
  }

  convert(x: Num, type: NumberType): Num {
    if (x.type === type) return { ...x, weak: false };
    const results = [this.b.context.types.scalar(type)];
    const made = (def: typeof cast.sitofp): Num => ({
      value: this.b.value(def, { in: x.value }, {}, { results }),
      type,
      weak: false,
    });
    if (type === "i1") return this.compare("NotEq", x, this.constant(0, x.type));
    if (x.type === "i1") return made((isFloatType(type) ? cast.uitofp : cast.extui) as typeof cast.sitofp);
    if (isFloatType(x.type) && isFloatType(type))
      return made((type === "f64" ? cast.extf : cast.truncf) as unknown as typeof cast.sitofp);
    if (isFloatType(type)) return made(cast.sitofp);
    if (isFloatType(x.type)) return made(cast.fptosi as typeof cast.sitofp);
    return made((type === "i64" ? cast.extsi : cast.trunci) as unknown as typeof cast.sitofp);
  }

  #both(a: Num, b: Num): { readonly lhs: Value; readonly rhs: Value; readonly joined: Pick<Num, "type" | "weak"> } {
    const joined = joinTypes(a, b);
    return { lhs: this.convert(a, joined.type).value, rhs: this.convert(b, joined.type).value, joined };
  }

  /** The operation, or why there is none. */
  binary(op: BinaryOperator, a: Num, b: Num): Num | string {
    if (op === "Div" && !isFloatType(joinTypes(a, b).type)) return this.binary("Div", this.#real(a), this.#real(b));
    const { lhs, rhs, joined } = this.#both(a, b);
    const made = (value: Value): Num => ({ value, ...joined });
    const isFloat = isFloatType(joined.type);
    const simple = (isFloat ? floatOperations : integerOperations)[op];
    if (simple) return made(this.b.value(simple as typeof f.addf, { lhs, rhs }, {}));
    if (op === "FloorDiv" || op === "Mod") {
      const result = isFloat ? this.#floatDivision(lhs, rhs, joined.type) : this.#integerDivision(lhs, rhs);
      return made(op === "Mod" ? result.remainder() : result.quotient());
    }
    if (op === "Pow" && isFloat) return made(this.b.value(math.powf, { lhs, rhs }, {}));
    return `the operation is not there for numbers of type ${joined.type}`;
  }

  #real(x: Num): Num {
    return { ...this.convert(x, "f64"), weak: x.weak };
  }

  #integerDivision(lhs: Value, rhs: Value) {
    const quotient = (): Value => this.b.value(i.floordivsi, { lhs, rhs }, {});
    return {
      quotient,
      remainder: () => {
        const whole = this.b.value(i.muli, { lhs: quotient(), rhs }, {});
        return this.b.value(i.subi, { lhs, rhs: whole }, {});
      },
    };
  }

  /** The remainder has the sign of the divisor; the quotient is what is left without it, as a whole number. */
  #floatDivision(lhs: Value, rhs: Value, type: NumberType) {
    const zero = this.constant(0, type).value;
    const less = (a: Value, b: Value): Value => this.b.value(f.cmpf, { lhs: a, rhs: b }, { predicate: "olt" });
    const remainder = (): Value => {
      const plain = this.b.value(f.remf, { lhs, rhs }, {});
      const isSome = this.b.value(f.cmpf, { lhs: plain, rhs: zero }, { predicate: "une" });
      const differs = this.b.value(i.xori, { lhs: less(plain, zero), rhs: less(rhs, zero) }, {});
      const condition = this.b.value(i.andi, { lhs: isSome, rhs: differs }, {});
      const moved = this.b.value(f.addf, { lhs: plain, rhs }, {});
      return this.b.value(select, { condition, true_value: moved, false_value: plain }, {});
    };
    const quotient = (): Value => {
      const rest = this.b.value(f.subf, { lhs, rhs: remainder() }, {});
      return this.b.value(math.roundeven, { operand: this.b.value(f.divf, { lhs: rest, rhs }, {}) }, {});
    };
    return { quotient, remainder };
  }

  negate(x: Num): Num {
    if (isFloatType(x.type)) return { ...x, value: this.b.value(f.negf, { operand: x.value }, {}) };
    const wide = x.type === "i1" ? { ...this.convert(x, "i64"), weak: true } : x;
    const value = this.b.value(i.subi, { lhs: this.constant(0, wide.type).value, rhs: wide.value }, {});
    return { ...wide, value };
  }

  compare(op: Comparison, a: Num, b: Num): Num {
    const { lhs, rhs, joined } = this.#both(a, b);
    const made = (value: Value): Num => ({ value, type: "i1", weak: false });
    const [real, whole] = predicates[op] ?? ["oeq", "eq"];
    return isFloatType(joined.type)
      ? made(this.b.value(f.cmpf, { lhs, rhs }, { predicate: real }))
      : made(this.b.value(i.cmpi, { lhs, rhs }, { predicate: whole }));
  }

  truth(x: Num): Value {
    return x.type === "i1" ? x.value : this.convert(x, "i1").value;
  }

  bool(value: Value): Num {
    return { value, type: "i1", weak: false };
  }

  not(x: Num): Num {
    return this.bool(this.b.value(i.xori, { lhs: this.truth(x), rhs: this.constant(1, "i1").value }, {}));
  }

  choose(condition: Value, a: Num, b: Num): Num {
    if (a.type === "i1" && b.type === "i1")
      return this.bool(this.b.value(select, { condition, true_value: a.value, false_value: b.value }, {}));
    const { lhs, rhs, joined } = this.#both(a, b);
    return { value: this.b.value(select, { condition, true_value: lhs, false_value: rhs }, {}), ...joined };
  }

  /** Python's `max` and `min`: the first, unless the other one is beyond it. */
  extreme(op: "Gt" | "Lt", a: Num, b: Num): Num {
    return this.choose(this.compare(op, b, a).value, b, a);
  }
}

const floatOperations: Readonly<Partial<Record<BinaryOperator, unknown>>> = {
  Add: f.addf,
  Sub: f.subf,
  Mult: f.mulf,
  Div: f.divf,
};

const integerOperations: Readonly<Partial<Record<BinaryOperator, unknown>>> = {
  Add: i.addi,
  Sub: i.subi,
  Mult: i.muli,
  BitAnd: i.andi,
  BitOr: i.ori,
  BitXor: i.xori,
  LShift: i.shli,
  RShift: i.shrsi,
};

const predicates: Readonly<Partial<Record<Comparison, readonly [FloatPredicate, IntegerPredicate]>>> = {
  Eq: ["oeq", "eq"],
  NotEq: ["une", "ne"],
  Lt: ["olt", "slt"],
  LtE: ["ole", "sle"],
  Gt: ["ogt", "sgt"],
  GtE: ["oge", "sge"],
};
