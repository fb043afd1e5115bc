/**
 * @file What the launches of a run compute and move, as numbers: the manifest's expressions at the sizes of the inputs.
 * Where sizes are known only during the run, or control flow decides how often a kernel is launched, the mean of the
 * launches that can be told stands for all.
 */

import { evaluateExpression, parseExpression } from "../runtime-lib/bundle/expression.js";
import type { Entry, Kernel, Launch, Program, Target } from "../runtime-lib/bundle/generated/manifest.js";
import { RuntimeFault } from "../runtime-lib/diagnostic.js";
import type { TensorShape } from "../runtime-lib/engines/engine.js";
import { everyStep } from "./kernel-places.js";

/** One launch that a schedule names. */
export interface LaunchSite {
  /** Position among the target's kernels. */
  readonly kernel: number;
  /** Indices into the manifest's sources. */
  readonly sources: readonly number[];
  /** Absent where a size is known only during the run. */
  readonly flops?: number;
  readonly bytes?: number;
}

/** The launches of an entry's schedule, in its order. */
export function launchSites(
  target: Pick<Target, "kernels">,
  program: Program,
  entry: Pick<Entry, "inputs">,
  inputs: readonly TensorShape[],
): readonly LaunchSite[] {
  const sizes = sizesOf(entry, inputs);
  const sites: LaunchSite[] = [];
  for (const { action, sources } of everyStep(program.steps)) {
    if (action.kind !== "launch") continue;
    const kernel = target.kernels[action.kernel]!;
    sites.push({ kernel: action.kernel, sources, ...costOf(kernel, action, sizes) });
  }
  return sites;
}

/** The symbols that stand alone in the shapes of inputs. */
function sizesOf({ inputs }: Pick<Entry, "inputs">, tensors: readonly TensorShape[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach(({ shape }, k) => {
    shape.forEach((text, d) => {
      const actual = tensors[k]?.shape[d];
      if (/^[A-Za-z_]\w*$/.test(text) && actual !== undefined) sizes.set(text, actual);
    });
  });
  return sizes;
}

function costOf(
  kernel: Kernel,
  { scalars }: Launch,
  sizes: ReadonlyMap<string, number>,
): { readonly flops?: number; readonly bytes?: number } {
  const names = kernel.arguments.filter((a) => a.kind === "scalar").map((a) => a.name);
  const known = new Map(sizes);
  names.forEach((name, k) => {
    const value = scalars[k] === undefined ? undefined : expressionValue(scalars[k], sizes);
    // A scalar hides the size of the same name.
    if (value === undefined) known.delete(name);
    else known.set(name, value);
  });
  const [flops, bytes] = [expressionValue(kernel.flops, known), expressionValue(kernel.bytes, known)];
  return { ...(flops === undefined ? {} : { flops }), ...(bytes === undefined ? {} : { bytes }) };
}

/** The value of an expression, or `undefined` where one of its symbols has none. */
function expressionValue(text: string, sizes: ReadonlyMap<string, number>): number | undefined {
  try {
    return evaluateExpression(parseExpression(text), sizes);
  } catch (error) {
    if (error instanceof RuntimeFault) return undefined;
    throw error;
  }
}

/** The mean of what is known, or `undefined`. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((v) => v !== undefined);
  return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / known.length;
}
