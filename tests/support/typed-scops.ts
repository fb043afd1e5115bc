/** @file Scops from text whose arrays have types, for tests of what weighs bytes. */

import { Context } from "../../ir/context.js";
import { Block, type Value } from "../../ir/graph.js";
import type { Scop, Statement } from "../../lowering/loops/polyhedral/scop.js";
import { scopOfText } from "./scops.js";

export interface TypedScop extends Scop {
  readonly arrays: ReadonlyMap<string, Value>;
  /** More storage. */
  readonly make: (shape: readonly number[]) => Value;
}

/** Arrays of f64 with the shapes of their names. */
export function typedScop(text: string, shapeOf: (name: string) => readonly number[]): TypedScop {
  const context = new Context([]);
  const block = new Block();
  const make = (shape: readonly number[]): Value => block.addArg(context.types.memref(shape, "f64"));
  const scop = scopOfText(text);
  const arrays = new Map([...scop.arrays.keys()].map((name) => [name, make(shapeOf(name))]));
  const typed = new Map([...scop.arrays].map(([name, value]) => [value, arrays.get(name)!]));
  const statements = scop.statements.map((s): Statement => {
    const moved = new Map(s.accesses.map((a) => [a, { ...a, array: typed.get(a.array)! }]));
    const { reduction, ...rest } = { ...s, accesses: [...moved.values()] };
    return reduction ? { ...rest, reduction: { ...reduction, accumulator: moved.get(reduction.accumulator)! } } : rest;
  });
  return { ...scop, statements, arrays, make };
}
