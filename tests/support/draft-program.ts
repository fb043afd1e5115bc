/** @file Builds a small function, `@main`, whose inputs come with their values: what random programs are made of. */

import { Builder } from "../../ir/builder.js";
import { Context } from "../../ir/context.js";
import { builtin, moduleBody, newModule } from "../../ir/dialects/builtin.js";
import { chlo } from "../../ir/dialects/chlo/dialect.js";
import { buildFunction, func, funcOp, returnOp } from "../../ir/dialects/func.js";
import { stablehlo } from "../../ir/dialects/stablehlo/dialect.js";
import type { ElementType } from "../../ir/element.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import type { NdArray } from "../../ir/ndarray.js";
import { printModule } from "../../ir/text/module.js";
import type { TensorType, Type } from "../../ir/types.js";
import type { EntryOptions, Random } from "./random.js";

/** A context with the graph-level dialects that random programs use. */
export function graphContext(): Context {
  return new Context([builtin, func, stablehlo, chlo]);
}

export class Draft {
  readonly context = graphContext();
  readonly module: Operation = newModule(this.context);
  readonly inputs: NdArray[] = [];
  /** Operations of `@main` go here. */
  readonly builder: Builder;
  readonly #block = new Block();

  constructor() {
    this.builder = new Builder(this.context, this.#block);
  }

  tensor(element: ElementType, shape: readonly number[] = []): TensorType {
    return this.context.types.tensor(shape, element);
  }

  /** An argument of the function with this value. */
  argument(array: NdArray): Value {
    this.inputs.push(array);
    return this.#block.addArg(this.tensor(array.element, array.shape));
  }

  /** An argument with random entries. */
  random(r: Random, element: ElementType, shape: readonly number[], options?: EntryOptions): Value {
    return this.argument(r.array(element, shape, options));
  }

  /** Another function of the module. */
  function(
    name: string,
    inputs: readonly Type[],
    fill: (b: Builder, args: readonly Value[]) => readonly Value[],
  ): void {
    buildFunction(this.context, this.module, name, inputs, fill, { visibility: "private" });
  }

  /** Ends `@main`; the text of the module. */
  finish(results: readonly Value[]): string {
    this.builder.op(returnOp, { operands: results }, {});
    const args = this.#block.args.map((x) => x.type);
    const type = this.context.types.func(
      args,
      results.map((x) => x.type),
    );
    const at = new Builder(this.context, moduleBody(this.module));
    at.op(funcOp, {}, { sym_name: "main", function_type: type }, { regions: [newRegion(this.#block)] });
    return printModule(this.module, this.context);
  }
}
