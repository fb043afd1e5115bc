/** @file What was planned for a program of a bundle: its arena beside what no plan could do without, and how its kernels run. */

import type { Manifest, Program, Target } from "../runtime-lib/bundle/generated/manifest.js";
import { countLaunches } from "./kernel-places.js";
import { formatBytes } from "./progress.js";

/** A line for each program of a target. */
export function planLines({ entries }: Manifest, target: Target): readonly string[] {
  return [
    ...target.programs.map((program) => `${entries[program.entry]!.name}: ${arenaText(program)}`),
    scheduleText(target),
  ];
}

function arenaText({ memory: { arenaBytes, lowerBoundBytes } }: Program): string {
  return `arena ${sizeText(arenaBytes)}, no plan needs less than ${sizeText(lowerBoundBytes)}`;
}

/** Kernels run one after another in the order of the manifest; those with a grid are cut into chunks, which threads share. */
function scheduleText(target: Target): string {
  const launches = [...countLaunches(target)];
  const count = (some: typeof launches): number => some.reduce((sum, [, times]) => sum + times, 0);
  const shared = launches.filter(([k]) => (target.kernels[k]?.grid.length ?? 0) > 0);
  return `schedule: ${count(launches)} kernels launched one after another, ${count(shared)} of them in chunks that threads share`;
}

/** Bytes where an expression is a number, else the expression. */
function sizeText(expression: string): string {
  return /^\d+$/.test(expression) ? formatBytes(Number(expression)) : expression;
}
