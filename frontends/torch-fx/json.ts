/**
 * @file JSON whose integers are exact. `JSON.parse` rounds integers beyond 2^53, and graphs are full of 2^63-1 (the end of an
 * open slice); so long integers are put between quotes, behind a mark, before the parser sees them.
 */

/** U+0001 cannot stand unescaped in JSON, and no name of a graph begins with it. */
const MARK = "\u0001";

/** Integers of 16 digits or more that stand alone. */
const longIntegers = /(?<![\w.+-])-?\d{16,}(?![\d.eE])/g;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Parses `text`; integers that numbers cannot hold arrive as marked strings, for `integerOf` to read.
 * @throws SyntaxError where `text` is no JSON.
 */
export function parseJson(text: string): Json {
  return JSON.parse(exact(text)) as Json;
}

function exact(text: string): string {
  const parts: string[] = [];
  let done = 0;
  let quote = nextQuote(text, 0);
  let isInside = false;
  for (const { 0: digits, index } of text.matchAll(longIntegers)) {
    // Quotes are walked up to the integer: one that is part of a text stays as it is.
    for (; quote !== -1 && quote < index; quote = nextQuote(text, quote + 1)) isInside = !isInside;
    if (isInside) continue;
    parts.push(text.slice(done, index), `"\\u0001${digits}"`);
    done = index + digits.length;
  }
  return done === 0 ? text : parts.join("") + text.slice(done);
}

/** The next quote that begins or ends a text. */
function nextQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at;
}

const BACKSLASH = 0x5c;

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

/** An integer, or `undefined` where `x` is none. */
export function integerOf(x: Json | undefined): bigint | undefined {
  if (typeof x === "number") return Number.isSafeInteger(x) ? BigInt(x) : undefined;
  if (typeof x !== "string" || !x.startsWith(MARK)) return undefined;
  return BigInt(x.slice(1));
}

const words: Readonly<Record<string, number>> = { Infinity, "-Infinity": -Infinity, NaN };

/** A float, which the serializer writes as a word where JSON has no number for it; `undefined` where `x` is none. */
export function floatOf(x: Json | undefined): number | undefined {
  if (typeof x === "number") return x;
  if (typeof x !== "string") return undefined;
  const integer = integerOf(x);
  return integer === undefined ? words[x] : Number(integer);
}
