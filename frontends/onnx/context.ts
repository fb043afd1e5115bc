/**
 * @file What an op's row sees of a node: its operands as values of the program or as what is known of them, its
 * attributes with their types checked, and the builder. A row that cannot go on throws a `Refusal` through `unsupported`
 * or `invalid`; the walk reports it with the node's name and goes on with the next node.
 */

import { type ContentsMemo, constantOf, contentsOf } from "../../ir/analysis/contents.js";
import type { Dim } from "../../ir/dim.js";
import type { ElementType } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import type { NdArray } from "../../ir/ndarray.js";
import { Refusal } from "../../ir/refusal.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import type { TensorType } from "../../ir/types.js";
import { describeDataType, dtypeOf } from "./dtypes.js";
import { describeImported, type Imported, isTensor, type SequenceItem } from "./imported.js";
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxType } from "./records.js";
import { importCode } from "./refusal.js";
import { numericElement } from "./weights.js";

/** What a row gives: the node's only output, or all of them (`undefined` for one that nobody asked for). */
export type RowResult = Imported | readonly (Imported | undefined)[];

/** How one operator is imported, from opset `since` on until a later row takes over or it was removed after `until`. */
export interface OpRow {
  readonly name: string;
  /** `""` (ai.onnx) if not given. */
  readonly domain?: string;
  readonly since: number;
  readonly until?: number;
  build(node: ImportNode): RowResult;
}

/** What a node needs from the walk around it. */
export interface NodeServices {
  readonly opset: number;
  readonly memo: ContentsMemo;
  /** The sizes that the model declares for a value, or that follow from its declarations. */
  sizesOf(name: string): readonly (Dim | undefined)[] | undefined;
  /** Sizes of a declared type in the program's symbols; `undefined` where nothing is known. */
  declaredShape(type: OnnxType | undefined): readonly (Dim | undefined)[] | undefined;
  /** Imports a graph of the node into the block of `t`; gives its outputs. */
  importGraph(graph: OnnxGraph, t: TensorBuilder, inputs: readonly Imported[]): readonly Imported[];
  /** Imports the same node as another operator, for ops that are defined by others. */
  importAs(
    node: OnnxNode,
    t: TensorBuilder,
    inputs: readonly (Imported | undefined)[],
  ): readonly (Imported | undefined)[];
}

type ValueOf<K extends OnnxAttribute["kind"]> = Extract<OnnxAttribute, { readonly kind: K }>["value"];

export class ImportNode {
  readonly node: OnnxNode;
  readonly t: TensorBuilder;
  readonly services: NodeServices;
  /** By position; an input left out is `undefined`. */
  readonly inputs: readonly (Imported | undefined)[];
  /** With references to a function's attributes resolved. */
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(
    node: OnnxNode,
    attributes: ReadonlyMap<string, OnnxAttribute>,
    inputs: readonly (Imported | undefined)[],
    t: TensorBuilder,
    services: NodeServices,
  ) {
    this.node = node;
    this.t = t;
    this.services = services;
    this.inputs = inputs;
    this.#attributes = attributes;
  }

  /** The version of the operator set the node belongs to. */
  get opset(): number {
    return this.services.opset;
  }

  /** Number of inputs that are listed, given or not. */
  get count(): number {
    return this.inputs.length;
  }

  /** Whether somebody asks for output `i`. */
  wants(i: number): boolean {
    return (this.node.outputs[i] ?? "") !== "";
  }

  /** The operator is not supported in this form; `fix` says what would be. */
  unsupported(message: string, fix?: string): never {
    throw new Refusal(importCode.form, message, fix);
  }

  /** The node contradicts the operator's definition. */
  invalid(message: string): never {
    throw new Refusal(importCode.node, message);
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  imported(i: number): Imported {
    return this.inputs[i] ?? this.invalid(`input ${i} is missing`);
  }

  /** Input `i`, which must be a tensor of numbers. */
  value(i: number): Value {
    const x = this.imported(i);
    if (isTensor(x)) return x;
    return this.unsupported(`input ${i} is ${describeImported(x)}`);
  }

  optional(i: number): Value | undefined {
    return this.has(i) ? this.value(i) : undefined;
  }

  /** All inputs, which must be tensors. */
  values(): Value[] {
    return this.inputs.map((_, i) => this.value(i));
  }

  sequence(i: number): SequenceItem {
    const x = this.imported(i);
    if (!isTensor(x) && x.kind === "sequence") return x;
    return this.unsupported(`input ${i} is ${describeImported(x)} where a sequence is needed`);
  }

  type(i: number): TensorType {
    return this.t.type(this.value(i));
  }

  element(i: number): ElementType {
    return this.type(i).element;
  }

  shape(i: number): readonly Dim[] {
    return this.t.shape(this.value(i));
  }

  rank(i: number): number {
    return this.type(i).shape.length;
  }

  /** The elements of input `i` where they are the same in every run. */
  constant(i: number): NdArray | undefined {
    const value = this.optional(i);
    return value && constantOf(value, this.t.context, this.services.memo);
  }

  /** The elements of a small integer input, as far as they are known. */
  contents(i: number): readonly (Dim | undefined)[] | undefined {
    const value = this.optional(i);
    return value && contentsOf(value, this.t.context, this.services.memo);
  }

  /** The only element of a small tensor, where it is known. */
  known(value: Value): Dim | undefined {
    const [only, ...more] = contentsOf(value, this.t.context, this.services.memo) ?? [];
    return more.length === 0 ? only : undefined;
  }

  /** The numbers in an integer input, which must be known; `what` names it in the message. */
  numbers(i: number, what: string): readonly number[] {
    const known = this.contents(i);
    if (known?.every((d) => typeof d === "number")) return known as readonly number[];
    if (this.shape(i).includes(0)) return [];
    return this.unsupported(
      `its ${what} are computed while the model runs`,
      `make the ${what} a constant of the model (an initializer, or fold the constants before export)`,
    );
  }

  /** The numbers in an integer input where all are known. */
  knownNumbers(i: number): readonly number[] | undefined {
    const known = this.contents(i);
    if (known?.every((d) => typeof d === "number")) return known as readonly number[];
    return this.has(i) && this.shape(i).includes(0) ? [] : undefined;
  }

  number(i: number, what: string): number {
    const [only, ...more] = this.numbers(i, what);
    if (only === undefined || more.length > 0) return this.invalid(`its ${what} must be one number`);
    return only;
  }

  /** The elements of an integer input of rank 0 or 1 as sizes: those not known are symbols of what the program computes. */
  dims(i: number, what: string): readonly Dim[] {
    const value = this.value(i);
    const shape = this.shape(i);
    const count = shape.length === 0 ? 1 : shape[0];
    if (shape.length > 1) return this.invalid(`its ${what} must be of rank 1`);
    if (typeof count !== "number")
      return this.unsupported(`the number of its ${what} is not known before the model runs`);
    const known = this.contents(i);
    return Array.from({ length: count }, (_, k) => known?.[k] ?? this.t.elementSymbol(value, k));
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  /** The attributes, for handing the node on. */
  get attributes(): ReadonlyMap<string, OnnxAttribute> {
    return this.#attributes;
  }

  #attribute<K extends OnnxAttribute["kind"]>(name: string, kind: K): ValueOf<K> | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind)
      return this.invalid(`attribute '${name}' is of kind ${attribute.kind} instead of ${kind}`);
    return attribute.value as ValueOf<K> | undefined;
  }

  int(name: string): number | undefined;
  int(name: string, fallback: number): number;
  int(name: string, fallback?: number): number | undefined {
    const value = this.#attribute(name, "int");
    return value === undefined ? fallback : this.#integer(value);
  }

  /** An attribute that is 0 or 1. */
  flag(name: string, fallback = false): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, "ints")?.map((x) => this.#integer(x));
  }

  float(name: string): number | undefined;
  float(name: string, fallback: number): number;
  float(name: string, fallback?: number): number | undefined {
    return this.#attribute(name, "float") ?? fallback;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, "floats");
  }

  string(name: string): string | undefined;
  string(name: string, fallback: string): string;
  string(name: string, fallback?: string): string | undefined {
    return this.#attribute(name, "string") ?? fallback;
  }

  /** A text that is one of `words`. */
  word<const W extends string>(name: string, words: readonly [W, ...W[]], fallback: W = words[0]): W {
    const text = this.string(name, fallback);
    const found = words.find((w) => w === text);
    return found ?? this.unsupported(`attribute '${name}' is '${text}'`, `use one of ${words.join(", ")}`);
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, "strings");
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.#attribute(name, "tensor");
  }

  graph(name: string): OnnxGraph {
    return this.#attribute(name, "graph") ?? this.invalid(`attribute '${name}' is missing`);
  }

  /** The element type that an attribute names by its `TensorProto.DataType`. */
  dtype(name: string): ElementType | undefined {
    const number = this.int(name);
    if (number === undefined || number === 0) return undefined;
    const dtype = dtypeOf(number) ?? this.invalid(`attribute '${name}' names element type ${describeDataType(number)}`);
    return numericElement(dtype) ?? this.unsupported(`attribute '${name}' asks for strings`);
  }

  /** Axis `axis` of a tensor of rank `rank`, negative ones counted from the end. */
  normalAxis(axis: number, rank: number): number {
    if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
    return this.invalid(`axis ${axis} of a tensor of rank ${rank}`);
  }

  /** Attribute `axis`, normal. */
  axis(fallback: number, rank: number, name = "axis"): number {
    return this.normalAxis(this.int(name, fallback), rank);
  }

  normalAxes(axes: readonly number[], rank: number): number[] {
    const normal = axes.map((axis) => this.normalAxis(axis, rank));
    if (new Set(normal).size !== normal.length) this.invalid(`axes [${axes.join(", ")}] name an axis twice`);
    return normal;
  }

  /** The declared sizes of output `i`, where all of them are numbers. */
  declaredSizes(i: number): readonly number[] | undefined {
    const shape = this.services.sizesOf(this.node.outputs[i] ?? "");
    return shape?.every((d) => typeof d === "number") ? (shape as readonly number[]) : undefined;
  }

  /** Beyond 2^53 there is only "to the end". */
  #integer(x: bigint): number {
    const limit = BigInt(Number.MAX_SAFE_INTEGER);
    return Number(x > limit ? limit : x < -limit ? -limit : x);
  }
}
