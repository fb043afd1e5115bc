/** @file Reading and printing whole modules. */

import type { Context } from "../context.js";
import { compileError } from "../diagnostic.js";
import { moduleBody, moduleOp, newModule } from "../dialects/builtin.js";
import { funcOp, functionsOf, updateFunctionType } from "../dialects/func.js";
import type { Operation } from "../graph.js";
import { parseOp } from "./parser.js";
import { type PrintOptions, printOp } from "./printer.js";

/**
 * Parses a module; a lone function is given one. Nothing is verified beyond what parsing needs.
 * @throws CompileError with every problem found.
 */
export function parseModule(text: string, file: string, context: Context): Operation {
  const top = parseOp(text, file, context);
  const module = moduleOp.matches(top) ? top : wrap(top, context);
  for (const func of functionsOf(module)) updateFunctionType(func, context);
  return module;
}

function wrap(op: Operation, context: Context): Operation {
  if (!funcOp.matches(op))
    throw compileError("PS1100", `expected a module or a function, not ${op.name}`, { at: op.at });
  const module = newModule(context);
  moduleBody(module).append(op);
  return module;
}

export function printModule(module: Operation, context: Context, options: PrintOptions = {}): string {
  return printOp(module, context, options);
}
