/**
 * @file What passes over arrays cost: bytes that come from memory or go there, since the arrays stay in no cache, beside
 * the work at the points.
 */

import { elementFacts } from "../../../ir/element.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { bytesOf } from "./array-bytes.js";
import { extentOf } from "./dim-ranges.js";
import type { Filter } from "./schedule-tree.js";
import type { Scop, Statement } from "./scop.js";

export interface PassCost {
  readonly bytes: number;
  readonly cycles: number;
}

/** What memory gives one core in a cycle. */
const BYTES_PER_CYCLE = 4;
/** A point alone waits for the sum that the point before it made. */
const POINT_ALONE = 4;
/** What a symbolic extent is taken to be. */
const TYPICAL = 1024;

/** Of units that run one after the other, each of which reads an array once. */
export function passCost(
  scop: Scop,
  units: readonly Filter[],
  cpu: CpuDescription,
  inLanes: ReadonlySet<string>,
): PassCost {
  const costs = units.map(({ statements: names }): PassCost => {
    const own = scop.statements.filter((s) => names.includes(s.name));
    const bytes = movedBytes(own, cpu);
    const work = own.reduce((sum, s) => sum + workOf(s, cpu, inLanes.has(s.name)), 0);
    return { bytes, cycles: Math.ceil(Math.max(bytes / BYTES_PER_CYCLE, work)) };
  });
  const total = (field: keyof PassCost): number => costs.reduce((sum, cost) => sum + cost[field], 0);
  return { bytes: total("bytes"), cycles: total("cycles") };
}

/** Arrays that stay in no cache move once, and back where they are written. */
function movedBytes(statements: readonly Statement[], { caches }: CpuDescription): number {
  const accesses = statements.flatMap((s) => s.accesses);
  const arrays = [...new Set(accesses.map(({ array }) => array))];
  return arrays.reduce((sum, array) => {
    const bytes = bytesOf(array.type as MemRefType);
    if (bytes <= caches.l2) return sum;
    const isWritten = accesses.some((access) => access.array === array && access.kind === "write");
    return sum + bytes * (isWritten ? 2 : 1);
  }, 0);
}

function workOf(statement: Statement, { vectorBits }: CpuDescription, isInLanes: boolean): number {
  const points = statement.dims.reduce((n, _, d) => n * (extentOf(statement, d) ?? TYPICAL), 1);
  const bits = Math.max(...statement.accesses.map(({ array }) => elementFacts[elementOf(array.type)].bits));
  return points * (isInLanes ? (statement.accesses.length * bits) / vectorBits : POINT_ALONE);
}
