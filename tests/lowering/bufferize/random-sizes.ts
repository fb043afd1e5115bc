/**
 * @file Random programs on tensors whose sizes only the data decides, made longer, carried around loops, chosen by branches:
 * their buffers have to be passed on and freed. Every new size is a symbol of its own.
 */

import { identityMap } from "../../../ir/affine.js";
import type { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { indexCast } from "../../../ir/dialects/arith/cast.js";
import { constantIndex, constantOf } from "../../../ir/dialects/arith/constant.js";
import * as i from "../../../ir/dialects/arith/integer.js";
import { newModule } from "../../../ir/dialects/builtin.js";
import { buildFunction } from "../../../ir/dialects/func.js";
import { buildFill, buildGeneric } from "../../../ir/dialects/linalg/structured.js";
import { ifOp } from "../../../ir/dialects/scf/branch.js";
import { condition, forOp, whileOp } from "../../../ir/dialects/scf/for.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import { dim, empty, extract } from "../../../ir/dialects/tensor/access.js";
import { insertSlice } from "../../../ir/dialects/tensor/slice.js";
import type { Value } from "../../../ir/graph.js";
import type { TensorType } from "../../../ir/types.js";
import type { Random } from "../../support/random.js";
import type { Program } from "./random-program.js";

/** `@main` of some small numbers, which decide sizes and ways. */
export function randomSizes(r: Random, context: Context): Program {
  const module = newModule(context);
  const inputs = [r.array("i32", [4], { low: 0, high: 3 })];
  buildFunction(context, module, "main", [context.types.tensor([4], "i32")], (b, [numbers]) => {
    const writer = new Writer(r, b, numbers!, []);
    const values = writer.block(r.int(2, 6), 0);
    return Array.from({ length: r.int(1, 3) }, () => r.pick(values));
  });
  return { module, inputs };
}

class Writer {
  readonly #r: Random;
  readonly #b: Builder;
  readonly #numbers: Value;
  readonly #values: Value[];

  constructor(r: Random, b: Builder, numbers: Value, values: readonly Value[]) {
    this.#r = r;
    this.#b = b;
    this.#numbers = numbers;
    this.#values = [...values];
  }

  block(count: number, depth: number): readonly Value[] {
    if (this.#values.length === 0) this.#values.push(this.#made());
    for (let k = 0; k < count; k++) this.#values.push(...this.#step(depth));
    return this.#values;
  }

  #step(depth: number): readonly Value[] {
    const nested = [() => this.#branch(depth), () => this.#for(depth), () => this.#while(depth)];
    if (depth < 2 && this.#r.chance(0.45)) return this.#r.pick(nested)();
    return [this.#r.pick([() => this.#made(), () => this.#negated(), () => this.#longer()])()];
  }

  #any(): Value {
    return this.#r.pick(this.#values);
  }

  #newType(): TensorType {
    const { context } = this.#b;
    return context.types.tensor([context.freshSymbol("data")], "i32");
  }

  #number(): Value {
    return this.#b.value(extract, { tensor: this.#numbers, indices: [constantIndex(this.#b, this.#r.int(0, 3))] }, {});
  }

  #index(): Value {
    return this.#b.value(indexCast, { in: this.#number() }, {}, { results: [this.#b.context.types.scalar("index")] });
  }

  #i32(n: number): Value {
    return constantOf(this.#b, n, this.#b.context.types.scalar("i32"));
  }

  #filled(size: Value, type: TensorType): Value {
    const storage = this.#b.value(empty, { dynamic_sizes: [size] }, {}, { results: [type] });
    return buildFill(this.#b, this.#i32(this.#r.int(-9, 9)), storage)!;
  }

  #made(): Value {
    return this.#filled(this.#index(), this.#newType());
  }

  #sizeOf(x: Value): Value {
    return this.#b.value(dim, { source: x, index: constantIndex(this.#b, 0) }, {});
  }

  #negated(): Value {
    const x = this.#any();
    const isNew = this.#r.chance(0.6);
    const output = isNew ? this.#b.value(empty, { dynamic_sizes: [this.#sizeOf(x)] }, {}, { results: [x.type] }) : x;
    const map = identityMap(1);
    const parts = { inputs: [x], outputs: [output], maps: [map, map], iterators: ["parallel" as const] };
    return buildGeneric(this.#b, parts, (b, [p]) => [
      b.value(i.subi, { lhs: constantOf(b, 1, b.context.types.scalar("i32")), rhs: p! }, {}),
    ]).result;
  }

  /** One element more, in front or behind. */
  #longer(): Value {
    const x = this.#any();
    const size = this.#sizeOf(x);
    const whole = this.#filled(
      this.#b.value(i.addi, { lhs: size, rhs: constantIndex(this.#b, 1) }, {}),
      this.#newType(),
    );
    return this.#b.value(
      insertSlice,
      { source: x, dest: whole, offsets: [], sizes: [size], strides: [] },
      { static_offsets: [this.#r.int(0, 1)], static_sizes: [-(2 ** 63)], static_strides: [1] },
    );
  }

  #branch(depth: number): readonly Value[] {
    const count = this.#r.int(1, 2);
    const isLess = this.#b.value(i.cmpi, { lhs: this.#number(), rhs: this.#i32(2) }, { predicate: "slt" });
    const region = () =>
      this.#b.region([], (b) => {
        const values = new Writer(this.#r, b, this.#numbers, this.#values).block(this.#r.int(0, 2), depth + 1);
        b.op(yieldOp, { results: Array.from({ length: count }, () => this.#r.pick(values)) }, {});
      });
    const results = Array.from({ length: count }, () => this.#newType());
    return this.#b.op(ifOp, { condition: isLess }, {}, { results, regions: [region(), region()] }).results;
  }

  #carried(): readonly Value[] {
    return Array.from({ length: this.#r.int(1, 3) }, () => this.#any());
  }

  #for(depth: number): readonly Value[] {
    const initArgs = this.#carried();
    const types = initArgs.map((x) => (this.#r.chance(0.2) ? x.type : this.#newType()));
    const [lowerBound, step] = [0, 1].map((n) => constantIndex(this.#b, n)) as [Value, Value];
    const upperBound = this.#index();
    const region = this.#b.region([this.#b.context.types.scalar("index"), ...types], (b, [, ...args]) => {
      const inner = new Writer(this.#r, b, this.#numbers, [...this.#values, ...args]);
      const values = inner.block(this.#r.int(0, 2), depth + 1);
      // A size that stays must: only values of the same type may be carried then.
      const next = args.map((a, k) => (types[k] === initArgs[k]!.type ? a : this.#r.pick([...values, ...args])));
      b.op(yieldOp, { results: next }, {});
    });
    const results = types.map((t, k) => (t === initArgs[k]!.type ? t : this.#newType()));
    const op = this.#b.op(forOp, { lowerBound, upperBound, step, initArgs }, {}, { regions: [region] });
    op.results.forEach((x, k) => {
      x.type = results[k]!;
    });
    return op.results;
  }

  #while(depth: number): readonly Value[] {
    const { types } = this.#b.context;
    const inits = this.#carried();
    const before = this.#b.region([types.scalar("i32"), ...inits.map(() => this.#newType())], (b, [left, ...args]) => {
      const inner = new Writer(this.#r, b, this.#numbers, [...this.#values, ...args]);
      const values = inner.block(this.#r.int(0, 1), depth + 1);
      const goOn = b.value(i.cmpi, { lhs: left!, rhs: inner.#i32(0) }, { predicate: "sgt" });
      const forwarded = this.#r.chance(0.6) ? args : inits.map(() => this.#r.pick([...values, ...args]));
      b.op(condition, { condition: goOn, args: [left!, ...forwarded] }, {});
    });
    const after = this.#b.region([types.scalar("i32"), ...inits.map(() => this.#newType())], (b, [left, ...args]) => {
      const inner = new Writer(this.#r, b, this.#numbers, [...this.#values, ...args]);
      const next = b.value(i.subi, { lhs: left!, rhs: inner.#i32(1) }, {});
      const values = inner.block(this.#r.int(0, 2), depth + 1);
      b.op(yieldOp, { results: [next, ...inits.map(() => this.#r.pick([...values, ...args, ...args]))] }, {});
    });
    const results = [types.scalar("i32"), ...inits.map(() => this.#newType())];
    return this.#b
      .op(whileOp, { inits: [this.#number(), ...inits] }, {}, { results, regions: [before, after] })
      .results.slice(1);
  }
}
