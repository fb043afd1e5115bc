/**
 * @file Whether a tensor is what it should be. Floats (and complex numbers) are compared as a whole: max|a-b| / max|b| must
 * not exceed the tolerance, with NaNs and infinities in the same places. All other types must be equal.
 */

import { elementFacts, parseElementType } from "../ir/element.js";
import { fromBytes, type NdArray } from "../ir/ndarray.js";
import { maxRelativeError } from "../ir/ndarray-compare.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";

export const defaultTolerance = 1e-4;

export interface Comparison {
  readonly name: string;
  readonly ok: boolean;
  /** max|a-b| / max|b|; for types compared exactly the share of elements that differ. Absent where shapes or types differ. */
  readonly error?: number;
  /** What differs, for people; absent where nothing does. */
  readonly problem?: string;
}

/** Compares `got` with the reference `want`. */
export function compareTensors(name: string, got: TensorData, want: TensorData, tolerance: number): Comparison {
  const differs = (problem: string): Comparison => ({ name, ok: false, problem: `'${name}': ${problem}` });
  if (got.dtype !== want.dtype) return differs(`elements are ${got.dtype}, expected ${want.dtype}`);
  if (got.shape.join() !== want.shape.join()) {
    return differs(`the shape is [${got.shape.join(", ")}], expected [${want.shape.join(", ")}]`);
  }
  const [a, b] = [arrayOf(got), arrayOf(want)];
  const { kind } = elementFacts[b.element];
  return kind === "float" || kind === "complex" ? compareFloats(name, a, b, tolerance) : compareExactly(name, a, b);
}

export function arrayOf({ dtype, shape, bytes }: TensorData): NdArray {
  const element = parseElementType(dtype);
  if (element === undefined) throw new Error(`no element type '${dtype}'`);
  return fromBytes(element, shape, bytes);
}

function compareFloats(name: string, a: NdArray, b: NdArray, tolerance: number): Comparison {
  const error = maxRelativeError(a, b);
  if (error <= tolerance) return { name, ok: true, error };
  const at = worst(a, b);
  const where = `${a.data[at]} at ${placeOf(at, b)} where ${b.data[at]} is expected`;
  const problem = `'${name}': max|a-b| / max|b| is ${error.toPrecision(3)}, more than ${tolerance}; ${where}`;
  return { name, ok: false, error, problem };
}

function compareExactly(name: string, a: NdArray, b: NdArray): Comparison {
  let different = 0;
  let first = -1;
  for (let i = 0; i < b.data.length; i++) {
    if (a.data[i] === b.data[i]) continue;
    if (first < 0) first = i;
    different++;
  }
  if (first < 0) return { name, ok: true, error: 0 };
  const where = `first ${a.data[first]} at ${placeOf(first, b)} where ${b.data[first]} is expected`;
  const problem = `'${name}': ${different} of ${b.data.length} elements differ, ${where}`;
  return { name, ok: false, error: different / b.data.length, problem };
}

/** Where the two are farthest apart; NaN or infinity on one side alone counts as farthest. */
function worst(a: NdArray, b: NdArray): number {
  let [at, most] = [0, -1];
  for (let i = 0; i < b.data.length; i++) {
    if (Object.is(a.data[i], b.data[i])) continue;
    const distance = Math.abs(Number(a.data[i]) - Number(b.data[i]));
    if (!Number.isFinite(distance)) return i;
    if (distance > most) [at, most] = [i, distance];
  }
  return at;
}

/** The index of number `flat` of an array's data: of the element, where it is complex. */
function placeOf(flat: number, { shape, element }: NdArray): string {
  let rest = elementFacts[element].kind === "complex" ? Math.floor(flat / 2) : flat;
  const index = shape.map(() => 0);
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return `[${index.join(", ")}]`;
}
