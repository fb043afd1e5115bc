/**
 * @file Random programs on tensors that are hard on whoever gives them storage: destinations used twice, values read after
 * they were overwritten, loops that permute what they carry, branches that hand on what they got, states. All tensors hold
 * six integers, so that results are exact and any may be reshaped to any.
 */

import { affineMap, identityMap, permutationMap } from "../../../ir/affine.js";
import { intAttr, unitAttr } from "../../../ir/attrs.js";
import type { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { constantIndex, constantOf } from "../../../ir/dialects/arith/constant.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { newModule } from "../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../ir/dialects/func.js";
import { buildFill, buildGeneric, index as indexOp } from "../../../ir/dialects/linalg/structured.js";
import { ifOp } from "../../../ir/dialects/scf/branch.js";
import { condition, forOp, whileOp } from "../../../ir/dialects/scf/for.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import { empty, extract, fromElements } from "../../../ir/dialects/tensor/access.js";
import { reshape } from "../../../ir/dialects/tensor/shape.js";
import { concat, extractSlice, insertSlice } from "../../../ir/dialects/tensor/slice.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { NdArray } from "../../../ir/ndarray.js";
import type { TensorType } from "../../../ir/types.js";
import type { Random } from "../../support/random.js";

const SHAPES = [[6], [2, 3], [3, 2]] as const;

export interface Program {
  readonly module: Operation;
  readonly inputs: readonly NdArray[];
}

/** A module with a function `@main` over tensors of six integers. */
export function randomProgram(r: Random, context: Context): Program {
  const module = newModule(context);
  const inputs = Array.from({ length: r.int(1, 3) }, () => r.array("i32", r.pick(SHAPES)));
  const types = inputs.map((x) => context.types.tensor(x.shape, "i32"));
  const func = buildFunction(context, module, "main", types, (b, args) => {
    const values = new Writer(r, b, args).block(r.int(2, 7), 0);
    return Array.from({ length: r.int(1, 3) }, () => r.pick(values));
  });
  tieStates(func, r, context);
  if (r.chance(0.3)) markGroup(func, r, context);
  return { module, inputs };
}

/** Makes some arguments states: each is tied to a result of its type. */
function tieStates(func: Operation, r: Random, context: Context): void {
  const body = func.region(0).blocks[0]!;
  const free = body.terminator.operands.map((_, k) => k);
  const attrs = body.args.map((arg) => {
    const k = free.findIndex((n) => body.terminator.operand(n).type === arg.type);
    if (k < 0 || r.chance(0.5)) return { kind: "dict", entries: {} } as const;
    const [result] = free.splice(k, 1);
    const tied = intAttr(result!, context.types.scalar("i32"));
    return { kind: "dict", entries: { "psm.state": unitAttr, "tf.aliasing_output": tied } } as const;
  });
  func.setAttr("arg_attrs", { kind: "array", items: attrs });
}

/** Some neighbours of the function's body, constants apart, become one kernel. */
function markGroup(func: Operation, r: Random, context: Context): void {
  const ops = [...func.region(0).blocks[0]!.ops()].filter(
    (op) => op.name !== "arith.constant" && op.name !== "func.return",
  );
  const first = r.int(0, ops.length - 1);
  for (const op of ops.slice(first, first + r.int(1, 12)))
    op.setExtra("psm.group", intAttr(0, context.types.scalar("i64")));
}

class Writer {
  readonly #r: Random;
  readonly #b: Builder;
  /** Tensors in scope. */
  readonly #values: Value[];

  constructor(r: Random, b: Builder, values: readonly Value[]) {
    this.#r = r;
    this.#b = b;
    this.#values = [...values];
  }

  /** Writes `count` steps; gives every tensor in scope. */
  block(count: number, depth: number): readonly Value[] {
    for (let k = 0; k < count; k++) this.#values.push(...this.#step(depth));
    return this.#values;
  }

  #step(depth: number): readonly Value[] {
    const flat: readonly (() => Value)[] = [
      () => this.#combine(),
      () => this.#combine(),
      () => this.#accumulate(),
      () => this.#reversed(),
      () => this.#transposed(),
      () => this.#inserted(),
      () => this.#joined(),
      () => this.#reshaped(this.#any(), this.#shape()),
      () => this.#filled(),
      () => this.#collected(),
    ];
    const nested = [() => this.#branch(depth), () => this.#for(depth), () => this.#while(depth)];
    return depth < 2 && this.#r.chance(0.35) ? this.#r.pick(nested)() : [this.#r.pick(flat)()];
  }

  #any(): Value {
    return this.#r.pick(this.#values);
  }

  #shape(): readonly number[] {
    return this.#r.pick(SHAPES);
  }

  #type(shape: readonly number[]): TensorType {
    return this.#b.context.types.tensor(shape, "i32");
  }

  #empty(shape: readonly number[]): Value {
    return this.#b.value(empty, { dynamic_sizes: [] }, {}, { results: [this.#type(shape)] });
  }

  /** Storage to write to: new, or that of some value. */
  #destination(shape: readonly number[]): Value {
    const fitting = this.#values.filter((x) => x.type === this.#type(shape));
    return fitting.length > 0 && this.#r.chance(0.4) ? this.#r.pick(fitting) : this.#empty(shape);
  }

  #reshaped(x: Value, shape: readonly number[]): Value {
    const { context } = this.#b;
    const elements = shape.map((n) => constantIndex(this.#b, n));
    const sizes = this.#b.value(
      fromElements,
      { elements },
      {},
      { results: [context.types.tensor([shape.length], "index")] },
    );
    return this.#b.value(reshape, { source: x, shape: sizes }, {}, { results: [this.#type(shape)] });
  }

  #number(n: number): Value {
    return constantOf(this.#b, n, this.#b.context.types.scalar("i32"));
  }

  #combine(): Value {
    const shape = this.#shape();
    const [x, y] = [this.#any(), this.#any()].map((v) => this.#as(v, shape));
    const map = identityMap(shape.length);
    const parts = {
      inputs: [x!, y!],
      outputs: [this.#destination(shape)],
      maps: [map, map, map],
      iterators: shape.map(() => "parallel" as const),
    };
    return buildGeneric(this.#b, parts, (b, [p, q]) => [b.value(i.subi, { lhs: p!, rhs: q! }, {})]).result;
  }

  #as(x: Value, shape: readonly number[]): Value {
    return x.type === this.#type(shape) ? x : this.#reshaped(x, shape);
  }

  #accumulate(): Value {
    const [x, into] = [this.#any(), this.#any()];
    const { shape } = into.type as TensorType;
    const map = identityMap(shape.length);
    const parts = {
      inputs: [this.#as(x, shape as number[])],
      outputs: [into],
      maps: [map, map],
      iterators: shape.map(() => "parallel" as const),
    };
    return buildGeneric(this.#b, parts, (b, [p, q]) => [b.value(i.addi, { lhs: p!, rhs: q! }, {})]).result;
  }

  /** Reads its operand in another order than it writes, out of sight of the maps. */
  #reversed(): Value {
    const x = this.#as(this.#any(), [6]);
    const parts = {
      inputs: [],
      outputs: [this.#destination([6])],
      maps: [identityMap(1)],
      iterators: ["parallel" as const],
    };
    return buildGeneric(this.#b, parts, (b) => {
      const at = b.value(indexOp, {}, { dim: 0 });
      const from = b.value(i.subi, { lhs: constantIndex(b, 5), rhs: at }, {});
      return [b.value(extract, { tensor: x, indices: [from] }, {})];
    }).result;
  }

  #transposed(): Value {
    const x = this.#as(this.#any(), [2, 3]);
    const maps = [permutationMap([1, 0]), identityMap(2)];
    const parts = {
      inputs: [x],
      outputs: [this.#destination([3, 2])],
      maps,
      iterators: ["parallel" as const, "parallel" as const],
    };
    return buildGeneric(this.#b, parts, (_, [p]) => [p!]).result;
  }

  #piece(x: Value, offset: number): Value {
    return this.#b.value(
      extractSlice,
      { source: this.#as(x, [6]), offsets: [], sizes: [], strides: [] },
      { static_offsets: [offset], static_sizes: [2], static_strides: [this.#r.int(1, 2)] },
    );
  }

  #inserted(): Value {
    const [piece, into] = [this.#piece(this.#any(), this.#r.int(0, 2)), this.#as(this.#any(), [6])];
    const isFixed = this.#r.chance(0.5);
    const offsets = isFixed ? [] : [constantIndex(this.#b, this.#r.int(0, 4))];
    return this.#b.value(
      insertSlice,
      { source: piece, dest: into, offsets, sizes: [], strides: [] },
      { static_offsets: [isFixed ? this.#r.int(0, 4) : -(2 ** 63)], static_sizes: [2], static_strides: [1] },
    );
  }

  #joined(): Value {
    const inputs = [0, 1, 2].map(() => this.#piece(this.#any(), this.#r.int(0, 2)));
    return this.#b.value(concat, { inputs }, { dim: 0 });
  }

  #filled(): Value {
    const shape = this.#shape();
    return buildFill(this.#b, this.#number(this.#r.int(-9, 9)), this.#destination(shape))!;
  }

  #element(x: Value): Value {
    const flat = this.#as(x, [6]);
    return this.#b.value(extract, { tensor: flat, indices: [constantIndex(this.#b, this.#r.int(0, 5))] }, {});
  }

  #collected(): Value {
    const elements = Array.from({ length: 6 }, () => this.#element(this.#any()));
    return this.#b.value(fromElements, { elements }, {}, { results: [this.#type([6])] });
  }

  /** Random tensors of the given types, out of those in scope or new. */
  #pick(values: readonly Value[], writer: Writer, types: readonly TensorType[]): readonly Value[] {
    return types.map((type) => writer.#as(this.#r.pick(values), type.shape as number[]));
  }

  #carried(): readonly Value[] {
    return Array.from({ length: this.#r.int(1, 3) }, () => (this.#r.chance(0.1) ? this.#empty([6]) : this.#any()));
  }

  #branch(depth: number): readonly Value[] {
    const types = Array.from({ length: this.#r.int(1, 2) }, () => this.#type(this.#shape()));
    const isNegative = this.#b.value(
      i.cmpi,
      { lhs: this.#element(this.#any()), rhs: this.#number(0) },
      { predicate: "slt" },
    );
    const region = () =>
      this.#b.region([], (b) => {
        const inner = new Writer(this.#r, b, this.#values);
        const values = inner.block(this.#r.int(0, 3), depth + 1);
        b.op(yieldOp, { results: this.#pick(values, inner, types) }, {});
      });
    return this.#b.op(ifOp, { condition: isNegative }, {}, { results: types, regions: [region(), region()] }).results;
  }

  #for(depth: number): readonly Value[] {
    const inits = this.#carried().map((x) => (x.definingOp?.name === "tensor.empty" ? this.#any() : x));
    const types = inits.map((x) => x.type as TensorType);
    const [lowerBound, upperBound, step] = [0, this.#r.int(0, 3), 1].map((n) => constantIndex(this.#b, n));
    const region = this.#b.region([this.#b.context.types.scalar("index"), ...types], (b, [, ...args]) => {
      const inner = new Writer(this.#r, b, [...this.#values, ...args]);
      const values = inner.block(this.#r.int(0, 3), depth + 1);
      b.op(yieldOp, { results: this.#pick([...values, ...args, ...args], inner, types) }, {});
    });
    const bounds = { lowerBound: lowerBound!, upperBound: upperBound!, step: step! };
    return this.#b.op(forOp, { ...bounds, initArgs: inits }, {}, { regions: [region] }).results;
  }

  /** Counts in a tensor, so that the host must read it. */
  #while(depth: number): readonly Value[] {
    const { context } = this.#b;
    const scalar = context.types.tensor([], "i32");
    const start = buildFill(
      this.#b,
      this.#number(this.#r.int(0, 3)),
      this.#b.value(empty, { dynamic_sizes: [] }, {}, { results: [scalar] }),
    )!;
    const inits = this.#carried().map((x) => (x.definingOp?.name === "tensor.empty" ? this.#any() : x));
    const types = inits.map((x) => x.type as TensorType);
    const before = this.#b.region([scalar, ...types], (b, [count, ...args]) => {
      const inner = new Writer(this.#r, b, [...this.#values, ...args]);
      const values = inner.block(this.#r.int(0, 1), depth + 1);
      const left = b.value(extract, { tensor: count!, indices: [] }, {});
      const goOn = b.value(i.cmpi, { lhs: left, rhs: inner.#number(0) }, { predicate: "sgt" });
      const forwarded = this.#r.chance(0.6) ? args : this.#pick([...values, ...args], inner, types);
      b.op(condition, { condition: goOn, args: [count!, ...forwarded] }, {});
    });
    const after = this.#b.region([scalar, ...types], (b, [count, ...args]) => {
      const inner = new Writer(this.#r, b, [...this.#values, ...args]);
      const parts = { inputs: [], outputs: [count!], maps: [affineMap(0, 0, [])], iterators: [] };
      const next = buildGeneric(b, parts, (body, [x]) => [
        body.value(i.subi, { lhs: x!, rhs: constantOf(body, 1, context.types.scalar("i32")) }, {}),
      ]).result;
      const values = inner.block(this.#r.int(0, 2), depth + 1);
      b.op(yieldOp, { results: [next, ...this.#pick([...values, ...args, ...args], inner, types)] }, {});
    });
    return this.#b
      .op(whileOp, { inits: [start, ...inits] }, {}, { results: [scalar, ...types], regions: [before, after] })
      .results.slice(1);
  }
}
