/**
 * @file What scalar operations compute, against the code that upstream makes of them: edge cases and random operands, of
 * every width. Floats agree in every bit, except functions that a C library computes, which differ by two units at most.
 */

import { describe, expect, it } from "vitest";
import { canRunUpstream, printValue, runOurs, runUpstream } from "./run.js";

/** A small generator with a seed, so that a failure comes back. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function integersOf(type: string, count: number, next: () => number): readonly bigint[] {
  const bits = type === "index" ? 40 : Number(type.slice(1));
  const top = 2n ** BigInt(bits - 1);
  const edges = bits === 1 ? [0n, -1n] : [0n, 1n, -1n, 2n, -3n, 7n, top - 1n, -top, 1n - top];
  const wide = (): bigint =>
    BigInt.asIntN(bits, (BigInt(Math.floor(next() * 2 ** 32)) << 32n) | BigInt(Math.floor(next() * 2 ** 32)));
  return Array.from({ length: count }, () => (next() < 0.4 ? edges[Math.floor(next() * edges.length)]! : wide()));
}

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  2.5,
  -2.5,
  3,
  1e-40,
  1e30,
  -1e30,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

function floatsOf(count: number, next: () => number): readonly number[] {
  return Array.from({ length: count }, () =>
    next() < 0.4 ? special[Math.floor(next() * special.length)]! : (next() - 0.5) * 2 ** (next() * 40 - 20),
  );
}

const view = new DataView(new ArrayBuffer(8));

/** MLIR's literal of a float: its bits. */
function floatLiteral(x: number, type: string): string {
  if (type === "f64") view.setFloat64(0, x);
  else view.setFloat32(0, x);
  const bits = type === "f64" ? view.getBigUint64(0) : BigInt(view.getUint32(0));
  return `0x${bits
    .toString(16)
    .toUpperCase()
    .padStart(type === "f64" ? 16 : 8, "0")}`;
}

interface Row {
  /** The operation over `%a`, `%b`, `%c`. */
  readonly text: string;
  readonly operands: readonly string[];
  readonly result: string;
  /** Operands it has a meaning for. */
  readonly defined?: (args: readonly (bigint | number)[]) => boolean;
  /** Units in the last place by which results may differ. */
  readonly units?: number;
}

const COUNT = 24;

/** The lists of operands that a row is tried with. */
function operandLists(row: Row, seed: number): readonly (readonly (bigint | number)[])[] {
  const next = random(seed);
  const columns = row.operands.map((t) => (t.includes("f") ? floatsOf(COUNT, next) : integersOf(t, COUNT, next)));
  const lists = Array.from({ length: COUNT }, (_, i) => columns.map((c) => c[i]!));
  return lists.filter((args) => row.defined?.(args) ?? true);
}

/** A function for each operation, and a main that calls it with every list of operands. */
function programOf(rows: readonly Row[], lists: readonly ReturnType<typeof operandLists>[]): string {
  const functions = rows.map((row, r) => {
    const params = row.operands.map((t, i) => `%${"abc"[i]}: ${t}`).join(", ");
    return `func.func @compute${r}(${params}) {\n  %r = ${row.text}\n${printValue("%r", row.result)}\n  return\n}\n`;
  });
  const calls = rows.flatMap(({ operands }, r) =>
    lists[r]!.map((args, k) => {
      const names = args.map((_, i) => `%v${r}_${k}_${i}`);
      const constants = args.map(
        (x, i) => `  ${names[i]} = arith.constant ${literal(x, operands[i]!)} : ${operands[i]}\n`,
      );
      return `${constants.join("")}  func.call @compute${r}(${names.join(", ")}) : (${operands.join(", ")}) -> ()\n`;
    }),
  );
  return `${functions.join("")}func.func @main() {\n${calls.join("")}  return\n}\n`;
}

function literal(x: bigint | number, type: string): string {
  if (type === "i1") return x === 0n ? "0" : "1";
  return typeof x === "bigint" ? String(x) : floatLiteral(x, type);
}

function isNaNBits(bits: bigint, type: string): boolean {
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  if (type === "f64") return Number.isNaN(view.getFloat64(0));
  return type === "f32"
    ? Number.isNaN(view.getFloat32(4))
    : type === "bf16"
      ? (bits & 0x7fffn) > 0x7f80n
      : (bits & 0x7fffn) > 0x7c00n;
}

function agree(a: bigint, b: bigint, { result, units }: Row): boolean {
  if (a === b || (result.includes("f") && isNaNBits(a, result) && isNaNBits(b, result))) return true;
  const apart = a > b ? a - b : b - a;
  return units !== undefined && apart <= BigInt(units);
}

/** One program for all rows, as starting upstream's tools takes longer than running it. */
function check(rows: readonly Row[]): void {
  const lists = rows.map((row, i) => operandLists(row, 7 * i + 1));
  const program = programOf(rows, lists);
  const [ours, theirs] = [runOurs(program), runUpstream(program)];
  expect(theirs.length).toBe(ours.length);
  let next = 0;
  const different = rows.flatMap((row, r) =>
    lists[r]!.flatMap((args) => {
      const [a, b] = [ours[next]!, theirs[next++]!];
      return agree(a, b, row) ? [] : [`${row.text} of (${args.join(", ")}): ours ${a}, upstream's ${b}`];
    }),
  );
  expect(different).toEqual([]);
}

const unsigned = (x: bigint | number, bits: number): bigint => BigInt.asUintN(bits, x as bigint);
const bitsOf = (type: string): number => (type === "index" ? 64 : Number(type.slice(1)));

/** Division: not by zero, and not the lowest by -1. */
const divisible = (type: string) => (args: readonly (bigint | number)[]) => {
  const [a, b] = args as readonly bigint[];
  return b !== 0n && !(b === -1n && a === -(2n ** BigInt(bitsOf(type) - 1)));
};
const shiftable = (type: string) => (args: readonly (bigint | number)[]) =>
  unsigned(args[1]!, bitsOf(type)) < BigInt(bitsOf(type));
const isSmall = (args: readonly (bigint | number)[]): boolean =>
  args.every((x) => (x as bigint) > -(2n ** 20n) && (x as bigint) < 2n ** 20n);
const isNonNegative = (args: readonly (bigint | number)[]): boolean =>
  args.every((x) => (x as bigint) >= 0n) && args[1] !== 0n;

const integerTypes = ["i1", "i8", "i16", "i32", "i64"];
const integerRows: readonly Row[] = integerTypes.flatMap((t) => {
  const row = (name: string, defined?: Row["defined"]): Row => ({
    text: `arith.${name} %a, %b : ${t}`,
    operands: [t, t],
    result: t,
    ...(defined ? { defined } : {}),
  });
  const plain = ["addi", "subi", "muli", "andi", "ori", "xori", "maxsi", "minsi", "maxui", "minui"].map((n) => row(n));
  const divisions = ["divsi", "remsi", "floordivsi", "ceildivsi"].map((n) => row(n, divisible(t)));
  const unsignedDivisions = ["divui", "remui", "ceildivui"].map((n) => row(n, ([, b]) => b !== 0n));
  const shifts = ["shli", "shrsi", "shrui"].map((n) => row(n, shiftable(t)));
  const compares = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"].map((p) => ({
    text: `arith.cmpi ${p}, %a, %b : ${t}`,
    operands: [t, t],
    result: "i1",
  }));
  // Upstream's expansion of these divides i1 by constants that i1 does not have.
  const wide = (rows: readonly Row[]): readonly Row[] => (t === "i1" ? [] : rows);
  return [...plain, ...wide(divisions), ...wide(unsignedDivisions), ...wide(shifts), ...compares];
});

const indexRows: readonly Row[] = [
  ...["addi", "subi", "muli", "maxsi", "minsi"].map((n) => ({
    text: `arith.${n} %a, %b : index`,
    operands: ["index", "index"],
    result: "index",
    defined: isSmall,
  })),
  ...["divsi", "remsi", "floordivsi", "ceildivsi"].map((n) => ({
    text: `arith.${n} %a, %b : index`,
    operands: ["index", "index"],
    result: "index",
    defined: divisible("index"),
  })),
  ...["divui", "remui", "ceildivui", "shrui"].map((n) => ({
    text: `arith.${n} %a, %b : index`,
    operands: ["index", "index"],
    result: "index",
    defined: (x: readonly (bigint | number)[]) => isNonNegative(x) && (n !== "shrui" || (x[1] as bigint) < 64n),
  })),
  ...["slt", "ult", "uge"].map((p) => ({
    text: `arith.cmpi ${p}, %a, %b : index`,
    operands: ["index", "index"],
    result: "i1",
  })),
];

const floatRows: readonly Row[] = ["f32", "f64"].flatMap((t) => [
  ...["addf", "subf", "mulf", "divf", "remf", "minimumf", "maximumf"].map((n) => ({
    text: `arith.${n} %a, %b : ${t}`,
    operands: [t, t],
    result: t,
  })),
  { text: `arith.negf %a : ${t}`, operands: [t], result: t },
  { text: `math.fma %a, %b, %c : ${t}`, operands: [t, t, t], result: t },
  ...["sqrt", "absf", "ceil", "floor", "round", "roundeven", "trunc"].map((n) => ({
    text: `math.${n} %a : ${t}`,
    operands: [t],
    result: t,
  })),
  { text: `math.copysign %a, %b : ${t}`, operands: [t, t], result: t },
  ...[
    "false",
    "oeq",
    "ogt",
    "oge",
    "olt",
    "ole",
    "one",
    "ord",
    "ueq",
    "ugt",
    "uge",
    "ult",
    "ule",
    "une",
    "uno",
    "true",
  ].map((p) => ({ text: `arith.cmpf ${p}, %a, %b : ${t}`, operands: [t, t], result: "i1" })),
  ...["isnan", "isfinite"].map((n) => ({ text: `math.${n} %a : ${t}`, operands: [t], result: "i1" })),
]);

const within = (low: number, high: number) => (args: readonly (bigint | number)[]) =>
  Number(args[0]) > low && Number(args[0]) < high;
const casts: readonly Row[] = [
  ...[
    ["i8", "i32"],
    ["i1", "i64"],
    ["i16", "i64"],
  ].flatMap(([a, b]) =>
    ["extsi", "extui"].map((n) => ({ text: `arith.${n} %a : ${a} to ${b}`, operands: [a!], result: b! })),
  ),
  ...[
    ["i64", "i32"],
    ["i32", "i8"],
    ["i64", "i1"],
  ].map(([a, b]) => ({ text: `arith.trunci %a : ${a} to ${b}`, operands: [a!], result: b! })),
  ...["i8", "i32", "i64"].flatMap((a) =>
    ["f32", "f64"].flatMap((b) =>
      ["sitofp", "uitofp"].map((n) => ({ text: `arith.${n} %a : ${a} to ${b}`, operands: [a], result: b })),
    ),
  ),
  { text: "arith.fptosi %a : f32 to i32", operands: ["f32"], result: "i32", defined: within(-(2 ** 31), 2 ** 31) },
  { text: "arith.fptosi %a : f64 to i64", operands: ["f64"], result: "i64", defined: within(-(2 ** 63), 2 ** 63) },
  { text: "arith.fptoui %a : f32 to i64", operands: ["f32"], result: "i64", defined: within(-1, 2 ** 64) },
  { text: "arith.fptoui %a : f64 to i8", operands: ["f64"], result: "i8", defined: within(-1, 2 ** 8) },
  { text: "arith.extf %a : f32 to f64", operands: ["f32"], result: "f64" },
  { text: "arith.truncf %a : f64 to f32", operands: ["f64"], result: "f32" },
  { text: "arith.truncf %a : f32 to bf16", operands: ["f32"], result: "bf16" },
  { text: "arith.truncf %a : f32 to f16", operands: ["f32"], result: "f16" },
  { text: "arith.index_cast %a : i32 to index", operands: ["i32"], result: "index" },
  { text: "arith.index_castui %a : i32 to index", operands: ["i32"], result: "index" },
  { text: "arith.index_cast %a : index to i8", operands: ["index"], result: "i8" },
  { text: "arith.bitcast %a : f32 to i32", operands: ["f32"], result: "i32", defined: ([x]) => !Number.isNaN(x) },
  { text: "arith.bitcast %a : i64 to f64", operands: ["i64"], result: "f64" },
];

const bitRows: readonly Row[] = ["i8", "i32", "i64"].flatMap((t) =>
  ["absi", "ctlz", "cttz", "ctpop"].map((n) => ({ text: `math.${n} %a : ${t}`, operands: [t], result: t })),
);

const inDomain: Readonly<Record<string, Row["defined"]>> = {
  acosh: ([x]) => Number(x) >= 1,
  fpowi: ([, n]) => (n as bigint) > -100n && (n as bigint) < 100n,
};
const libraryRows: readonly Row[] = [
  ...[
    "exp",
    "exp2",
    "log",
    "log2",
    "log10",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "erf",
    "erfc",
  ].map((n) => ({
    text: `math.${n} %a : f32`,
    operands: ["f32"],
    result: "f32",
    units: 2,
    ...(inDomain[n] ? { defined: inDomain[n] } : {}),
  })),
  { text: "math.powf %a, %b : f32", operands: ["f32", "f32"], result: "f32", units: 2 },
  { text: "math.atan2 %a, %b : f32", operands: ["f32", "f32"], result: "f32", units: 2 },
];

const families = [
  ["integers of every width", integerRows],
  ["index", indexRows],
  ["floats", floatRows],
  ["casts", casts],
  ["bits of integers", bitRows],
  ["functions of the C library", libraryRows],
] as const;

describe.skipIf(!canRunUpstream)("against code made by mlir-opt", () => {
  it.each(families)("%s", (_, rows) => check(rows), 60_000);
});
