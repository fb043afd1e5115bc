/**
 * @file What an operator's row sees of a node: its arguments by the names of the signature, defaults filled in, as values of
 * the program or as numbers; what the graph declares of the results; and the builder. A row that cannot go on throws a
 * `Refusal` through `unsupported` or `invalid`; the walk reports it with the user's line and goes on.
 */

import { type ContentsMemo, constantOf, contentsOf } from "../../ir/analysis/contents.js";
import type { Dim } from "../../ir/dim.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import type { NdArray } from "../../ir/ndarray.js";
import { Refusal } from "../../ir/refusal.js";
import { convertScalar, type Scalar } from "../../ir/scalar.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { type Item, isTensor } from "./items.js";
import { importCode } from "./problems.js";
import { defaultOf, type Operand, promote } from "./promotion.js";
import type { Argument, TorchGraph, TorchNode } from "./records.js";
import type { View } from "./tensors.js";

/** What a row gives: the only result, or all of them (`undefined` for one that nobody can use). */
export type RowResult = Item | Value | readonly (Item | Value | undefined)[];
export type Row = (n: Call) => RowResult;
/** A row whose result shares memory with its first tensor argument; `undefined` where it has memory of its own in this form. */
export type ViewRow = (n: Call) => View | readonly View[] | undefined;

/** Rows by `namespace.op.overload`, or by `namespace.op` for all overloads of it. */
export type Rows = Readonly<Record<string, Row>>;
export type ViewRows = Readonly<Record<string, ViewRow>>;

/** What the graph declares of a result; sizes that are not known yet are `undefined`. */
export interface Declared {
  readonly element: ElementType;
  readonly shape: readonly (Dim | undefined)[];
  readonly strides: readonly (Dim | undefined)[];
}

/** What a call needs from the walk around it. */
export interface CallServices {
  readonly memo: ContentsMemo;
  /** A named item, or an argument that is a number, as an item. */
  item(argument: Argument): Item;
  /** What the graph declares of result `i`, lists of results counted through. */
  declared(i: number): Declared | undefined;
  /** The strides that the graph declares of an argument, where they are sizes of the program. */
  strides(argument: Argument): readonly (Dim | undefined)[] | undefined;
  /** Where the memory of an argument begins in its storage, in elements; `undefined` where that is no number of the graph. */
  offset(argument: Argument): number | undefined;
  /** Imports a graph of the node behind `arguments_` into the block of `t`; gives its outputs. */
  graph(graph: TorchGraph, t: TensorBuilder, arguments_: readonly Item[]): readonly Item[];
}

export class Call {
  readonly node: TorchNode;
  readonly t: TensorBuilder;
  readonly services: CallServices;
  readonly #arguments: ReadonlyMap<string, Argument>;

  constructor(node: TorchNode, arguments_: ReadonlyMap<string, Argument>, t: TensorBuilder, services: CallServices) {
    this.node = node;
    this.#arguments = arguments_;
    this.t = t;
    this.services = services;
  }

  /** The operator is not supported in this form; `fix` says what would be. */
  unsupported(message: string, fix?: string): never {
    throw new Refusal(importCode.form, message, fix);
  }

  /** The node contradicts the operator's signature. */
  invalid(message: string): never {
    throw new Refusal(importCode.node, message);
  }

  /** The argument as the graph or the signature gives it. */
  argument(name: string): Argument {
    return this.#arguments.get(name) ?? this.invalid(`argument '${name}' is missing`);
  }

  /** True unless the argument is absent or None. */
  has(name: string): boolean {
    return (this.#arguments.get(name) ?? { kind: "none" }).kind !== "none";
  }

  /** Whether the operator has such a parameter. */
  takes(name: string): boolean {
    return this.#arguments.has(name);
  }

  /** The strides that the graph declares of a tensor argument. */
  stridesOf(name: string): readonly (Dim | undefined)[] | undefined {
    return this.services.strides(this.argument(name));
  }

  /** Where a tensor argument begins in its storage, as the graph declares it. */
  offsetOf(name: string): number | undefined {
    return this.services.offset(this.argument(name));
  }

  item(name: string): Item {
    return this.services.item(this.argument(name));
  }

  /** A tensor argument. */
  tensor(name: string): Value {
    return this.#tensor(this.item(name), name);
  }

  optional(name: string): Value | undefined {
    return this.has(name) ? this.tensor(name) : undefined;
  }

  /** A list of tensors. */
  tensors(name: string): readonly Value[] {
    return this.#list(name).map((x) => this.#tensor(this.services.item(x), name));
  }

  /** A list of tensors some of which are None. */
  optionals(name: string): readonly (Value | undefined)[] {
    return this.#list(name).map((x) => (x.kind === "none" ? undefined : this.#tensor(this.services.item(x), name)));
  }

  #tensor(x: Item, name: string): Value {
    return isTensor(x) ? x.read(this.t) : this.invalid(`argument '${name}' is no tensor`);
  }

  element(name: string): ElementType {
    return this.t.element(this.tensor(name));
  }

  shape(name: string): readonly Dim[] {
    return this.t.shape(this.tensor(name));
  }

  rank(name: string): number {
    return this.shape(name).length;
  }

  /** A tensor or number as a tensor of `element`; numbers are of rank 0. */
  operand(name: string, element: ElementType): Value {
    const argument = this.argument(name);
    const { t } = this;
    const number = scalarOf(argument);
    if (number !== undefined) return t.splat(convertScalar(number.value, number.element, element), [], element);
    const item = this.services.item(argument);
    if (isTensor(item)) {
      const isComplex = elementFacts[t.element(item.peek)].kind === "complex";
      if (isComplex && !["complex", "bool"].includes(elementFacts[element].kind))
        return this.unsupported(`its ${name} is complex, where only real numbers are computed with`);
      return t.convert(item.read(t), element);
    }
    if (item.kind === "int") return t.convert(t.scalar(item.dim), element);
    return item.kind === "number" ? t.convert(item.value, element) : this.invalid(`argument '${name}' is no number`);
  }

  /** The element that arithmetic on these arguments is done in; None and absent ones do not count. */
  promoted(...names: readonly string[]): ElementType {
    const given = names.filter((name) => this.has(name));
    if (given.length === 0) return this.invalid(`argument '${names.join("' or '")}' is missing`);
    return promote(given.map((name) => this.#weighed(name)));
  }

  #weighed(name: string): Operand {
    const argument = this.argument(name);
    const number = (element: ElementType): Operand => ({ element, weight: "number" });
    const scalar = scalarOf(argument);
    if (scalar !== undefined) return number(defaultOf(scalar.element));
    const item = this.services.item(argument);
    if (isTensor(item)) {
      const { shape, element } = this.t.type(item.peek);
      return { element, weight: shape.length === 0 ? "scalar-tensor" : "tensor" };
    }
    if (item.kind === "int") return number("i64");
    return item.kind === "number" ? number(this.t.element(item.value) === "i1" ? "i1" : "f32") : number("f32");
  }

  /** Two tensors or numbers in the element that both promote to. */
  pair(a = "self", b = "other"): readonly [Value, Value] {
    const element = this.promoted(a, b);
    return [this.operand(a, element), this.operand(b, element)];
  }

  /** A whole number that is a constant of the graph. */
  int(name: string): number {
    const dim = this.dim(name);
    if (typeof dim === "number") return dim;
    return this.unsupported(`its ${name} is computed while the model runs`, `make ${name} a constant of the model`);
  }

  optionalInt(name: string): number | undefined {
    return this.has(name) ? this.int(name) : undefined;
  }

  /** Whole numbers that are constants of the graph; `length` of them where one stands for all. */
  ints(name: string, length?: number): readonly number[] {
    const dims = this.dims(name, length);
    if (dims.every((d) => typeof d === "number")) return dims;
    return this.unsupported(`its ${name} are computed while the model runs`, `make ${name} constants of the model`);
  }

  /** A whole number, or an expression over the program's sizes. Ends beyond 2^53 are the largest number there is. */
  dim(name: string): Dim {
    return this.#dim(this.argument(name), name);
  }

  optionalDim(name: string): Dim | undefined {
    return this.has(name) ? this.dim(name) : undefined;
  }

  /** A list of sizes; `length` of them where one number stands for all. */
  dims(name: string, length?: number): readonly Dim[] {
    const argument = this.argument(name);
    const dims = argument.kind === "list" ? argument.items.map((x) => this.#dim(x, name)) : [this.#dim(argument, name)];
    return length !== undefined && dims.length === 1 ? new Array<Dim>(length).fill(dims[0]!) : dims;
  }

  #dim(argument: Argument, name: string): Dim {
    if (argument.kind === "int") return clamped(argument.value);
    if (argument.kind === "bool") return argument.value ? 1 : 0;
    const item = this.services.item(argument);
    if (isTensor(item)) {
      const [known] = contentsOf(item.read(this.t), this.t.context, this.services.memo) ?? [];
      return known ?? this.t.symbolOf(item.read(this.t));
    }
    return item.kind === "int" ? item.dim : this.invalid(`argument '${name}' is no whole number`);
  }

  bool(name: string): boolean {
    const argument = this.argument(name);
    if (argument.kind === "bool") return argument.value;
    if (argument.kind === "int") return argument.value !== 0n;
    return argument.kind === "none" ? false : this.unsupported(`its ${name} is computed while the model runs`);
  }

  /** A number that is a constant of the graph. */
  float(name: string): number {
    const argument = this.argument(name);
    if (argument.kind === "float") return argument.value;
    if (argument.kind === "int") return Number(argument.value);
    if (argument.kind === "bool") return argument.value ? 1 : 0;
    const item = this.services.item(argument);
    if (!isTensor(item) && item.kind === "int" && typeof item.dim === "number") return item.dim;
    return this.unsupported(`its ${name} is computed while the model runs`, `make ${name} a constant of the model`);
  }

  optionalFloat(name: string): number | undefined {
    return this.has(name) ? this.float(name) : undefined;
  }

  string(name: string): string {
    const argument = this.argument(name);
    return argument.kind === "string" ? argument.value : this.invalid(`argument '${name}' is no text`);
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined;
  }

  /** The element type that an argument names. */
  dtype(name: string): ElementType | undefined {
    if (!this.has(name)) return undefined;
    const argument = this.argument(name);
    if (argument.kind !== "dtype") return this.invalid(`argument '${name}' is no dtype`);
    return argument.element ?? this.unsupported(`${argument.name} is not supported`);
  }

  /** The name of a memory format: `contiguous_format`, `channels_last`, …; `undefined` where none is given. */
  memoryFormat(name: string): string | undefined {
    const argument = this.has(name) ? this.argument(name) : undefined;
    return argument?.kind === "memory-format" ? argument.name : undefined;
  }

  /** Axis `name` of a tensor of rank `rank`, negative ones counted from the end; rank 0 counts as 1. */
  axis(name: string, rank: number): number {
    return this.normalAxis(this.int(name), rank);
  }

  normalAxis(axis: number, rank: number): number {
    const most = Math.max(rank, 1);
    if (axis >= -most && axis < most) return axis < 0 ? axis + most : axis;
    return this.invalid(`dimension ${axis} of a tensor of rank ${rank}`);
  }

  /** The axes that an argument lists; all where it is None, or empty unless `emptyIsAll` is false. In order. */
  axes(name: string, rank: number, emptyIsAll = true): readonly number[] {
    const all = Array.from({ length: rank }, (_, k) => k);
    if (!this.has(name)) return all;
    const listed = this.ints(name);
    if (listed.length === 0 && emptyIsAll) return all;
    if (rank === 0) return [];
    const axes = listed.map((axis) => this.normalAxis(axis, rank));
    if (new Set(axes).size !== axes.length) this.invalid(`its ${name} name a dimension twice`);
    return axes.sort((a, b) => a - b);
  }

  /** What the graph declares of result `i`. */
  declared(i = 0): Declared {
    return this.services.declared(i) ?? this.invalid(`result ${i} is not described`);
  }

  /** The element of the first result, as the graph declares it. */
  get out(): ElementType {
    return this.declared().element;
  }

  /** How many results the graph names, lists counted through. */
  get count(): number {
    return this.node.outputs.flatMap((o) => (o.kind === "list" ? o.items : [o])).length;
  }

  /** The elements of a value where they are the same in every run. */
  constant(value: Value): NdArray | undefined {
    return constantOf(value, this.t.context, this.services.memo);
  }

  #list(name: string): readonly Argument[] {
    const argument = this.argument(name);
    if (argument.kind === "list") return argument.items;
    return argument.kind === "none" ? [] : this.invalid(`argument '${name}' is no list`);
  }
}

/** A number of the graph, in the widest element of its kind. */
function scalarOf(argument: Argument): { readonly value: Scalar; readonly element: ElementType } | undefined {
  switch (argument.kind) {
    case "int":
      return { value: argument.value, element: "i64" };
    case "float":
      return { value: argument.value, element: "f64" };
    case "bool":
      return { value: argument.value ? 1 : 0, element: "i1" };
    case "complex":
      return { value: { re: argument.re, im: argument.im }, element: "complex<f64>" };
    default:
      return undefined;
  }
}

/** Numbers hold 53 bits; beyond there is only "to the end". */
function clamped(x: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(x > limit ? limit : x < -limit ? -limit : x);
}
