/**
 * @file `defineOp`: the one place where an operation is described. Accessors, builder, printer, parser,
 * verifier, shape inference, interpreter, constant folding, docs and random tests all read the record made here.
 */

import type { DenseAttr } from "./attrs.js";
import type { BufferView } from "./buffer.js";
import type { Context } from "./context.js";
import type { AttrValues, Operation, Region } from "./graph.js";
import type { NdArray } from "./ndarray.js";
import type { Complex, Scalar } from "./scalar.js";
import {
  type AttrSlots,
  type AttrsOf,
  groupBySlot,
  type PerSlot,
  type Slots,
  type SlotType,
  type TypesOf,
  type ValuesOf,
} from "./slots.js";
import type { Assembly } from "./text/assembly.js";
import { compileFormat } from "./text/format.js";
import type { MemRefType, ScalarType, TensorType, Type, VectorType } from "./types.js";

/** What a value of a type is while the interpreter runs. */
export type Datum = NdArray | Scalar | BufferView | TupleDatum | PointerDatum | Opaque;
export interface TupleDatum {
  readonly kind: "tuple";
  readonly members: readonly Datum[];
}
/** An address, while the `llvm` dialect is interpreted (ir/dialects/llvm/pointer.ts). */
export interface PointerDatum {
  readonly kind: "pointer";
  readonly offset: number;
}
/** Tokens and the like. */
export interface Opaque {
  readonly kind: "opaque";
  readonly name: string;
}
type DatumOf<T> = T extends TensorType | VectorType
  ? NdArray
  : T extends ScalarType
    ? number | bigint | Complex
    : T extends MemRefType
      ? BufferView
      : Datum;
export type DataOf<S> = {
  readonly [K in keyof S]: PerSlot<
    S[K],
    DatumOf<SlotType<S[K]>>,
    readonly DatumOf<SlotType<S[K]>>[],
    DatumOf<SlotType<S[K]>> | undefined
  >;
};

export type Trait =
  /** No effect but its results: may be removed, duplicated, moved. */
  | "pure"
  | "commutative"
  | "elementwise"
  /** A constant, its value in the attribute `value`. */
  | "constant"
  | "terminator"
  /** The blocks of its regions need not end with a terminator. */
  | "no-terminator"
  /** Regions see nothing from outside. */
  | "isolated"
  /** Defines a symbol (`sym_name`). */
  | "symbol"
  /** Its region's symbols are looked up by name. */
  | "symbol-table"
  /** Effects on memory, for operations that are not pure. */
  | "reads"
  | "writes"
  | "allocates"
  | "frees"
  /** Its regions may be entered any number of times, and each ends where it began. */
  | "loop"
  /** Its variadic operand groups are of one length, so the generic text does not write their lengths. */
  | "equal-groups";

/** What `evaluate` may ask of the machine that runs it. */
export interface Evaluation {
  readonly op: Operation;
  readonly context: Context;
  /** Runs region `index` with `args` for its entry block; gives what its terminator yields. */
  run(index: number, args: readonly Datum[]): readonly Datum[];
  /** The same for a region of another operation, such as the reduction that ends a parallel loop. */
  runRegion(region: Region, args: readonly Datum[]): readonly Datum[];
  /** The operation of the module that defines a symbol. */
  lookup(symbol: string): Operation | undefined;
  /** What `make` gave for this key when it was first asked for in this run: the storage of a global, say. */
  perRun<T>(key: object, make: () => T): T;
  /** Calls a function of the module by name. */
  call(symbol: string, args: readonly Datum[]): readonly Datum[];
  /** The sizes of result `index` (0 if not given) under the current values of the symbols. */
  shape(index?: number): readonly number[];
  /** The sizes of any shaped type under the current values of the symbols. */
  sizes(type: Type): readonly number[];
}

export interface Inference {
  readonly context: Context;
  readonly op: string;
  /** Result types written in the text or asked for by the builder, before merging. */
  readonly given: readonly Type[] | undefined;
  /** Entry-block argument and terminator operand types of the regions. */
  readonly regions: readonly { readonly args: readonly Type[]; readonly yields: readonly Type[] }[];
}

/** Where control goes from a terminator with successors. */
export interface Branch {
  readonly successor: number;
  readonly args: readonly Datum[];
}

export interface OpSpec<I extends Slots, A extends AttrSlots, O extends Slots> {
  /** One sentence: what it computes. */
  readonly summary: string;
  readonly operands: I;
  readonly attrs: A;
  readonly results: O;
  /** Region names; `"*"` at the end of the last name allows any number of them. */
  readonly regions?: readonly string[];
  /** Names of the blocks control may go to; `"*"` at the end of the last one allows any number of them. */
  readonly successors?: readonly string[];
  readonly traits: readonly Trait[];
  /** MLIR assembly format in the declarative form, or a printer with its parser. The generic form always works too. */
  readonly format?: string | Assembly;
  /** Result types from operands, or a message saying why they do not fit together. Without it results are given by whoever builds the operation. */
  infer?(types: TypesOf<I>, attrs: AttrsOf<A>, inference: Inference): TypesOf<O> | string;
  /** Constraints beyond those of slots and `infer`: a message for each one broken. */
  verify?(op: Operation, attrs: AttrsOf<A>): string | readonly string[] | undefined;
  /**
   * Of an elementwise operation: what it does to one entry of each operand, under the types and attributes of `op`. The
   * small regions of reductions and sorts run through it; `evaluate` must agree.
   */
  entry?(op: Operation): (...entries: Scalar[]) => Scalar;
  /**
   * Meaning, by example: what the interpreter and constant folding compute. The record `inputs` may be filled anew as
   * soon as anything else runs, so take what is needed out of it first, as destructuring does.
   */
  evaluate?(inputs: DataOf<I>, attrs: AttrsOf<A>, evaluation: Evaluation): DataOf<O>;
  /** For terminators with successors. */
  branch?(inputs: DataOf<I>, attrs: AttrsOf<A>, evaluation: Evaluation): Branch;
}

export interface OpDef<I extends Slots = Slots, A extends AttrSlots = AttrSlots, O extends Slots = Slots>
  extends OpSpec<I, A, O> {
  readonly name: string;
  readonly dialect: string;
  readonly operandNames: readonly string[];
  readonly resultNames: readonly string[];
  readonly attrNames: readonly string[];
  /** Printer and parser of the pretty form, if it has one. */
  readonly assembly: Assembly | undefined;
  /** Narrows nothing at run time: the attributes of `op`, typed. */
  attrsOf(op: Operation): AttrsOf<A>;
  /** The operands of `op` by name. */
  operandsOf(op: Operation): ValuesOf<I>;
  resultsOf(op: Operation): ValuesOf<O>;
  matches(op: Operation | undefined): boolean;
  /** A pattern (left of a rule) or a template (right of it). */
  of(...args: readonly Term[]): OpTerm;
  with(attrs: Partial<AttrsOf<A>>, ...args: readonly Term[]): OpTerm;
}

/** An op definition whose names have been forgotten; what generic code works on. */
// biome-ignore lint/suspicious/noExplicitAny: the existential over an op's own names
export type AnyOpDef = OpDef<any, any, any>;

/** A tree of ops over named holes: one side of a rewrite rule. */
export type Term = { readonly kind: "hole"; readonly name: string } | SplatTerm | OpTerm;
/** A constant all of whose elements are `value`; on the right side, of the type of the rule's root. */
export interface SplatTerm {
  readonly kind: "splat";
  readonly def: AnyOpDef;
  readonly value: number;
  /** The constant's attribute for a type. */
  make(type: TensorType | VectorType): DenseAttr;
}
export interface OpTerm {
  readonly kind: "op";
  readonly def: AnyOpDef;
  readonly args: readonly Term[];
  readonly attrs: AttrValues;
}

/** Describes an operation. `name` is its full name, `dialect.op`. */
export function defineOp<const I extends Slots, const A extends AttrSlots, const O extends Slots>(
  name: string,
  spec: OpSpec<I, A, O>,
): OpDef<I, A, O> {
  const operandNames = Object.keys(spec.operands);
  const resultNames = Object.keys(spec.results);
  const attrNames = Object.keys(spec.attrs);
  const term = (args: readonly Term[], attrs: AttrValues): OpTerm => ({
    kind: "op",
    def: def as unknown as AnyOpDef,
    args,
    attrs,
  });
  const def: OpDef<I, A, O> = {
    ...spec,
    name,
    dialect: name.slice(0, name.indexOf(".")),
    operandNames,
    resultNames,
    attrNames,
    assembly: typeof spec.format === "string" ? compileFormat(name, spec.format, spec) : spec.format,
    attrsOf: (op) => op.attrs as AttrsOf<A>,
    operandsOf: (op) => groupBySlot(spec.operands, operandNames, op.operands, op.segments) as ValuesOf<I>,
    resultsOf: (op) => groupBySlot(spec.results, resultNames, op.results, undefined) as ValuesOf<O>,
    matches: (op) => op !== undefined && op.def === (def as unknown as AnyOpDef),
    of: (...args) => term(args, {}),
    with: (attrs, ...args) => term(args, attrs as AttrValues),
  };
  return def;
}
