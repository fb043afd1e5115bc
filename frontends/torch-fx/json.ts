/**
 * @file JSON whose integers are exact. `JSON.parse` rounds integers beyond 2^53, and graphs are full of 2^63-1 (the end of an
 * open slice); so long integers are put between quotes, behind a mark, before the parser sees them.
 */

/** U+0001 cannot stand unescaped in JSON, and no name of a graph begins with it. */
const MARK = "\u0001";

/** Strings as they are, and integers of 16 digits or more that stand alone. */
const longIntegers = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/gs;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Parses `text`; integers that numbers cannot hold arrive as marked strings, for `integerOf` to read.
 * @throws SyntaxError where `text` is no JSON.
 */
export function parseJson(text: string): Json {
  const exact = text.replace(longIntegers, (token) => (token.startsWith('"') ? token : `"\\u0001${token}"`));
  return JSON.parse(exact) as Json;
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
