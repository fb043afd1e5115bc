/**
 * @file Conditions that every call must meet: the exporter's guards as sizes that must be zero, not zero, or not negative. What the
 * ranges of sizes say already is left out; a guard that cannot be a condition is warned of, never dropped in silence.
 */

import type { Context } from "../../ir/context.js";
import { diagnostic } from "../../ir/diagnostic.js";
import type { Dim, DimTable } from "../../ir/dim.js";
import type { Condition } from "../../ir/entry.js";
import { type GuardExpr, parseGuard } from "./guard-text.js";
import { importCode } from "./problems.js";
import type { TorchProgram } from "./records.js";

/** What an argument is: the sizes of a tensor, or a whole number. */
export type ArgumentSizes = { readonly shape: readonly Dim[] } | { readonly number: Dim };

/** An argument by the keys that lead to it: `["batch", 0]`. */
export type FindArgument = (keys: readonly (string | number)[]) => ArgumentSizes | undefined;

/** The program's guards; a layout is what every program is given dense, so what they say of strides holds. */
export function conditionsOf(program: TorchProgram, find: FindArgument, context: Context): readonly Condition[] {
  return program.guards.flatMap((text) => {
    const found = readCondition(text, find, context.dims);
    if (found === "layout") return [];
    if (found !== undefined) return found.filter((c) => !isProved(c, context.dims));
    const at = { kind: "bytes", file: program.file, offset: 0 } as const;
    const message = `the exporter's guard '${inWords(text)}' is not checked when the program runs`;
    context.diagnostics.add(diagnostic(importCode.guard, message, { severity: "warning", at }));
    return [];
  });
}

function readCondition(text: string, find: FindArgument, dims: DimTable): readonly Condition[] | "layout" | undefined {
  let expr: GuardExpr;
  try {
    expr = parseGuard(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (mentionsLayout(expr)) return "layout";
  const parts = conjuncts(expr).map((part) => conditionOf(part, find, dims, inWords(text)));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** The guard as the user would write it: `x.shape[0] % 4 == 0`. */
function inWords(text: string): string {
  return text.replace(/\bL\['(\w+)'\]/g, "$1").replace(/\.size\(\)\[/g, ".shape[");
}

const layoutWords = new Set(["stride", "storage_offset", "is_contiguous"]);

function mentionsLayout(expr: GuardExpr): boolean {
  if (expr.kind === "call") return expr.args.some(mentionsLayout);
  if (expr.kind === "method") return layoutWords.has(expr.name) || mentionsLayout(expr.of);
  return expr.kind === "item" && mentionsLayout(expr.of);
}

function conjuncts(expr: GuardExpr): readonly GuardExpr[] {
  return expr.kind === "call" && expr.name === "and" ? expr.args.flatMap(conjuncts) : [expr];
}

const comparisons: Readonly<
  Record<string, (dims: DimTable, a: Dim, b: Dim) => { readonly relation: Condition["relation"]; readonly value: Dim }>
> = {
  "==": (dims, a, b) => ({ relation: "zero", value: dims.sub(a, b) }),
  "!=": (dims, a, b) => ({ relation: "nonzero", value: dims.sub(a, b) }),
  ">=": (dims, a, b) => ({ relation: "nonnegative", value: dims.sub(a, b) }),
  "<=": (dims, a, b) => ({ relation: "nonnegative", value: dims.sub(b, a) }),
  ">": (dims, a, b) => ({ relation: "nonnegative", value: dims.sub(dims.sub(a, b), 1) }),
  "<": (dims, a, b) => ({ relation: "nonnegative", value: dims.sub(dims.sub(b, a), 1) }),
};
const opposite: Readonly<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  ">=": "<",
  "<": ">=",
  "<=": ">",
  ">": "<=",
};

function conditionOf(expr: GuardExpr, find: FindArgument, dims: DimTable, words: string): Condition | undefined {
  if (expr.kind !== "call") return undefined;
  const [first, second] = expr.args;
  if (expr.name === "not") {
    const turned = first?.kind === "call" ? opposite[first.name] : undefined;
    return turned === undefined || first?.kind !== "call"
      ? undefined
      : conditionOf({ ...first, name: turned }, find, dims, words);
  }
  const compare = comparisons[expr.name];
  if (!compare || first === undefined || second === undefined) return undefined;
  const [a, b] = [dimOf(first, find, dims), dimOf(second, find, dims)];
  if (a === undefined || b === undefined) return undefined;
  return { message: `the model was exported for arguments with ${words}`, ...compare(dims, a, b) };
}

type Fold = (dims: DimTable, args: readonly Dim[]) => Dim | undefined;

const two =
  (f: (dims: DimTable, a: Dim, b: Dim) => Dim): Fold =>
  (dims, [a, b]) =>
    a === undefined || b === undefined ? undefined : f(dims, a, b);

/** A divisor of zero fails another guard, or the program's own sizes; here it must only do no harm. */
const positive = (dims: DimTable, d: Dim): Dim => (dims.bounds(d).min >= 1 ? d : dims.max(d, 1));

const folds: Readonly<Record<string, Fold>> = {
  "+": two((dims, a, b) => dims.add(a, b)),
  "-": two((dims, a, b) => dims.sub(a, b)),
  "*": two((dims, a, b) => dims.mul(a, b)),
  "//": two((dims, a, b) => dims.floorDiv(a, positive(dims, b))),
  FloorDiv: two((dims, a, b) => dims.floorDiv(a, positive(dims, b))),
  "%": two((dims, a, b) => dims.mod(a, positive(dims, b))),
  Mod: two((dims, a, b) => dims.mod(a, positive(dims, b))),
  PythonMod: two((dims, a, b) => dims.mod(a, positive(dims, b))),
  "**": (dims, [a, b]) =>
    a === undefined || typeof b !== "number" || b < 0 || b > 16 ? undefined : dims.product(new Array<Dim>(b).fill(a)),
  negate: (dims, [a]) => (a === undefined ? undefined : dims.sub(0, a)),
  max: (dims, args) => args.reduce((a, b) => dims.max(a, b)),
  Max: (dims, args) => args.reduce((a, b) => dims.max(a, b)),
  min: (dims, args) => args.reduce((a, b) => dims.min(a, b)),
  Min: (dims, args) => args.reduce((a, b) => dims.min(a, b)),
};

function dimOf(expr: GuardExpr, find: FindArgument, dims: DimTable): Dim | undefined {
  switch (expr.kind) {
    case "number":
      return Number.isSafeInteger(expr.value) ? expr.value : undefined;
    case "argument": {
      const found = find(expr.keys);
      return found !== undefined && "number" in found ? found.number : undefined;
    }
    case "item": {
      const shape = shapeOf(expr.of, find);
      return shape?.[expr.index];
    }
    case "method": {
      if (expr.of.kind !== "argument") return undefined;
      const found = find(expr.of.keys);
      if (found === undefined || !("shape" in found)) return undefined;
      if (expr.name === "dim" || expr.name === "ndim") return found.shape.length;
      return expr.name === "numel" ? dims.product(found.shape) : undefined;
    }
    case "call": {
      const args = expr.args.map((x) => dimOf(x, find, dims));
      return args.length > 0 && args.every((d) => d !== undefined) ? folds[expr.name]?.(dims, args) : undefined;
    }
  }
}

function shapeOf(expr: GuardExpr, find: FindArgument): readonly Dim[] | undefined {
  if (expr.kind !== "method" || (expr.name !== "size" && expr.name !== "shape") || expr.of.kind !== "argument")
    return undefined;
  const found = find(expr.of.keys);
  return found !== undefined && "shape" in found ? found.shape : undefined;
}

function isProved({ relation, value }: Condition, dims: DimTable): boolean {
  const { min, max } = dims.bounds(value);
  if (relation === "zero") return min === 0 && max === 0;
  return relation === "nonzero" ? min > 0 || max < 0 : min >= 0;
}
