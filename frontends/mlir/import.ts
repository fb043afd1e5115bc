/**
 * @file The MLIR front end: StableHLO text as JAX writes it (`jax.jit(f).lower(…).as_text()`). The text is the
 * graph level already; here it is read, checked whole, and its entries are named.
 */

import { readFileSync, statSync } from "node:fs";
import { referencedSymbols } from "../../ir/analysis/references.js";
import { type Attr, type AttrDict, arrayAttr, stringAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { CompileError, compileError } from "../../ir/diagnostic.js";
import { funcOp, functionName, functionsOf } from "../../ir/dialects/func.js";
import type { Operation } from "../../ir/graph.js";
import { parseModule } from "../../ir/text/module.js";
import { verify } from "../../ir/verify.js";

/** A JavaScript string ends here; larger programs keep their weights outside the text. */
const MAX_BYTES = 512 * 1024 * 1024;

/** @throws CompileError with every problem of the text: syntax, unknown operations, types. */
export function importMlir(path: string, context: Context): Operation {
  const bytes = statSync(path).size;
  if (bytes >= MAX_BYTES) {
    throw compileError("PS2201", `${path} has ${bytes} bytes; texts of ${MAX_BYTES} and more are not read`, {
      fix: "keep large constants as dense_resource",
    });
  }
  return importMlirText(readFileSync(path, "utf8"), path, context);
}

export function importMlirText(text: string, file: string, context: Context): Operation {
  const module = parseModule(text, file, context);
  const problems = verify(module, context);
  if (problems.length > 0) throw new CompileError(problems);
  hideCalled(module, context);
  for (const func of functionsOf(module)) nameInterface(func);
  if (![...functionsOf(module)].some(isEntry))
    throw compileError("PS2202", `${file} has no public function with a body`, { fix: "make one function public" });
  return module;
}

/** Beside `@main`, what others call is no entry: JAX leaves the bodies of its windows public. */
function hideCalled(module: Operation, context: Context): void {
  const functions = [...functionsOf(module)];
  if (!functions.some((f) => functionName(f) === "main" && isEntry(f))) return;
  const called = referencedSymbols(module, context);
  for (const func of functions) {
    const name = functionName(func);
    if (name !== "main" && called.has(name)) func.setAttr("sym_visibility", "private");
  }
}

function isEntry(func: Operation): boolean {
  return funcOp.attrsOf(func).sym_visibility !== "private" && func.region(0).blocks.length > 0;
}

/** Arguments and results that the text does not name are `arg0`, `result0`, … */
function nameInterface(func: Operation): void {
  if (!isEntry(func)) return;
  const { function_type: type, arg_attrs, res_attrs } = funcOp.attrsOf(func);
  func.setAttr("arg_attrs", named(arg_attrs, type.inputs.length, "arg"));
  func.setAttr("res_attrs", named(res_attrs, type.results.length, "result"));
}

function named(attr: Attr | undefined, count: number, base: string): Attr {
  const dicts: readonly AttrDict[] =
    attr?.kind === "array" ? attr.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
  const items = Array.from({ length: count }, (_, i): Attr => {
    const entries = dicts[i] ?? {};
    const given = entries["psm.name"] ?? entries["jax.arg_info"];
    const name = given?.kind === "string" && given.value !== "" ? given.value : `${base}${i}`;
    return { kind: "dict", entries: { ...entries, "psm.name": stringAttr(name) } };
  });
  return arrayAttr(items);
}
