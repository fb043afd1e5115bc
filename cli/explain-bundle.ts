/**
 * @file The work of `persimmons explain`: what a kernel of a bundle comes from, what it runs as, and what passes decided
 * about it with their reasons. All of it stands in the manifest; nothing is compiled or run.
 */

import { compileError } from "../ir/diagnostic.js";
import { closest } from "../ir/suggest.js";
import type { Kernel, Manifest, Remark, Target } from "../runtime-lib/bundle/generated/manifest.js";
import { openBundle } from "../runtime-lib/bundle/read-bundle.js";
import type { ExplainOptions } from "./commands/explain.js";
import { cliCode, usageError } from "./faults.js";
import { countLaunches, placeTexts, someOf } from "./kernel-places.js";
import type { Outcome, Session } from "./session.js";

/** Lists kernels, or explains the one that is named. Rejects (exit 2) where there is none of that name, with the nearest. */
export async function explainBundle(
  { signal }: Session,
  path: string,
  subject: readonly string[],
  options: ExplainOptions,
): Promise<Outcome> {
  const [what, name, ...more] = subject;
  if (what !== undefined && what !== "kernel") throw unknownSubject(what);
  if (what !== undefined && name === undefined)
    throw usageError("the kernel has no name", `persimmons explain ${path} lists kernels`);
  if (more.length > 0) throw usageError(`'${more[0]}' is too much`, "one kernel is explained at a time");
  const { manifest } = await openBundle(path, { signal });
  const target = targetNamed(manifest, options.target);
  const launches = countLaunches(target);
  if (name === undefined) return listing(manifest, target, launches);
  const index = target.kernels.findIndex((kernel) => kernel.symbol === name);
  const kernel = target.kernels[index];
  if (kernel === undefined) throw unknownKernel(name, target);
  return explanation(manifest, target, kernel, launches.get(index) ?? 0);
}

function unknownSubject(what: string): Error {
  const fix = closest(what, ["kernel"]) === undefined ? "write: explain DIR kernel NAME" : "did you mean 'kernel'?";
  return usageError(`'${what}' is nothing that can be explained`, fix);
}

function targetNamed({ targets }: Manifest, name: string | undefined): Target {
  const found = name === undefined ? targets[0] : targets.find((t) => t.name === name);
  if (found !== undefined) return found;
  const there = targets.map((t) => t.name);
  const near = name === undefined ? undefined : closest(name, there);
  const fix = near === undefined ? `it has ${there.join(", ") || "none"}` : `did you mean '${near}'?`;
  const message = name === undefined ? "the bundle has no target" : `the bundle has no target '${name}'`;
  throw compileError(cliCode.target, message, { exitCode: 2, fix });
}

function unknownKernel(name: string, { name: target, kernels }: Target): Error {
  const names = kernels.map((kernel) => kernel.symbol);
  const near = closest(name, names);
  const fix = near === undefined ? `it has ${someOf(names, 12) || "none"}` : `did you mean '${near}'?`;
  return usageError(`the target ${target} has no kernel '${name}'`, fix);
}

interface Explained {
  readonly kernel: string;
  readonly runsAs: string;
  /** Nodes and lines of the model. */
  readonly sources: readonly string[];
  /** How often schedules name it; a loop may launch it more often. */
  readonly launches: number;
  readonly grid: readonly string[];
  readonly flops: string;
  readonly bytes: string;
  readonly decisions: readonly Remark[];
}

function explained(manifest: Manifest, kernel: Kernel, launches: number): Explained {
  const { symbol, summary, sources, grid, flops, bytes, remarks } = kernel;
  const places = placeTexts(manifest, sources);
  return { kernel: symbol, runsAs: summary, sources: places, launches, grid, flops, bytes, decisions: remarks };
}

function listing(manifest: Manifest, target: Target, launches: ReadonlyMap<number, number>): Outcome {
  const kernels = target.kernels.map((kernel, k) => explained(manifest, kernel, launches.get(k) ?? 0));
  const width = Math.max(0, ...kernels.map(({ kernel }) => kernel.length));
  return {
    data: { target: target.name, kernels },
    lines: [
      `${kernels.length} kernels for ${target.name}`,
      ...kernels.map(({ kernel, runsAs, sources }) => {
        const from = sources.length === 0 ? "" : `  from ${someOf(sources, 3)}`;
        return `  ${kernel.padEnd(width)}  ${runsAs}${from}`;
      }),
    ],
  };
}

function explanation(manifest: Manifest, target: Target, kernel: Kernel, launches: number): Outcome {
  const told = explained(manifest, kernel, launches);
  const { sources, grid, decisions } = told;
  const times = `${launches} ${launches === 1 ? "time" : "times"}`;
  const pieces = grid.length === 0 ? "in one piece, on one thread" : `in ${grid.join(" x ")} chunks for threads`;
  return {
    data: { target: target.name, ...told },
    lines: [
      `${told.kernel} for ${target.name}`,
      `  runs as   ${told.runsAs}`,
      ...sources.map((place, k) => `  ${k === 0 ? "from" : "    "}      ${place}`),
      `  launched  ${times} by the schedule, ${pieces}`,
      `  costs     ${costText(told)}`,
      decisions.length === 0 ? "  no pass has said anything about it" : "  decided",
      ...decisions.flatMap(decisionLines),
    ],
  };
}

/** A kernel that neither computes nor moves anything is one whose costs nobody could count. */
function costText({ flops, bytes }: Pick<Explained, "flops" | "bytes">): string {
  if (flops === "0" && bytes === "0") return "not known";
  return `${flops} operations, at least ${bytes} bytes`;
}

function decisionLines({ pass, what, why, numbers }: Remark): readonly string[] {
  const listed = numbers.map(({ name, value }) => `${name} ${value}`).join(", ");
  return [`    ${pass}: ${what}`, `      because ${why}`, ...(listed === "" ? [] : [`      ${listed}`])];
}
