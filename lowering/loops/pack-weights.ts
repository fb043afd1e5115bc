/**
 * @file Weights in the order in which a contraction reads them, made when the bundle is written and not at each run. A kernel
 * whose vector side is a constant at every call, which nothing else reads, gets an argument for the packed form in
 * the place of the plain one.
 */

import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { moduleBody } from "../../ir/dialects/builtin.js";
import {
  callOp,
  funcOp,
  functionBody,
  functionsOf,
  lookupFunction,
  updateFunctionType,
} from "../../ir/dialects/func.js";
import { getGlobal, global } from "../../ir/dialects/memref/global.js";
import { collapseShape } from "../../ir/dialects/memref/reshape.js";
import type { Operation, Value } from "../../ir/graph.js";
import { stridesOf } from "../../ir/ndarray.js";
import { type PackedLayout, packedResource } from "../../ir/packed-resource.js";
import type { Resource } from "../../ir/resource.js";
import { hasStaticShape, type MemRefType } from "../../ir/types.js";
import type { Contraction } from "./contraction.js";

/** The kernels of a module and the constants that they are called with. */
export class WeightPacking {
  readonly #module: Operation;
  readonly #context: Context;
  readonly #calls = new Map<Operation, Operation[]>();
  /** Names of packed globals by those of their resources. */
  readonly #packed = new Map<string, string>();

  constructor(module: Operation, context: Context) {
    this.#module = module;
    this.#context = context;
    for (const func of functionsOf(module)) {
      for (const op of func.walk()) {
        const kernel = callOp.matches(op) ? lookupFunction(module, callOp.attrsOf(op).callee) : undefined;
        if (kernel && funcOp.attrsOf(kernel).sym_visibility === "private")
          this.#calls.set(kernel, [...(this.#calls.get(kernel) ?? []), op]);
      }
    }
  }

  /**
   * An argument of `kernel` that holds the vector side of `c`, of shape [blocks of columns, summed positions, columns of a
   * block]; `undefined` where that side is no weight, or walked as no matrix.
   */
  argumentFor(kernel: Operation, c: Contraction, block: number): Value | undefined {
    const layout = matrixOf(c, block);
    const position = argumentBehind(kernel, c.vectors.value);
    const calls = this.#calls.get(kernel) ?? [];
    if (!layout || position === undefined || calls.length === 0) return undefined;
    if (this.#isReadElsewhere(calls, position)) return undefined;
    const weights = calls.map((call) => this.#weightIn(call.operand(position)));
    const packed = weights.map((weight) => weight && packedResource(weight, layout));
    if (!packed.every((x) => x !== undefined)) return undefined;
    calls.forEach((call, k) => {
      call.setOperands([...call.operands, this.#load(call, packed[k]!)]);
    });
    const { shape, element } = packed[0]!;
    const made = functionBody(kernel).addArg(this.#context.types.memref(shape, element));
    updateFunctionType(kernel, this.#context);
    return made;
  }

  /** Takes away what nothing reads any more. */
  finish(): void {
    if (this.#packed.size === 0) return;
    for (const [kernel, calls] of this.#calls) this.#dropUnusedWeights(kernel, calls);
    const read = new Set<string>();
    for (const op of this.#module.walk()) if (getGlobal.matches(op)) read.add(getGlobal.attrsOf(op).name);
    for (const op of [...moduleBody(this.#module).ops()])
      if (global.matches(op) && !read.has(global.attrsOf(op).sym_name)) op.erase();
  }

  /** Whether something else reads one of the constants: then the bundle would hold it in two forms. */
  #isReadElsewhere(calls: readonly Operation[], position: number): boolean {
    const names = new Set(calls.map((call) => globalOf(call.operand(position))));
    for (const op of this.#module.walk()) {
      if (!getGlobal.matches(op) || !names.has(getGlobal.attrsOf(op).name)) continue;
      const isOurs = [...op.result.users].every(
        (user) => calls.includes(user) && user.operands.every((x, k) => x !== op.result || k === position),
      );
      if (!isOurs) return true;
    }
    return false;
  }

  #weightIn(x: Value): Resource | undefined {
    const name = globalOf(x);
    if (name === undefined) return undefined;
    const value = global.attrsOf(this.#globalNamed(name)).initial_value;
    return value?.kind === "resource" ? this.#context.resources.get(value.name) : undefined;
  }

  #globalNamed(name: string): Operation {
    for (const op of moduleBody(this.#module).ops())
      if (global.matches(op) && global.attrsOf(op).sym_name === name) return op;
    throw new Error(`there is no global @${name}`);
  }

  #load(call: Operation, weight: Resource): Value {
    const name = this.#packed.get(weight.name) ?? this.#makeGlobal(weight);
    const type = this.#context.types.memref(weight.shape, weight.element);
    return Builder.before(this.#context, call).value(getGlobal, {}, { name }, { results: [type] });
  }

  #makeGlobal(weight: Resource): string {
    const { resources, types } = this.#context;
    if (!resources.get(weight.name)) resources.add(weight);
    const name = weight.name.replace(/[^\w$.]/g, "_").replace(/^(?=\d)/, "_");
    const body = moduleBody(this.#module);
    const value = { kind: "resource", name: weight.name, type: types.tensor(weight.shape, weight.element) } as const;
    const type = types.memref(weight.shape, weight.element);
    new Builder(this.#context, body, body.first).op(
      global,
      {},
      { sym_name: name, sym_visibility: "private", constant: true, type, initial_value: value },
    );
    this.#packed.set(weight.name, name);
    return name;
  }

  #dropUnusedWeights(kernel: Operation, calls: readonly Operation[]): void {
    const body = functionBody(kernel);
    for (let k = body.args.length - 1; k >= 0; k--) {
      if (body.args[k]!.isUsed || !calls.every((call) => getGlobal.matches(call.operand(k).definingOp))) continue;
      const sources = calls.map((call) => call.operand(k).definingOp!);
      body.eraseArg(k);
      for (const call of calls) call.setOperands(call.operands.filter((_, n) => n !== k));
      for (const source of sources) if (source.block && !source.result.isUsed) source.erase();
    }
    updateFunctionType(kernel, this.#context);
  }
}

function globalOf(x: Value): string | undefined {
  const op = x.definingOp;
  return op && getGlobal.matches(op) ? getGlobal.attrsOf(op).name : undefined;
}

/** How the vector side lies in memory as a matrix of summed positions by columns. */
function matrixOf({ vectors, columns, summed }: Contraction, block: number): PackedLayout | undefined {
  const type = vectors.value.type as MemRefType;
  const [column, ...more] = columns;
  if (column === undefined || more.length > 0 || type.layout !== undefined || !hasStaticShape(type)) return undefined;
  const strides = stridesOf(type.shape);
  const axes = new Map(vectors.map.results.map((e, axis) => [e.kind === "dim" ? e.position : -1, axis]));
  const wanted = [...summed, column];
  if (axes.size !== vectors.map.results.length || wanted.length !== axes.size || !wanted.every((d) => axes.has(d)))
    return undefined;
  const axisOf = (d: number) => ({ size: type.shape[axes.get(d)!]!, stride: strides[axes.get(d)!]! });
  return { rows: summed.map(axisOf), columns: axisOf(column), block };
}

/** The position of the argument that `x` is, or is with axes merged. */
function argumentBehind(kernel: Operation, x: Value): number | undefined {
  const op = x.definingOp;
  if (op) return collapseShape.matches(op) ? argumentBehind(kernel, op.operand(0)) : undefined;
  const at = functionBody(kernel).args.indexOf(x);
  return at < 0 || (x.type as MemRefType).layout !== undefined ? undefined : at;
}
