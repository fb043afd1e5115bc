/**
 * @file Assigns registers: a linear scan over live ranges. A register that was freed long ago is taken first, so that
 * independent instructions have different ones and can issue together. Nothing is spilled: a program that needs more
 * registers than there are is refused with both numbers.
 */

import { CompileError, diagnostic } from "../../../ir/diagnostic.js";
import { functionBody, functionName } from "../../../ir/dialects/func.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { registerCounts } from "../../../machine/opcodes.js";
import { type LiveRange, liveRanges } from "./live-ranges.js";

export interface Assignment {
  readonly registers: ReadonlyMap<Value, number>;
  /** The scalar register kept free for breaking cycles of moves. */
  readonly temporary: number;
  /** The most registers of each file that are in use at once. */
  readonly maxLive: Readonly<Record<"s" | "v", number>>;
}

/** Throws PS4304 (exit 4) where a register file is too small. */
export function assignRegisters(func: Operation, machine: AcceleratorDescription): Assignment {
  const ranges = liveRanges(func);
  const counts = registerCounts(machine);
  const temporary = counts.s - 1;
  const registers = new Map<Value, number>();
  const problems: string[] = [];
  const maxLive = { s: 0, v: 0 };
  for (const file of ["s", "v"] as const) {
    const own = ranges.filter((r) => r.file === file);
    maxLive[file] = mostAlive(own);
    const free = Array.from({ length: file === "s" ? temporary : counts.v }, (_, k) => k);
    if (!scan(own, free, registers))
      problems.push(`${maxLive[file]} registers of the file ${file}, which has ${free.length}`);
  }
  if (problems.length === 0) return { registers, temporary, maxLive };
  const name = functionName(func);
  const list = problems.map((p) =>
    diagnostic("PS4304", `kernel '${name}' keeps values in ${p} of them to give`, {
      at: functionBody(func).terminator.at,
    }),
  );
  throw new CompileError(list, 4);
}

/** Fills `registers`; false where `free` registers are not enough. */
function scan(ranges: readonly LiveRange[], pool: readonly number[], registers: Map<Value, number>): boolean {
  const given = new Set(ranges.flatMap((r) => (r.given === undefined ? [] : [r.given])));
  const free = pool.filter((k) => !given.has(k));
  let active: { readonly end: number; readonly register: number }[] = [];
  for (const range of ranges) {
    const ended = active.filter((a) => a.end < range.begin).sort((a, b) => a.end - b.end);
    active = active.filter((a) => a.end >= range.begin);
    free.push(...ended.map((a) => a.register));
    const register = range.given ?? free.shift();
    if (register === undefined) return false;
    for (const v of range.values) registers.set(v, register);
    active.push({ end: range.end, register });
  }
  return true;
}

function mostAlive(ranges: readonly LiveRange[]): number {
  return ranges.reduce((most, { begin }) => {
    return Math.max(most, ranges.filter((r) => r.begin <= begin && r.end >= begin).length);
  }, 0);
}
