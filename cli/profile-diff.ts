/**
 * @file Two profiles beside each other. Kernels of two bundles have little in common but what they come from, so times are
 * summed up by that: the nodes of the model that a kernel computes.
 */

import { someOf } from "./kernel-places.js";
import { type KernelTime, type Profile, timeText } from "./profile-run.js";

export interface SourceChange {
  readonly sources: readonly string[];
  /** Milliseconds of a run, in the first bundle and in the second; 0 where it has no kernel from there alone. */
  readonly before: number;
  readonly after: number;
  readonly kernelsBefore: readonly string[];
  readonly kernelsAfter: readonly string[];
}

/** By how much they change a run, most first. */
export function changesBetween(a: Profile, b: Profile): readonly SourceChange[] {
  const [before, after] = [bySources(a.kernels), bySources(b.kernels)];
  const changes = [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const [x, y] = [before.get(key) ?? [], after.get(key) ?? []];
    return {
      sources: (x[0] ?? y[0])!.sources,
      before: timeOf(x),
      after: timeOf(y),
      kernelsBefore: x.map((k) => k.kernel),
      kernelsAfter: y.map((k) => k.kernel),
    };
  });
  return changes.toSorted((x, y) => Math.abs(y.after - y.before) - Math.abs(x.after - x.before));
}

function bySources(kernels: readonly KernelTime[]): ReadonlyMap<string, readonly KernelTime[]> {
  const groups = new Map<string, KernelTime[]>();
  for (const kernel of kernels) {
    const key = JSON.stringify(kernel.sources.toSorted());
    groups.set(key, [...(groups.get(key) ?? []), kernel]);
  }
  return groups;
}

function timeOf(kernels: readonly KernelTime[]): number {
  return kernels.reduce((sum, k) => sum + (k.milliseconds ?? 0), 0);
}

export function changeLines(a: Profile, b: Profile, changes: readonly SourceChange[]): readonly string[] {
  const signed = (ms: number): string => `${ms < 0 ? "-" : "+"}${timeText(Math.abs(ms))}`;
  const row = (before: number, after: number, what: string): string =>
    `  ${[timeText(before), timeText(after), signed(after - before)].map((t) => t.padStart(11)).join("")}  ${what}`;
  return [
    `${a.bundle} -> ${b.bundle}`,
    `  ${["before", "after", "change"].map((t) => t.padStart(11)).join("")}  from`,
    row(a.milliseconds, b.milliseconds, "the whole run"),
    ...changes.map(({ sources, before, after }) =>
      row(before, after, someOf(sources, 4) || "(nothing of the model's)"),
    ),
  ];
}
