/**
 * @file Affine maps and sets as functions, for whoever evaluates the same one very often. Same values, same errors as
 * `evaluateMap`; made once per map object.
 */

import type { AffineMap, IntegerSet } from "./affine.js";
import { type AffineExpr, evaluateAffine, isBinary } from "./affine-expr.js";

/** Takes the dims, then the symbols. */
type Compiled = (inputs: readonly number[]) => number;

/** Within these bounds sums and products of what indexes memory stay exact, so they need no check. */
const SMALL = 2 ** 26;

function compile(e: AffineExpr, numDims: number): Compiled {
  if (e.kind === "constant") return () => e.value;
  if (!isBinary(e)) {
    const at = e.kind === "dim" ? e.position : numDims + e.position;
    return (inputs) => inputs[at]!;
  }
  const [lhs, rhs] = [compile(e.lhs, numDims), compile(e.rhs, numDims)];
  if (e.kind === "add") return checked(e, numDims, (inputs) => lhs(inputs) + rhs(inputs));
  if (e.kind === "mul") return checked(e, numDims, (inputs) => lhs(inputs) * rhs(inputs));
  return (inputs) => evaluateAffine(e, inputs.slice(0, numDims), inputs.slice(numDims));
}

/** Large values go the way that notices overflow. */
function checked(e: AffineExpr, numDims: number, fast: Compiled): Compiled {
  return (inputs) => {
    const value = fast(inputs);
    return value < SMALL && value > -SMALL
      ? value + 0
      : evaluateAffine(e, inputs.slice(0, numDims), inputs.slice(numDims));
  };
}

const maps = new WeakMap<AffineMap, readonly Compiled[]>();

/** The results of `map` at the given dims and symbols. */
export function runMap(map: AffineMap, inputs: readonly number[]): number[] {
  let compiled = maps.get(map);
  if (!compiled) {
    compiled = map.results.map((e) => compile(e, map.numDims));
    maps.set(map, compiled);
  }
  const results = new Array<number>(compiled.length);
  for (let i = 0; i < compiled.length; i++) results[i] = compiled[i]!(inputs);
  return results;
}

const sets = new WeakMap<IntegerSet, readonly { readonly value: Compiled; readonly kind: "eq" | "ge" }[]>();

/** True when the dims and symbols satisfy every constraint. */
export function runSet(set: IntegerSet, inputs: readonly number[]): boolean {
  let compiled = sets.get(set);
  if (!compiled) {
    compiled = set.constraints.map(({ expr, kind }) => ({ value: compile(expr, set.numDims), kind }));
    sets.set(set, compiled);
  }
  return compiled.every(({ value, kind }) => (kind === "eq" ? value(inputs) === 0 : value(inputs) >= 0));
}
