/**
 * @file Builds StableHLO whose sizes are numbers or expressions over symbols: values that hold sizes.
 *
 * Where the value of a symbol comes from: `get_dimension_size` of a value that has it among its sizes, or a number that
 * the program computed (`symbolOf`). Every value goes through `emit`, which remembers the sizes it brings along; a
 * builder for a region sees what its parents know. Invariant: a type holds only sizes that some value has as its own, so
 * an expression over computed numbers gets a symbol of its own before it enters a type (`sizeOf`).
 */

import { type DenseAttr, stringAttr } from "./attrs.js";
import type { Builder, BuildOptions } from "./builder.js";
import type { Context } from "./context.js";
import type { OpDef } from "./define.js";
import { customCall } from "./dialects/stablehlo/calls.js";
import { compare } from "./dialects/stablehlo/choose.js";
import { constant } from "./dialects/stablehlo/constants.js";
import { convert } from "./dialects/stablehlo/convert.js";
import { getDimensionSize } from "./dialects/stablehlo/dynamic-shape.js";
import {
  add,
  divide,
  maximum,
  minimum,
  multiply,
  negate,
  remainder,
  subtract,
} from "./dialects/stablehlo/elementwise.js";
import { concatenate, reshape, slice } from "./dialects/stablehlo/shape.js";
import type { Dim, DimExpr } from "./dim.js";
import type { ElementType } from "./element.js";
import type { Operation, Value } from "./graph.js";
import { filled, fromScalars, getScalar, type NdArray, sizeOf } from "./ndarray.js";
import { numericsOf, type Scalar } from "./scalar.js";
import { SizeFacts, symbolNameOf } from "./size-facts.js";
import { type Knowledge, knowledgeInside } from "./size-knowledge.js";
import type { AttrSlots, AttrsIn, Slots, ValuesOf } from "./slots.js";
import type { TensorType } from "./types.js";

type Atom = DimExpr["terms"][number]["atoms"][number];

export class ShapeBuilder {
  readonly context: Context;
  readonly builder: Builder;
  readonly facts: SizeFacts;
  readonly #known: Knowledge;
  readonly #isOutermost: boolean;

  /** `parent` builds the block around this one; a function's own block has none. */
  constructor(builder: Builder, parent?: ShapeBuilder) {
    this.context = builder.context;
    this.builder = builder;
    this.facts = parent?.facts ?? new SizeFacts(builder.context);
    this.#isOutermost = parent === undefined;
    this.#known = knowledgeInside(parent === undefined ? undefined : parent.#known);
  }

  /** False where whoever calls the function makes its checks. */
  protected get makesChecks(): boolean {
    return true;
  }

  /**
   * The size that both must be: a number where there is one. Where nothing proves it, the program checks it.
   * @throws CompileError PS1201 where they differ whatever the symbols are.
   */
  unify(a: Dim, b: Dim): Dim {
    const before = this.facts.checks.length;
    const { dims } = this.context;
    const [x, y] = [this.facts.resolve(a), this.facts.resolve(b)];
    const values = dims.provablyEqual(x, y) || !this.makesChecks ? [] : [this.scalar(x), this.scalar(y)];
    const unified = this.facts.unify(a, b);
    const [lhs, rhs] = values;
    if (this.facts.checks.length > before && lhs !== undefined && rhs !== undefined) {
      if (this.#isOutermost) this.#limit(x, y);
      const ok = this.emit(compare, { lhs, rhs }, { comparison_direction: "EQ" });
      this.assert(ok, `sizes ${dims.print(x)} and ${dims.print(y)} must be equal, but are {0} and {1}`, [lhs, rhs]);
    }
    return unified;
  }

  /** Where x must be min(n, x), x is at most n from here on: the check stands in the function's own block. */
  #limit(x: Dim, y: Dim): void {
    for (const [a, b] of [
      [x, y],
      [y, x],
    ] as const) {
      const name = symbolNameOf(a);
      const atom = typeof b === "number" || b.terms.length !== 1 ? undefined : b.terms[0];
      const [only] = atom?.atoms ?? [];
      if (name === undefined || only?.kind !== "min" || atom?.coefficient !== 1 || atom.atoms.length !== 1) continue;
      const limit = only.a === a ? only.b : only.b === a ? only.a : undefined;
      if (typeof limit === "number") this.context.dims.narrow(name, { min: 0, max: limit });
    }
  }

  /** Stops the program where `ok`, an i1 of rank 0, is false; `{0}` in the message is the first value. */
  assert(ok: Value, message: string, values: readonly Value[] = []): void {
    const attrs = { call_target_name: "shape_assertion", has_side_effect: true, api_version: 2 };
    const extra = { error_message: stringAttr(message) };
    this.emitOp(customCall, { inputs: [ok, ...values] }, attrs, { extra, results: [] });
  }

  /** Makes an operation of one result, and learns the sizes of that. */
  emit<I extends Slots, A extends AttrSlots, O extends Slots>(
    def: OpDef<I, A, O>,
    operands: ValuesOf<I>,
    attrs: AttrsIn<A>,
    options: BuildOptions = {},
  ): Value {
    return this.note(this.builder.value(def, operands, attrs, options));
  }

  /** Makes an operation of any number of results. */
  emitOp<I extends Slots, A extends AttrSlots, O extends Slots>(
    def: OpDef<I, A, O>,
    operands: ValuesOf<I>,
    attrs: AttrsIn<A>,
    options: BuildOptions = {},
  ): Operation {
    const op = this.builder.op(def, operands, attrs, options);
    for (const result of op.results) this.note(result);
    return op;
  }

  /** Remembers the symbolic sizes of a value that is visible from here on. */
  note(value: Value): Value {
    if (value.type.kind !== "tensor") return value;
    value.type.shape.forEach((d, axis) => {
      if (typeof d !== "number" && this.#known.sources.get(d.key) === undefined)
        this.#known.sources.set(d.key, { value, axis });
    });
    return value;
  }

  type(value: Value): TensorType {
    if (value.type.kind !== "tensor") throw new Error("the value is no tensor");
    return value.type;
  }

  /** The sizes of a value, with what is known to be equal written in one way. */
  shape(value: Value): readonly Dim[] {
    return this.type(value).shape.map((d) => this.facts.resolve(d));
  }

  element(value: Value): ElementType {
    return this.type(value).element;
  }

  rank(value: Value): number {
    return this.type(value).shape.length;
  }

  tensorType(shape: readonly Dim[], element: ElementType): TensorType {
    return this.context.types.tensor(shape, element);
  }

  /** A constant with these elements; equal small ones are made once per block. */
  constant(array: NdArray): Value {
    const count = sizeOf(array.shape);
    const first = count > 0 ? getScalar(array, 0) : undefined;
    const splat = count > 1 && isSplat(array);
    const data = splat ? filled(array.element, [], first!) : array;
    const type = this.tensorType(array.shape, array.element);
    const value: DenseAttr = { kind: "dense", type, splat: splat || array.shape.length === 0, data };
    return this.#once(count <= SHARED || splat ? constantKey(value) : undefined, () =>
      this.emit(constant, {}, { value }),
    );
  }

  /** `x` everywhere; the sizes must be numbers. */
  splat(x: Scalar, shape: readonly number[], element: ElementType): Value {
    const type = this.tensorType(shape, element);
    const value: DenseAttr = { kind: "dense", type, splat: sizeOf(shape) > 0, data: filled(element, [], x) };
    if (sizeOf(shape) === 0) return this.constant(filled(element, shape, x));
    return this.#once(constantKey(value), () => this.emit(constant, {}, { value }));
  }

  /** A number of rank 0. */
  number(x: number, element: ElementType): Value {
    return this.splat(numericsOf(element).fromNumber(x), [], element);
  }

  #once(key: string | undefined, make: () => Value): Value {
    if (key === undefined) return make();
    const known = this.#known.constants.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#known.constants.set(key, made);
    return made;
  }

  /**
   * A symbol for a number that the program computes (`value`, an integer tensor of one element): it may be used in
   * expressions, and enters types through `sizeOf` only.
   */
  symbolOf(value: Value, range = { min: -Infinity, max: Infinity }): DimExpr {
    const symbol = this.context.freshSymbol("data");
    const name = symbol.key;
    const computed = this.context.dims.symbol(`${name}.n`, range, "data");
    this.#known.computed.add(computed.key);
    this.#known.scalars.set(computed.key, this.#asScalar(value));
    return computed;
  }

  /** The symbol of one element of an integer tensor of rank 0 or 1, the same one every time. */
  elementSymbol(vector: Value, index: number): DimExpr {
    const known = this.#known.elements.get(vector)?.get(index);
    if (known !== undefined) return known;
    const { shape, element } = this.type(vector);
    const attrs = { start_indices: [index], limit_indices: [index + 1], strides: [1] };
    const item = shape.length === 0 ? vector : this.emit(slice, { operand: vector }, attrs);
    const symbol = this.symbolOf(item, element.startsWith("ui") ? { min: 0, max: Infinity } : undefined);
    const symbols = this.#known.elements.get(vector) ?? new Map<number, DimExpr>();
    this.#known.elements.set(vector, new Map([...symbols, [index, symbol]]));
    return symbol;
  }

  /** `dim` as it may stand in a type: an expression over computed numbers gets a symbol, the same one every time. */
  sizeOf(dim: Dim): Dim {
    const resolved = this.facts.resolve(dim);
    if (typeof resolved === "number" || !this.#isComputed(resolved)) return resolved;
    const known = this.#known.sizes.get(resolved.key);
    if (known !== undefined) return known;
    const { max } = this.context.dims.bounds(resolved);
    const symbol = this.context.freshSymbol("data", Math.max(0, max));
    this.#known.scalars.set(symbol.key, this.scalar(resolved));
    this.#known.sizes.set(resolved.key, symbol);
    return symbol;
  }

  #isComputed(dim: Dim): boolean {
    return this.context.dims.symbolsOf(dim).some((name) => this.#known.computed.has(name));
  }

  /** `dim` as a `tensor<i64>`. */
  scalar(dim: Dim): Value {
    const resolved = this.facts.resolve(dim);
    if (typeof resolved === "number") return this.number(resolved, "i64");
    const known = this.#known.scalars.get(resolved.key) ?? this.#known.scalars.get((dim as DimExpr).key);
    if (known !== undefined) return known;
    const made = this.#measure(resolved) ?? this.#measure(dim as DimExpr) ?? this.#compute(resolved);
    this.#known.scalars.set(resolved.key, made);
    return made;
  }

  #measure(dim: DimExpr): Value | undefined {
    const source = this.#known.sources.get(dim.key);
    if (source === undefined) return undefined;
    const size = this.emit(getDimensionSize, { operand: source.value }, { dimension: source.axis });
    return this.emit(convert, { operand: size }, {}, { results: [this.tensorType([], "i64")] });
  }

  #compute(dim: DimExpr): Value {
    let sum: Value | undefined;
    for (const { coefficient, atoms } of dim.terms) {
      const factors = atoms.map((atom) => this.#atom(atom, dim));
      const scaled =
        coefficient === 1 && factors.length > 0
          ? factors
          : coefficient === -1 && factors.length > 0
            ? [this.emit(negate, { operand: factors[0]! }, {}), ...factors.slice(1)]
            : [...factors, this.number(coefficient, "i64")];
      const product = scaled.reduce((lhs, rhs) => this.emit(multiply, { lhs, rhs }, {}));
      sum = sum === undefined ? product : this.emit(add, { lhs: sum, rhs: product }, {});
    }
    return sum ?? this.number(0, "i64");
  }

  #atom(atom: Atom, inside: DimExpr): Value {
    if (atom.kind === "symbol") {
      const symbol = this.context.dims.symbol(atom.name);
      const value = this.#known.scalars.get(symbol.key) ?? this.#measure(symbol);
      if (value === undefined) throw new Error(`no value in sight has the size ${atom.name}, needed for ${inside.key}`);
      this.#known.scalars.set(symbol.key, value);
      return value;
    }
    const [lhs, rhs] = [this.scalar(atom.a), this.scalar(atom.b)];
    if (atom.kind === "max") return this.emit(maximum, { lhs, rhs }, {});
    if (atom.kind === "min") return this.emit(minimum, { lhs, rhs }, {});
    return this.#floored(atom.kind, atom.a, lhs, rhs);
  }

  /** StableHLO's integer division truncates; the floor differs where the dividend may be negative. */
  #floored(kind: "floordiv" | "mod", a: Dim, lhs: Value, rhs: Value): Value {
    const plain = this.context.dims.bounds(a).min >= 0;
    if (plain) return this.emit(kind === "mod" ? remainder : divide, { lhs, rhs }, {});
    const rest = this.emit(remainder, { lhs, rhs }, {});
    const mod = this.emit(remainder, { lhs: this.emit(add, { lhs: rest, rhs }, {}), rhs }, {});
    if (kind === "mod") return mod;
    return this.emit(divide, { lhs: this.emit(subtract, { lhs, rhs: mod }, {}), rhs }, {});
  }

  /** `dims` as a `tensor<nxi64>`, the operand that gives dynamic operations their sizes. */
  vector(dims: readonly Dim[]): Value {
    const resolved = dims.map((d) => this.facts.resolve(d));
    const numbers = resolved.filter((d) => typeof d === "number");
    if (numbers.length === dims.length) return this.constant(fromScalars("i64", [dims.length], numbers.map(BigInt)));
    return this.#once(`sizes ${resolved.map((d) => this.context.dims.print(d)).join(", ")}`, () => {
      const parts = runsOf(resolved).map((run) => (run.length > 1 ? this.vector(run) : this.#single(run[0]!)));
      const [only] = parts;
      return parts.length === 1 ? only! : this.emit(concatenate, { inputs: parts }, { dimension: 0 });
    });
  }

  /** One size as a `tensor<1xi64>`. */
  #single(dim: Dim): Value {
    if (typeof dim === "number") return this.vector([dim]);
    return this.#once(`size ${dim.key}`, () =>
      this.emit(reshape, { operand: this.scalar(dim) }, {}, { results: [this.tensorType([1], "i64")] }),
    );
  }

  /** An integer tensor of one element as `tensor<i64>`. */
  #asScalar(value: Value): Value {
    const { element, shape } = this.type(value);
    const wide =
      element === "i64"
        ? value
        : this.emit(convert, { operand: value }, {}, { results: [this.tensorType(shape, "i64")] });
    return shape.length === 0
      ? wide
      : this.emit(reshape, { operand: wide }, {}, { results: [this.tensorType([], "i64")] });
  }
}

/** Constants of at most this many elements are looked up before a new one is made. */
const SHARED = 16;

function constantKey({ type, splat, data }: DenseAttr): string {
  const texts = Array.from(data.data as ArrayLike<number | bigint>, (x) => (Object.is(x, -0) ? "-0" : String(x)));
  return `${type.shape.join("x")}:${type.element}:${splat}:${texts.join(",")}`;
}

/** Numbers side by side in one run, every other size in one of its own. */
function runsOf(dims: readonly Dim[]): readonly (readonly Dim[])[] {
  const runs: Dim[][] = [];
  for (const d of dims) {
    const last = runs.at(-1);
    if (typeof d === "number" && typeof last?.[0] === "number") last.push(d);
    else runs.push([d]);
  }
  return runs;
}

function isSplat(array: NdArray): boolean {
  const { data } = array;
  const lanes = data.length / sizeOf(array.shape);
  for (let i = lanes; i < data.length; i++) if (!Object.is(data[i], data[i - lanes])) return false;
  return true;
}
