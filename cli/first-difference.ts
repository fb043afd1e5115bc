/**
 * @file Finds the first node at which a compiled model and a reference part. First every inner value is made an output, and
 * the two are compared in the order of computation. Where none differs (compiling with more outputs fuses less), values
 * are made the only output one after another, halving what is left.
 */

import type { TensorData } from "../runtime-lib/engines/engine.js";
import { type Comparison, compareTensors } from "./compare.js";
import type { ModelProbe, ProbedValue } from "./probe.js";

/** Computes values of a model by name; those it has no value for are left out. */
export type Compute = (names: readonly string[]) => Promise<ReadonlyMap<string, TensorData>>;

export interface Difference {
  readonly value: ProbedValue;
  readonly comparison: Comparison;
  /** Whether it shows only when nothing else is asked for, so that the fault is in what is fused. */
  readonly fusedOnly: boolean;
}

/** The first difference, or undefined where none can be found. */
export async function firstDifference(
  probe: ModelProbe,
  compiled: Compute,
  reference: Compute,
  tolerance: number,
): Promise<Difference | undefined> {
  const names = probe.values.map(({ name }) => name);
  const want = await reference(names);
  const known = probe.values.filter(({ name }) => want.has(name));
  const compare = (value: ProbedValue, got: ReadonlyMap<string, TensorData>): Comparison =>
    compareTensors(value.name, got.get(value.name)!, want.get(value.name)!, tolerance);

  const got = await compiled(known.map(({ name }) => name));
  for (const value of known) {
    const comparison = compare(value, got);
    if (!comparison.ok) return { value, comparison, fusedOnly: false };
  }
  // Invariant: the value at `wrong` differs when compiled alone; none before `right` is known to.
  let [right, wrong] = [0, known.length - 1];
  let found: Difference | undefined;
  while (right <= wrong) {
    const middle = found === undefined ? wrong : (right + wrong) >> 1;
    const value = known[middle]!;
    const comparison = compare(value, await compiled([value.name]));
    if (!comparison.ok) {
      found = { value, comparison, fusedOnly: true };
      wrong = middle - 1;
    } else if (found === undefined) return undefined;
    else right = middle + 1;
  }
  return found;
}
