/** @file Where a kernel, or a step of a schedule, comes from in the model, as text; shared by `explain` and `profile`. */

import type { Manifest, SourceLocation, Step, Target } from "../runtime-lib/bundle/generated/manifest.js";

/** `conv1 (net.py:12)` for a node of a graph, `model.mlir:3:5` for a position; empty where nothing is known. */
export function placeText({ file, node, line, column, code }: SourceLocation): string {
  if (node !== undefined) return code === undefined ? node : `${node} (${code})`;
  return line > 0 ? `${file}:${line}:${column}` : file;
}

/** The places of some indices into the manifest's sources, each text once. */
export function placeTexts({ sources }: Pick<Manifest, "sources">, indices: readonly number[]): readonly string[] {
  const texts = indices.flatMap((k) => (sources[k] === undefined ? [] : [placeText(sources[k])]));
  return [...new Set(texts)].filter((text) => text !== "");
}

/** A few of `texts`, and how many more there are. */
export function someOf(texts: readonly string[], most: number): string {
  const shown = texts.slice(0, most).join(", ");
  return texts.length <= most ? shown : `${shown} and ${texts.length - most} more`;
}

/** Every step of a schedule, those inside others too, in order. */
export function* everyStep(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    const { action } = step;
    if (action.kind === "if") yield* everyStep([...action.body, ...action.otherwise]);
    else if (action.kind === "while") yield* everyStep([...action.before, ...action.body]);
    else if (action.kind === "switch") yield* everyStep([...action.cases.flatMap((c) => c.body), ...action.otherwise]);
  }
}

/** How often the schedules of a target name each kernel, by its position. */
export function countLaunches({ programs }: Pick<Target, "programs">): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { steps } of programs)
    for (const { action } of everyStep(steps))
      if (action.kind === "launch") counts.set(action.kernel, (counts.get(action.kernel) ?? 0) + 1);
  return counts;
}
