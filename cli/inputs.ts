/**
 * @file The inputs of a run as the command line gives them: files by name or in order, sizes, and a seed for the rest.
 * Every problem is found and reported at once.
 */

import { CompileError, type Diagnostic, diagnostic } from "../ir/diagnostic.js";
import { closest } from "../ir/suggest.js";
import { evaluateExpression, parseExpression, symbolsOf } from "../runtime-lib/bundle/expression.js";
import type { Entry, SizeSymbol, Value } from "../runtime-lib/bundle/generated/manifest.js";
import type { TensorData } from "../runtime-lib/engines/engine.js";
import { cliCode } from "./faults.js";
import { readNpy } from "./npy.js";
import { randomTensor } from "./random-inputs.js";

export interface InputOptions {
  /** `NAME=x.npy`, or `x.npy` for the next input in order. */
  readonly in?: readonly string[];
  /** Makes up the inputs that are not given. */
  readonly seed?: number;
  /** `SYMBOL=SIZE`. */
  readonly dim?: readonly string[];
}

/**
 * Inputs by name. Those that are not given are made up where there is a seed, and left out otherwise: binding them reports
 * what is missing. Throws a `CompileError` listing everything wrong with the options.
 */
export function gatherInputs(
  entry: Pick<Entry, "inputs">,
  symbols: readonly SizeSymbol[],
  options: InputOptions,
): ReadonlyMap<string, TensorData> {
  const problems: Diagnostic[] = [];
  const dims = readDims(options.dim ?? [], symbols, problems);
  const given = readFiles(entry.inputs, options.in ?? [], problems);
  if (options.seed !== undefined) {
    bindSizes(entry.inputs, given, dims);
    const absent = entry.inputs.filter((value) => !given.has(value.name));
    problems.push(...missingSizes(absent, symbols, dims));
    if (problems.length === 0) {
      for (const value of absent) {
        const shape = value.shape.map((size) => evaluateExpression(parseExpression(size), dims));
        given.set(value.name, randomTensor(options.seed, value.name, value.dtype, shape));
      }
    }
  }
  if (problems.length > 0) throw new CompileError(problems, 2);
  return given;
}

function readDims(
  texts: readonly string[],
  symbols: readonly SizeSymbol[],
  problems: Diagnostic[],
): Map<string, number> {
  const dims = new Map<string, number>();
  for (const text of texts) {
    const [, name = "", size = ""] = /^([^=]+)=(\d{1,15})$/.exec(text) ?? [];
    const symbol = symbols.find((s) => s.name === name);
    if (name === "") problems.push(problem(`'${text}' is no size`, "write --dim NAME=NUMBER"));
    else if (symbol === undefined) problems.push(unknownName("size", name, symbols));
    else if (Number(size) < symbol.min || Number(size) > (symbol.max ?? Number.POSITIVE_INFINITY)) {
      problems.push(problem(`${name}=${size} is out of range`, rangeOf(symbol)));
    } else dims.set(name, Number(size));
  }
  return dims;
}

function rangeOf({ name, min, max }: SizeSymbol): string {
  return max === undefined ? `${name} is at least ${min}` : `${name} is from ${min} to ${max}`;
}

/** Splits `NAME=FILE` at the name: names may contain `=`, so the longest known one wins. */
export function splitNamed(text: string, names: readonly string[]): { readonly name?: string; readonly file: string } {
  const known = names.filter((name) => text.startsWith(`${name}=`)).sort((a, b) => b.length - a.length)[0];
  const at = known?.length ?? text.indexOf("=");
  return at < 0 ? { file: text } : { name: text.slice(0, at), file: text.slice(at + 1) };
}

function readFiles(
  values: readonly Value[],
  texts: readonly string[],
  problems: Diagnostic[],
): Map<string, TensorData> {
  const given = new Map<string, TensorData>();
  const names = values.map((value) => value.name);
  const named = texts.map((text) => splitNamed(text, names));
  for (const { name, file } of named) {
    const taken = new Set([...given.keys(), ...named.map((n) => n.name)]);
    const wanted = name ?? names.find((n) => !taken.has(n));
    const value = values.find((v) => v.name === wanted);
    if (value === undefined) problems.push(surplus(name, file, values));
    else if (given.has(value.name)) problems.push(problem(`input '${value.name}' is given twice`));
    else readInto(given, value, file, problems);
  }
  return given;
}

function readInto(given: Map<string, TensorData>, value: Value, file: string, problems: Diagnostic[]): void {
  try {
    given.set(value.name, readNpy(file, value.dtype));
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    problems.push(...error.diagnostics);
  }
}

function surplus(name: string | undefined, file: string, values: readonly Value[]): Diagnostic {
  if (name !== undefined) return unknownName("input", name, values);
  return problem(`${file} is one input too many: the model takes ${values.length}`);
}

/** Adds the symbols that the shapes of given inputs decide; binding the inputs checks that they agree. */
function bindSizes(values: readonly Value[], given: ReadonlyMap<string, TensorData>, dims: Map<string, number>): void {
  for (const { name, shape } of values) {
    const tensor = given.get(name);
    shape.forEach((size, d) => {
      const expression = parseExpression(size);
      const actual = tensor?.shape[d];
      if (expression.kind === "symbol" && actual !== undefined && !dims.has(expression.name)) {
        dims.set(expression.name, actual);
      }
    });
  }
}

function missingSizes(
  values: readonly Value[],
  symbols: readonly SizeSymbol[],
  dims: ReadonlyMap<string, number>,
): readonly Diagnostic[] {
  const needed = new Set(values.flatMap((v) => v.shape.flatMap((size) => symbolsOf(parseExpression(size)))));
  return [...needed]
    .filter((name) => !dims.has(name))
    .map((name) => {
      const symbol = symbols.find((s) => s.name === name);
      const range = symbol === undefined ? "" : ` (${rangeOf(symbol)})`;
      return problem(`the size ${name} is not known`, `give --dim ${name}=NUMBER${range}`);
    });
}

function unknownName(what: string, name: string, known: readonly { readonly name: string }[]): Diagnostic {
  const names = known.map((k) => k.name);
  const near = closest(name, names);
  const there = `it has ${names.map((n) => `'${n}'`).join(", ") || "none"}`;
  return problem(`the model has no ${what} '${name}'`, near === undefined ? there : `did you mean '${near}'?`);
}

function problem(message: string, fix?: string): Diagnostic {
  return diagnostic(cliCode.inputs, message, fix === undefined ? {} : { fix });
}
