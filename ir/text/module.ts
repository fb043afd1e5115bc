/** @file Reading and printing whole modules. */

import type { Context } from "../context.js";
import { compileError } from "../diagnostic.js";
import { moduleBody, moduleOp, newModule } from "../dialects/builtin.js";
import { funcOp, functionsOf, returnOp, updateFunctionType } from "../dialects/func.js";
import type { Operation } from "../graph.js";
import { parseOps } from "./parser.js";
import { type PrintOptions, printOp } from "./printer.js";

/**
 * Parses a module; functions outside one are given one. Nothing is verified beyond what parsing needs.
 * @throws CompileError with every problem found.
 */
export function parseModule(text: string, file: string, context: Context): Operation {
  const ops = parseOps(text, file, context);
  const [first] = ops;
  const module = ops.length === 1 && moduleOp.matches(first) ? first! : wrap(ops, context);
  for (const func of functionsOf(module)) if (couldReturn(func, context)) updateFunctionType(func, context);
  return module;
}

/** Whether what a function returns fits what it declares, sizes that are not known left open; if not, the verifier says so. */
function couldReturn(func: Operation, context: Context): boolean {
  const { results } = funcOp.attrsOf(func).function_type;
  const ends = func.region(0).blocks.flatMap((block) => (returnOp.matches(block.last) ? [block.last!] : []));
  return ends.every(
    ({ operands }) =>
      operands.length === results.length &&
      operands.every((x, k) => context.mergeTypes(results[k]!, x.type) !== undefined),
  );
}

function wrap(ops: readonly Operation[], context: Context): Operation {
  const module = newModule(context);
  for (const op of ops) {
    if (!op.def.traits.includes("symbol"))
      throw compileError("PS1100", `expected a module or functions, not ${op.name}`, { at: op.at });
    moduleBody(module).append(op);
  }
  return module;
}

export function printModule(module: Operation, context: Context, options: PrintOptions = {}): string {
  return printOp(module, context, options);
}
