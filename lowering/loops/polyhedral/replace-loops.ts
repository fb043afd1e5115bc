/** @file Puts the loops of a schedule tree in the place of those that the scop was read from. */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import type { Operation } from "../../../ir/graph.js";
import { type GenerateOptions, generateLoops } from "./generate.js";
import { isHoisted } from "./read-values.js";
import type { ScheduleNode } from "./schedule-tree.js";
import type { Scop } from "./scop.js";

/** Changes the function that `scop` was read from, which holds nothing of its loops afterwards. `SetsTooLarge` before any change. */
export function replaceLoops(
  func: Operation,
  scop: Scop,
  root: ScheduleNode,
  context: Context,
  options: GenerateOptions = {},
): void {
  const block = func.region(0).blocks[0]!;
  const last = block.last!;
  const old = [...block.ops()].filter((op) => op !== last && !isHoisted(op, func));
  const b = Builder.before(context, last);
  // A nest that cannot be generated leaves the function as it was.
  const made = b.region([], (inner) => generateLoops(scop, root, inner, options));
  for (const op of [...made.blocks[0]!.ops()]) {
    op.detach();
    block.insertBefore(op, last);
  }
  for (const op of old.reverse()) op.erase();
}
