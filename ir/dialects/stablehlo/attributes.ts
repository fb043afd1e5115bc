/**
 * @file The attributes of StableHLO that are records: dimension numbers, channel handles, accuracies.
 * Each is read from and written to its text `#stablehlo.name<…>`; lists that are empty are left out of the text
 * where OpenXLA leaves them out.
 */

import type { Attr } from "../../attrs.js";
import type { Context } from "../../context.js";
import { type ElementType, parseElementType } from "../../element.js";
import { arrayOf, enumKind } from "../../kinds.js";
import { printScalarLiteral } from "../../literal.js";
import type { AttrKind } from "../../slots.js";
import { Scanner } from "../../text/scanner.js";

export const precision = enumKind("stablehlo", "precision", ["DEFAULT", "HIGH", "HIGHEST"]);
export type Precision = "DEFAULT" | "HIGH" | "HIGHEST";
export const precisionConfig: AttrKind<readonly Precision[]> = arrayOf(precision);

const directions = ["EQ", "NE", "GE", "GT", "LE", "LT"] as const;
const orders = ["NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED"] as const;
export type ComparisonDirection = (typeof directions)[number];
export type ComparisonType = (typeof orders)[number];
export const comparisonDirection = enumKind("stablehlo", "comparison_direction", directions);
export const comparisonType = enumKind("stablehlo", "comparison_type", orders);
export const chloComparisonDirection = enumKind("chlo", "comparison_direction", directions);
export const chloComparisonType = enumKind("chlo", "comparison_type", orders);

export const fftType = enumKind("stablehlo", "fft_type", ["FFT", "IFFT", "RFFT", "IRFFT"]);
export type FftType = "FFT" | "IFFT" | "RFFT" | "IRFFT";
export const transposition = enumKind("stablehlo", "transpose", ["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"]);
export const rngDistribution = enumKind("stablehlo", "rng_distribution", ["UNIFORM", "NORMAL"]);
export const rngAlgorithm = enumKind("stablehlo", "rng_algorithm", ["DEFAULT", "THREE_FRY", "PHILOX"]);
export type RngAlgorithm = "DEFAULT" | "THREE_FRY" | "PHILOX";

/** A field of a record: how its value is read, written, and whether text may leave it out. */
interface Field<T> {
  readonly read: (scanner: Scanner) => T;
  readonly print: (value: T) => string;
  /** The value of a field that is not in the text; such a value is not printed. */
  readonly absent?: T;
}

type Fields<R> = { readonly [K in keyof R & string]: Field<R[K]> };

const index: Field<number> = { read: (s) => Number(s.integer()), print: String };
const indices: Field<readonly number[]> = {
  read: (s) => s.list("[", "]", () => Number(s.integer())),
  print: (values) => `[${values.join(", ")}]`,
};
const optionalIndices: Field<readonly number[]> = { ...indices, absent: [] };
const optionalIndex: Field<number> = { ...index, absent: 0 };
const flag: Field<boolean> = { read: (s) => s.identifier() === "true", print: String };
const elementName: Field<ElementType> = {
  read: (s) => {
    const name = s.identifier("an element type");
    return parseElementType(name) ?? s.fail(`unknown element type '${name}'`);
  },
  print: (e) => e,
};
const optionalFloat: Field<number> = {
  read: (s) => Number(s.tryNumber() ?? s.fail("expected a number")),
  print: (x) => printScalarLiteral(x, "f64"),
  absent: 0,
};

/** The text between `<` and `>` of a record: `name = value` pairs, in the order of the fields. */
function printRecord<R extends object>(
  fields: Fields<R>,
  names: Readonly<Record<keyof R & string, string>>,
  value: R,
): string {
  const parts: string[] = [];
  for (const key of Object.keys(fields) as (keyof R & string)[]) {
    const field = fields[key];
    const isAbsent = field.absent !== undefined && JSON.stringify(field.absent) === JSON.stringify(value[key]);
    if (!isAbsent) parts.push(`${names[key]} = ${field.print(value[key])}`);
  }
  // MLIR wants the angle brackets even around nothing; our attribute tree drops them, so one empty field is written.
  const [first] = Object.keys(fields) as (keyof R & string)[];
  if (parts.length === 0 && first !== undefined) parts.push(`${names[first]} = ${fields[first].print(value[first])}`);
  return parts.join(", ");
}

/** Pairs in any order; `undefined` where one is unknown, given twice, or missing. */
function readRecord<R extends object>(
  fields: Fields<R>,
  names: Readonly<Record<keyof R & string, string>>,
  text: string,
): R | undefined {
  const scanner = new Scanner(text, "attribute");
  const found: Partial<Record<string, unknown>> = {};
  const keys = Object.keys(fields) as (keyof R & string)[];
  while (!scanner.atEnd) {
    const word = scanner.tryIdentifier();
    const key = keys.find((k) => names[k] === word);
    if (key === undefined || key in found || !scanner.tryPunct("=")) return undefined;
    found[key] = fields[key].read(scanner);
    if (!scanner.tryPunct(",") && !scanner.atEnd) return undefined;
  }
  for (const key of keys) {
    found[key] ??= fields[key].absent;
    if (found[key] === undefined) return undefined;
  }
  return found as R;
}

/** `snake_case` names of `camelCase` keys. */
function snakeNames<R extends object>(fields: Fields<R>): Readonly<Record<keyof R & string, string>> {
  const entries = Object.keys(fields).map((k) => [k, k.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)]);
  return Object.fromEntries(entries) as Readonly<Record<keyof R & string, string>>;
}

function recordKind<R extends object>(dialect: string, mnemonic: string, fields: Fields<R>): AttrKind<R> {
  const names = snakeNames(fields);
  return {
    describe: `#${dialect}.${mnemonic}<…>`,
    read: (a) => readBody(a, `${dialect}.${mnemonic}`, (text) => readRecord(fields, names, text)),
    write: (value) => ({ kind: "dialect", name: `${dialect}.${mnemonic}`, body: printRecord(fields, names, value) }),
  };
}

/** The body of `#name<…>`, read; `undefined` for another attribute or a body that cannot be read. */
function readBody<R>(a: Attr, name: string, read: (text: string) => R | undefined): R | undefined {
  if (a.kind !== "dialect" || a.name !== name) return undefined;
  try {
    return read(a.body);
  } catch {
    return undefined; // the caller says what it expected
  }
}

export interface DotDimensionNumbers {
  readonly lhsBatchingDimensions: readonly number[];
  readonly rhsBatchingDimensions: readonly number[];
  readonly lhsContractingDimensions: readonly number[];
  readonly rhsContractingDimensions: readonly number[];
}

export const dotDimensionNumbers = recordKind<DotDimensionNumbers>("stablehlo", "dot", {
  lhsBatchingDimensions: optionalIndices,
  rhsBatchingDimensions: optionalIndices,
  lhsContractingDimensions: optionalIndices,
  rhsContractingDimensions: optionalIndices,
});

export interface RaggedDotDimensionNumbers extends DotDimensionNumbers {
  readonly lhsRaggedDimensions: readonly number[];
  readonly rhsGroupDimensions: readonly number[];
}

export const raggedDotDimensionNumbers = recordKind<RaggedDotDimensionNumbers>("chlo", "ragged_dot", {
  lhsBatchingDimensions: optionalIndices,
  rhsBatchingDimensions: optionalIndices,
  lhsContractingDimensions: optionalIndices,
  rhsContractingDimensions: optionalIndices,
  lhsRaggedDimensions: optionalIndices,
  rhsGroupDimensions: optionalIndices,
});

/** What a dot may be computed with; the reference computes exactly whatever it says. */
export interface DotAlgorithm {
  readonly lhsPrecisionType: ElementType | "tf32";
  readonly rhsPrecisionType: ElementType | "tf32";
  readonly accumulationType: ElementType | "tf32";
  readonly lhsComponentCount: number;
  readonly rhsComponentCount: number;
  readonly numPrimitiveOperations: number;
  readonly allowImpreciseAccumulation: boolean;
}

const precisionName: Field<ElementType | "tf32"> = {
  read: (s) => (s.tryKeyword("tf32") ? "tf32" : elementName.read(s)),
  print: (e) => e,
};

export const dotAlgorithm = recordKind<DotAlgorithm>("stablehlo", "dot_algorithm", {
  lhsPrecisionType: precisionName,
  rhsPrecisionType: precisionName,
  accumulationType: precisionName,
  lhsComponentCount: index,
  rhsComponentCount: index,
  numPrimitiveOperations: index,
  allowImpreciseAccumulation: flag,
});

export interface GatherDimensionNumbers {
  readonly offsetDims: readonly number[];
  readonly collapsedSliceDims: readonly number[];
  readonly operandBatchingDims: readonly number[];
  readonly startIndicesBatchingDims: readonly number[];
  readonly startIndexMap: readonly number[];
  readonly indexVectorDim: number;
}

export const gatherDimensionNumbers = recordKind<GatherDimensionNumbers>("stablehlo", "gather", {
  offsetDims: optionalIndices,
  collapsedSliceDims: optionalIndices,
  operandBatchingDims: optionalIndices,
  startIndicesBatchingDims: optionalIndices,
  startIndexMap: optionalIndices,
  indexVectorDim: optionalIndex,
});

export interface ScatterDimensionNumbers {
  readonly updateWindowDims: readonly number[];
  readonly insertedWindowDims: readonly number[];
  readonly inputBatchingDims: readonly number[];
  readonly scatterIndicesBatchingDims: readonly number[];
  readonly scatterDimsToOperandDims: readonly number[];
  readonly indexVectorDim: number;
}

export const scatterDimensionNumbers = recordKind<ScatterDimensionNumbers>("stablehlo", "scatter", {
  updateWindowDims: optionalIndices,
  insertedWindowDims: optionalIndices,
  inputBatchingDims: optionalIndices,
  scatterIndicesBatchingDims: optionalIndices,
  scatterDimsToOperandDims: optionalIndices,
  indexVectorDim: optionalIndex,
});

/** Pairs a send with its receive, or names a collective; a handle of 0 or less stands for none. */
export interface ChannelHandle {
  readonly handle: number;
  readonly type: number;
}

export const channelHandle = recordKind<ChannelHandle>("stablehlo", "channel_handle", { handle: index, type: index });

export interface OutputOperandAlias {
  readonly outputTupleIndices: readonly number[];
  readonly operandIndex: number;
  readonly operandTupleIndices: readonly number[];
}

export const outputOperandAlias = recordKind<OutputOperandAlias>("stablehlo", "output_operand_alias", {
  outputTupleIndices: indices,
  operandIndex: index,
  operandTupleIndices: indices,
});

const accuracyModes = ["DEFAULT", "HIGHEST", "TOLERANCE"] as const;

/** How exact a transcendental function must be; the reference is exact beyond any of them. */
export interface ResultAccuracy {
  readonly atol: number;
  readonly rtol: number;
  readonly ulps: number;
  readonly mode: (typeof accuracyModes)[number];
}

export const defaultAccuracy: ResultAccuracy = { atol: 0, rtol: 0, ulps: 0, mode: "DEFAULT" };

const accuracyMode: Field<ResultAccuracy["mode"]> = {
  read: (s) => {
    const name = s.sigil("#");
    if (name !== "stablehlo.result_accuracy_mode") s.fail("expected #stablehlo.result_accuracy_mode<…>");
    s.punct("<");
    const word = s.balanced(">");
    return accuracyModes.find((m) => m === word) ?? s.fail(`unknown mode '${word}'`);
  },
  print: (mode) => `#stablehlo.result_accuracy_mode<${mode}>`,
};

export const resultAccuracy = recordKind<ResultAccuracy>("stablehlo", "result_accuracy", {
  atol: optionalFloat,
  rtol: optionalFloat,
  ulps: optionalIndex,
  mode: accuracyMode,
});

/** A list of integer pairs, as MLIR writes them: `dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>`. */
export const pairs: AttrKind<readonly (readonly [number, number])[]> = {
  describe: "a list of integer pairs (dense<…> : tensor<nx2xi64>)",
  read: (a) => {
    const rows = readMatrix(a);
    return rows?.every((r) => r.length === 2) ? (rows as unknown as readonly (readonly [number, number])[]) : undefined;
  },
  write: (rows, context) => writeMatrix(rows, rows.length, 2, context),
};

/** Groups of process ids, one per row; shorter ones are filled up with -1. */
export const intMatrix: AttrKind<readonly (readonly number[])[]> = {
  describe: "rows of integers (dense<…> : tensor<nxmxi64>)",
  read: readMatrix,
  write: (rows, context) => writeMatrix(rows, rows.length, rows[0]?.length ?? 0, context),
};

function readMatrix(a: Attr): readonly (readonly number[])[] | undefined {
  if (a.kind !== "dense" || a.type.element !== "i64" || a.type.shape.length !== 2) return undefined;
  const [rows, columns] = a.type.shape.map(Number) as [number, number];
  const at = (i: number): number => Number(a.data.data[a.splat ? 0 : i]);
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => at(r * columns + c)));
}

function writeMatrix(rows: readonly (readonly number[])[], height: number, width: number, context: Context): Attr {
  const flat = rows.flat();
  const isSplat = flat.length > 0 && flat.every((x) => x === flat[0]);
  const type = context.types.tensor([height, width], "i64");
  const data = BigInt64Array.from(isSplat ? flat.slice(0, 1) : flat, (x) => BigInt(x));
  return { kind: "dense", type, splat: isSplat, data: { element: "i64", shape: isSplat ? [] : [height, width], data } };
}
