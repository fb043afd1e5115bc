/**
 * @file Reads the text of symbolic dimensions: sums and products of integers, symbols and calls such as
 * `floordiv(s0 + 1, 2)`. The reader only recognises; it hands every operation to a `DimArithmetic`, so what it returns
 * is in normal form.
 */

import { safeInteger } from "./integer.js";

/** What the reader builds with. `symbol` and `call` return undefined for names they do not know. */
export interface DimArithmetic<D> {
  constant(value: number): D;
  symbol(name: string): D | undefined;
  call(name: string, args: readonly D[]): D | undefined;
  add(a: D, b: D): D;
  sub(a: D, b: D): D;
  mul(a: D, b: D): D;
}

const token = /\s*(?:([A-Za-z_$][\w$.]*)|(\d+)|([-+*(),]))/y;

/** The tokens of `text`, or undefined when it has a character that no token has. */
function tokenize(text: string): string[] | undefined {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const match = token.exec(trimmed);
    if (match === null) return undefined;
    tokens.push(match[1] ?? match[2] ?? match[3]!);
  }
  return tokens;
}

const MAX_DEPTH = 64;

/** The dimension that `text` spells, or undefined when it is not one. Throws PS1101 and PS1102 as the arithmetic does. */
export function parseDim<D>(text: string, build: DimArithmetic<D>): D | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined) return undefined;
  let at = 0;
  const eat = (wanted: string): boolean => {
    if (tokens[at] !== wanted) return false;
    at++;
    return true;
  };
  let depth = 0;
  const sum = (): D | undefined => {
    let left = product();
    while (left !== undefined && (tokens[at] === "+" || tokens[at] === "-")) {
      const combine = tokens[at++] === "+" ? build.add : build.sub;
      const right = product();
      left = right === undefined ? undefined : combine(left, right);
    }
    return left;
  };
  const product = (): D | undefined => {
    let left = factor();
    while (left !== undefined && eat("*")) {
      const right = factor();
      left = right === undefined ? undefined : build.mul(left, right);
    }
    return left;
  };
  const factor = (): D | undefined => {
    if (depth >= MAX_DEPTH) return undefined;
    depth++;
    const read = operand();
    depth--;
    return read;
  };
  const operand = (): D | undefined => {
    if (eat("-")) {
      const negated = factor();
      return negated === undefined ? undefined : build.sub(build.constant(0), negated);
    }
    if (eat("(")) {
      const inner = sum();
      return eat(")") ? inner : undefined;
    }
    const word = tokens[at++];
    if (word === undefined || /^[-+*(),]$/.test(word)) return undefined;
    if (/^\d/.test(word)) return build.constant(safeInteger(Number(word)));
    return eat("(") ? call(word) : build.symbol(word);
  };
  const call = (name: string): D | undefined => {
    const args: D[] = [];
    do {
      const arg = sum();
      if (arg === undefined) return undefined;
      args.push(arg);
    } while (eat(","));
    return eat(")") ? build.call(name, args) : undefined;
  };
  const result = sum();
  return at === tokens.length ? result : undefined;
}
