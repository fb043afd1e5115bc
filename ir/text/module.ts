/** @file Reading and printing whole modules. */

import type { Context } from "../context.js";
import { compileError } from "../diagnostic.js";
import { moduleBody, moduleOp, newModule } from "../dialects/builtin.js";
import { functionsOf, updateFunctionType } from "../dialects/func.js";
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
  for (const func of functionsOf(module)) updateFunctionType(func, context);
  return module;
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
