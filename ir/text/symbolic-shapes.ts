/**
 * @file Symbolic sizes across text. MLIR writes every size that is not a number as `?`, so a function carries
 * two attributes: `psm.symbols` (each symbol with its range and kind) and `psm.shapes` (the sizes of every value
 * whose type prints a `?`, in the order in which the text defines them). `parse(print(f))` restores all of it.
 */

import { type Attr, type AttrDict, arrayAttr, stringAttr } from "../attrs.js";
import type { Context } from "../context.js";
import { compileError } from "../diagnostic.js";
import type { Dim } from "../dim.js";
import type { Block, Operation, Value } from "../graph.js";
import type { Location } from "../location.js";
import { isShaped, printType, type Type } from "../types.js";

export const SHAPES = "psm.shapes";
export const SYMBOLS = "psm.symbols";

/** The operation's own extra attributes; for a function with symbolic sizes also the two that describe those. */
export function extraWithShapes(op: Operation, context: Context): AttrDict {
  if (op.def.name !== "func.func") return op.extra;
  const shapes: Attr[] = [];
  const used = new Set<string>();
  for (const value of definedValues(op)) {
    if (!isSymbolic(value.type)) continue;
    const { shape } = value.type as { shape: readonly Dim[] };
    for (const d of shape) for (const s of context.dims.symbolsOf(d)) used.add(s);
    shapes.push(stringAttr(shape.map((d) => context.dims.print(d)).join(", ")));
  }
  if (shapes.length === 0) return op.extra;
  const symbols = [...used].sort().map((name) => stringAttr(printSymbolRange(name, context)));
  return { ...op.extra, [SHAPES]: arrayAttr(shapes), [SYMBOLS]: arrayAttr(symbols) };
}

function printSymbolRange(name: string, context: Context): string {
  const { min, max } = context.dims.range(name);
  return `${name} in [${min}, ${max === Number.POSITIVE_INFINITY ? "inf" : max}] ${context.dims.kind(name)}`;
}

export function isSymbolic(type: Type): boolean {
  return isShaped(type) && type.kind !== "vector" && type.shape.some((d) => typeof d !== "number");
}

/** Every value a function defines, in the order its text does: arguments before operations, results before regions. */
function* definedValues(func: Operation): Generator<Value> {
  for (const region of func.regions) for (const block of region.blocks) yield* valuesOfBlock(block);
}

function* valuesOfBlock(block: Block): Generator<Value> {
  yield* block.args;
  for (const op of block.ops()) {
    for (const region of op.regions) for (const inner of region.blocks) yield* valuesOfBlock(inner);
    yield* op.results;
  }
}

/** Gives the values of a function just read the sizes that its `psm.shapes` lists. */
export function restoreShapes(func: Operation, context: Context, at: Location): void {
  const list = func.extra[SHAPES];
  if (func.def.name !== "func.func" || list === undefined) return;
  const texts = strings(list);
  let next = 0;
  for (const value of definedValues(func)) {
    const { type } = value;
    if (!isShaped(type) || !isSymbolic(type)) continue;
    const text = texts[next++] ?? "";
    const dims = splitTopLevel(text).map((d) => context.dims.parse(d));
    if (dims.length !== type.shape.length || dims.includes(undefined)) {
      throw compileError("PS1106", `entry ${next - 1} of ${SHAPES}, '${text}', does not fit ${printType(type)}`, {
        at,
      });
    }
    value.type = context.withShape(type, dims as readonly Dim[]);
  }
  if (next !== texts.length)
    throw compileError("PS1106", `${SHAPES} lists ${texts.length} shapes for ${next} values`, { at });
  const { [SHAPES]: _, [SYMBOLS]: __, ...rest } = func.extra;
  func.extra = rest;
}

/** Declares the symbols that any `psm.symbols` in the text names, before fresh names can take theirs. */
export function declareSymbols(text: string, context: Context): void {
  if (!text.includes(SYMBOLS)) return;
  for (const [, name, min, max, kind] of text.matchAll(/"([\w$.]+) in \[(\d+), (\d+|inf)\] (input|data)"/g)) {
    const range = { min: Number(min), max: max === "inf" ? Number.POSITIVE_INFINITY : Number(max) };
    if (!context.dims.has(name!)) context.dims.symbol(name!, range, kind as "input" | "data");
  }
}

function strings(attr: Attr | undefined): readonly string[] {
  if (attr?.kind !== "array") return [];
  return attr.items.flatMap((x) => (x.kind === "string" ? [x.value] : []));
}

/** Splits at commas outside parentheses. */
function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (text[i] === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
