/**
 * @file Signless integers: one bit pattern, read as signed or unsigned by the operation. `i1` is held as 0 or 1, narrow
 * integers as signed numbers, `i64` as a signed bigint, `index` as a signed number that must stay exact.
 * Where the language leaves a result undefined there are two cases: a division by zero or one that overflows throws, as
 * the program is wrong whatever follows; a shift by the width or more gives `poison`, as the result may go unused.
 */

import { type ElementType, elementFacts } from "../../element.js";
import { wideNumerics } from "../../numerics/big-integer.js";
import { indexNumerics, wrapping } from "../../numerics/integer.js";
import type { Scalar } from "../../scalar.js";
import { INDEX_POISON, uninitialised } from "../../uninitialised.js";
import type { IntegerPredicate } from "./attributes.js";

type Unary<S> = (a: S) => S;
type Binary<S> = (a: S, b: S) => S;
type Compare<S> = (a: S, b: S) => boolean;

/** What each operation of the two-operand families does to one pair. */
export interface Signless<S extends Scalar = Scalar> {
  readonly element: ElementType;
  readonly bits: number;
  /** The value as a signed or unsigned mathematical integer. */
  readonly signed: Unary<S>;
  readonly unsigned: Unary<S>;
  readonly operations: Readonly<Record<SignlessOp, Binary<S>>>;
  readonly compare: Readonly<Record<IntegerPredicate, Compare<S>>>;
  /** From the low bits of a pattern, and to the pattern. */
  readonly fromBits: (bits: bigint) => S;
  readonly toBits: (a: S) => bigint;
  readonly poison: S;
}

const operationNames = [
  "addi",
  "subi",
  "muli",
  "divsi",
  "divui",
  "remsi",
  "remui",
  "floordivsi",
  "ceildivsi",
  "ceildivui",
  "andi",
  "ori",
  "xori",
  "shli",
  "shrsi",
  "shrui",
  "maxsi",
  "minsi",
  "maxui",
  "minui",
] as const;
export type SignlessOp = (typeof operationNames)[number];

const divisionByZero = (): never => {
  throw new Error("division by zero");
};

function comparisons<S extends number | bigint>(
  signed: Unary<S>,
  unsigned: Unary<S>,
): Readonly<Record<IntegerPredicate, Compare<S>>> {
  return {
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    slt: (a, b) => signed(a) < signed(b),
    sle: (a, b) => signed(a) <= signed(b),
    sgt: (a, b) => signed(a) > signed(b),
    sge: (a, b) => signed(a) >= signed(b),
    ult: (a, b) => unsigned(a) < unsigned(b),
    ule: (a, b) => unsigned(a) <= unsigned(b),
    ugt: (a, b) => unsigned(a) > unsigned(b),
    uge: (a, b) => unsigned(a) >= unsigned(b),
  };
}

/** Up to 32 bits, in numbers. */
function narrow(element: ElementType): Signless<number> {
  const { bits } = elementFacts[element];
  const signed = wrapping(bits, true);
  const unsigned = wrapping(bits, false);
  const wrap = bits === 1 ? unsigned : signed;
  const fromBits = (pattern: bigint): number => wrap(Number(BigInt.asUintN(32, pattern)) | 0);
  const poison = uninitialised(element) as number;
  const compare = comparisons(signed, unsigned);
  const lowest = -(2 ** (bits - 1));
  const divide = (a: number, b: number): number => {
    if (b === 0) divisionByZero();
    if (a === lowest && b === -1) throw new Error(`${a} divided by -1 overflows ${element}`);
    return a / b;
  };
  const shift = (f: Binary<number>) => (a: number, b: number) =>
    unsigned(b) >= bits ? poison : wrap(f(a, unsigned(b)));
  const operations: Record<SignlessOp, Binary<number>> = {
    addi: (a, b) => wrap(a + b),
    subi: (a, b) => wrap(a - b),
    muli: (a, b) => wrap(Math.imul(a, b)),
    divsi: (a, b) => wrap(Math.trunc(divide(signed(a), signed(b)))),
    divui: (a, b) => wrap(b === 0 ? divisionByZero() : Math.floor(unsigned(a) / unsigned(b))),
    remsi: (a, b) => wrap(b === 0 ? divisionByZero() : signed(a) % signed(b)),
    remui: (a, b) => wrap(b === 0 ? divisionByZero() : unsigned(a) % unsigned(b)),
    floordivsi: (a, b) => wrap(Math.floor(divide(signed(a), signed(b)))),
    ceildivsi: (a, b) => wrap(Math.ceil(divide(signed(a), signed(b)))),
    ceildivui: (a, b) => wrap(b === 0 ? divisionByZero() : Math.ceil(unsigned(a) / unsigned(b))),
    andi: (a, b) => wrap(a & b),
    ori: (a, b) => wrap(a | b),
    xori: (a, b) => wrap(a ^ b),
    shli: shift((a, n) => a << n),
    shrsi: shift((a, n) => signed(a) >> n),
    shrui: shift((a, n) => unsigned(a) >>> n),
    maxsi: (a, b) => (signed(a) > signed(b) ? a : b),
    minsi: (a, b) => (signed(a) < signed(b) ? a : b),
    maxui: (a, b) => (unsigned(a) > unsigned(b) ? a : b),
    minui: (a, b) => (unsigned(a) < unsigned(b) ? a : b),
  };
  return { element, bits, signed, unsigned, operations, compare, fromBits, toBits: (a) => BigInt(unsigned(a)), poison };
}

/** 64 bits, in bigints. */
function wide(): Signless<bigint> {
  const { add, sub, mul, and, or, xor, min, max } = wideNumerics("i64");
  const signed = (a: bigint): bigint => a;
  const unsigned = (a: bigint): bigint => BigInt.asUintN(64, a);
  const wrap = (a: bigint): bigint => BigInt.asIntN(64, a);
  const poison = uninitialised("i64") as bigint;
  const check = (a: bigint, b: bigint): void => {
    if (b === 0n) divisionByZero();
    if (b === -1n && a === -(2n ** 63n)) throw new Error(`${a} divided by -1 overflows i64`);
  };
  /** 1 where the quotient of `a` and `b` is not an integer and has that sign. */
  const inexact = (a: bigint, b: bigint, negative: boolean): bigint =>
    a % b !== 0n && (a < 0n !== b < 0n) === negative ? 1n : 0n;
  const divide = (f: Binary<bigint>) => (a: bigint, b: bigint) => {
    check(a, b);
    return f(a, b);
  };
  const divideUnsigned = (f: Binary<bigint>) => (a: bigint, b: bigint) =>
    wrap(b === 0n ? divisionByZero() : f(unsigned(a), unsigned(b)));
  const shift = (f: Binary<bigint>) => (a: bigint, b: bigint) => (unsigned(b) >= 64n ? poison : wrap(f(a, b)));
  const operations: Record<SignlessOp, Binary<bigint>> = {
    addi: add,
    subi: sub,
    muli: mul,
    divsi: divide((a, b) => a / b),
    divui: divideUnsigned((a, b) => a / b),
    remsi: (a, b) => (b === 0n ? divisionByZero() : a % b),
    remui: divideUnsigned((a, b) => a % b),
    floordivsi: divide((a, b) => a / b - inexact(a, b, true)),
    ceildivsi: divide((a, b) => a / b + inexact(a, b, false)),
    ceildivui: divideUnsigned((a, b) => (a + b - 1n) / b),
    andi: and,
    ori: or,
    xori: xor,
    shli: shift((a, n) => a << n),
    shrsi: shift((a, n) => a >> n),
    shrui: shift((a, n) => unsigned(a) >> n),
    maxsi: max,
    minsi: min,
    maxui: (a, b) => (unsigned(a) > unsigned(b) ? a : b),
    minui: (a, b) => (unsigned(a) < unsigned(b) ? a : b),
  };
  return {
    element: "i64",
    bits: 64,
    signed,
    unsigned,
    operations,
    compare: comparisons(signed, unsigned),
    fromBits: wrap,
    toBits: unsigned,
    poison,
  };
}

/** `index`: the common operations on numbers, the others as on `i64`, provided the result is exact. */
function index(): Signless<number> {
  const i64 = wide();
  const exact = (x: bigint): number => indexNumerics.fromBits(x);
  const through = (name: SignlessOp) => (a: number, b: number) => {
    const result = i64.operations[name](BigInt(a), BigInt(b));
    return result === i64.poison ? INDEX_POISON : exact(result);
  };
  const whole = (a: number, b: number, f: (x: number) => number): number => (b === 0 ? divisionByZero() : f(a / b) + 0);
  /** Where operands are small the quotient of doubles rounds as the exact one. */
  const small = (a: number, b: number): boolean => Math.abs(a) < 2 ** 31 && Math.abs(b) < 2 ** 31;
  const operations = Object.fromEntries(operationNames.map((name) => [name, through(name)])) as Record<
    SignlessOp,
    Binary<number>
  >;
  const { floordivsi, ceildivsi } = operations;
  Object.assign(operations, {
    addi: indexNumerics.add,
    subi: indexNumerics.sub,
    muli: indexNumerics.mul,
    divsi: (a: number, b: number) => (b === 0 ? divisionByZero() : indexNumerics.div(a, b)),
    remsi: (a: number, b: number) => (b === 0 ? divisionByZero() : indexNumerics.rem(a, b)),
    floordivsi: (a: number, b: number) => (small(a, b) ? whole(a, b, Math.floor) : floordivsi(a, b)),
    ceildivsi: (a: number, b: number) => (small(a, b) ? whole(a, b, Math.ceil) : ceildivsi(a, b)),
    maxsi: indexNumerics.max,
    minsi: indexNumerics.min,
  });
  const signed = (a: number): number => a;
  const unsigned = (a: number): number => (a < 0 ? exact(BigInt.asUintN(64, BigInt(a))) : a);
  /** In the order of the unsigned values, and exact where those are not. */
  const order = (a: number): number => (a < 0 ? a + 2 ** 53 : a - 2 ** 53);
  const { fromBits, toBits } = indexNumerics;
  const compare = comparisons(signed, order);
  return { element: "index", bits: 64, signed, unsigned, operations, compare, fromBits, toBits, poison: INDEX_POISON };
}

const records = new Map<ElementType, Signless>();
for (const element of ["i1", "i2", "i4", "i8", "i16", "i32"] as const)
  records.set(element, narrow(element) as unknown as Signless);
records.set("i64", wide() as unknown as Signless);
records.set("index", index() as unknown as Signless);

/** The arithmetic of a signless integer, `i1` or `index`. */
export function signlessOf(element: ElementType): Signless {
  const record = records.get(element);
  if (!record) throw new Error(`${element} is not a signless integer`);
  return record;
}
