/**
 * @file Expansions of a scop: copies of scalars and arrays for the iterations of the loops in which alone their values
 * live, with the storage for them and what has to be written back when the loops are done.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { countedLoop, upTo } from "../../structured/build-loops.js";
import type { Dependence } from "./dependences.js";
import { type ArrayCopies, expandArrays } from "./expand-arrays.js";
import { expandScalars, type MakeArray } from "./expand-scalars.js";
import { privatisable } from "./privatise.js";
import type { Scop } from "./scop.js";

export interface Expanded {
  readonly scop: Scop;
  /** Allocations in front of the function's loops. */
  readonly made: readonly Operation[];
  /** Builds what comes after the loops. */
  readonly finish: (b: Builder) => void;
  readonly remarks: readonly {
    readonly what: string;
    readonly why: string;
    readonly numbers: Record<string, string>;
  }[];
}

export interface ExpansionContext {
  readonly func: Operation;
  readonly scop: Scop;
  readonly deps: readonly Dependence[];
  readonly cpu: CpuDescription;
  readonly context: Context;
}

export function asItIs(scop: Scop): Expanded {
  return { scop, made: [], finish: () => {}, remarks: [] };
}

const isOurs = (array: Value): boolean => memref.alloca.matches(array.definingOp);

/** Scalars of the function alone; `undefined` where there are none to expand. */
export function expandedScalars({ func, scop, deps, context }: ExpansionContext): Expanded | undefined {
  const privates = privatisable(scop, deps, isOurs);
  if (privates.length === 0) return undefined;
  const { make, made } = storage(func, context);
  return { ...asItIs(scop), scop: expandScalars(scop, privates, make), made };
}

/** Scalars, and arrays that the caller may see: those get their last values when the loops are done. */
export function expandedArrays({ func, scop, deps, cpu, context }: ExpansionContext): Expanded | undefined {
  const isArray = ({ type }: Value): boolean => (type as MemRefType).shape.length > 0;
  const arrays = privatisable(scop, deps, isArray);
  const { make, made } = storage(func, context);
  const { scop: withCopies, copies } = expandArrays(scop, arrays, cpu, make);
  if (copies.length === 0) return undefined;
  const expanded = expandScalars(withCopies, privatisable(scop, deps, isOurs), make);
  const remarks = copies.map(({ array, last, bytes }) => ({
    what: `an array of ${(array.type as MemRefType).shape.join(" x ")} has copies for the iterations of its inner loops`,
    why: "each iteration writes all of it before it reads it; the last copy is written back",
    numbers: { copies: `${last.map((x) => x + 1).join(" x ")}`, bytes: `${bytes}` },
  }));
  const finish = (b: Builder): void => {
    for (const copy of copies) writeBack(b, copy);
  };
  return { scop: expanded, made, finish, remarks };
}

function storage(func: Operation, context: Context): { readonly make: MakeArray; readonly made: readonly Operation[] } {
  const made: Operation[] = [];
  const b = Builder.before(context, func.region(0).blocks[0]!.first!);
  const make: MakeArray = (shape, element) => {
    const results = [context.types.memref(shape, element)];
    made.push(b.op(memref.alloc, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results }));
    return made.at(-1)!.result;
  };
  return { make, made };
}

/** The copy of the last iteration is what the array holds when the loops are done. */
function writeBack(b: Builder, { array, copies, last }: ArrayCopies): void {
  const { shape } = array.type as MemRefType;
  const over = (here: Builder, indices: readonly Value[]): void => {
    const size = shape[indices.length];
    if (size !== undefined) {
      countedLoop(here, upTo(here, constantIndex(here, size as number)), (inner, x) => over(inner, [...indices, x]));
      return;
    }
    const from = [...last.map((x) => constantIndex(here, x)), ...indices];
    const value = here.value(memref.load, { memref: copies, indices: from }, {});
    here.op(memref.store, { value, memref: array, indices }, {});
  };
  over(b, []);
}
