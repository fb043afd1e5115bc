/**
 * @file Operators on strings, which programs do not have: computed here and now where the strings are known. Case is changed
 * without regard to a locale.
 */

import type { Value } from "../../../ir/graph.js";
import { fromScalars, sizeOf } from "../../../ir/ndarray.js";
import type { ImportNode, OpRow, RowResult } from "../context.js";
import { describeImported, isTensor, type StringsItem } from "../imported.js";

/** Input `i`, whose strings must be known. */
export function stringsIn(n: ImportNode, i: number): StringsItem {
  const x = n.imported(i);
  if (!isTensor(x) && x.kind === "strings") return x;
  const what = isTensor(x) ? "a tensor of numbers" : describeImported(x);
  return n.unsupported(`input ${i} is ${what} where strings are needed`, "make the strings a constant of the model");
}

function concatenated(n: ImportNode): StringsItem {
  const [a, b] = [stringsIn(n, 0), stringsIn(n, 1)];
  const rank = Math.max(a.shape.length, b.shape.length);
  const sizes = (x: StringsItem): number[] => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const [left, right] = [sizes(a), sizes(b)];
  const shape = left.map((d, i) => (d === 1 ? right[i]! : d));
  if (shape.some((d, i) => right[i] !== 1 && right[i] !== d)) return n.invalid("its inputs cannot be broadcast");
  const read = (x: StringsItem, own: readonly number[], at: number): string => {
    let [index, rest] = [0, at];
    let step = sizeOf(own);
    let whole = sizeOf(shape);
    own.forEach((size, i) => {
      whole /= shape[i]!;
      step /= size;
      const place = Math.floor(rest / whole);
      rest %= whole;
      index += size === 1 ? 0 : place * step;
    });
    return x.values[index]!;
  };
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => read(a, left, i) + read(b, right, i));
  return { kind: "strings", shape, values };
}

/** Stop words taken out, then the case changed; at least one string is left, if only an empty one. */
function normalized(n: ImportNode): StringsItem {
  const x = stringsIn(n, 0);
  const isExact = n.flag("is_case_sensitive");
  const key = (text: string): string => (isExact ? text : text.toLowerCase());
  const stops = new Set((n.strings("stopwords") ?? []).map(key));
  const action = n.word("case_change_action", ["NONE", "LOWER", "UPPER"]);
  const change = {
    NONE: (s: string) => s,
    LOWER: (s: string) => s.toLowerCase(),
    UPPER: (s: string) => s.toUpperCase(),
  };
  const kept = x.values.filter((text) => !stops.has(key(text))).map(change[action]);
  const values = kept.length === 0 ? [""] : kept;
  return { kind: "strings", shape: [...x.shape.slice(0, -1), values.length], values };
}

/** At most `limit` splits; without a delimiter, at runs of white space, of which none is left but at the very end. */
export function splitText(text: string, delimiter: string, limit: number): readonly string[] {
  if (delimiter !== "") {
    const parts = text.split(delimiter);
    return parts.length <= limit ? parts : [...parts.slice(0, limit), parts.slice(limit).join(delimiter)];
  }
  const parts: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const space = parts.length < limit ? /\s+/.exec(rest) : null;
    if (space === null) return [...parts, rest];
    parts.push(rest.slice(0, space.index));
    rest = rest.slice(space.index + space[0].length);
  }
  return parts;
}

function split(n: ImportNode): RowResult {
  const x = stringsIn(n, 0);
  const limit = n.int("maxsplit", Number.MAX_SAFE_INTEGER);
  const parts = x.values.map((text) => splitText(text, n.string("delimiter", ""), limit));
  const width = parts.reduce((most, list) => Math.max(most, list.length), 0);
  const values = parts.flatMap((list) => [...list, ...new Array<string>(width - list.length).fill("")]);
  const counts = n.t.constant(
    fromScalars(
      "i64",
      x.shape,
      parts.map((list) => BigInt(list.length)),
    ),
  );
  return [{ kind: "strings", shape: [...x.shape, width], values }, counts];
}

/** What RE2 writes in another way than JavaScript, or JavaScript does not have. */
const foreign = /\(\?[a-zA-Z-]*[:)]|\\[ACzQEpP]|\[\[:|\(\?P/;

/** Characters that `\s` and `.` take in one of them only. */
const ambiguous = /[\r\v\u0080-\uffff]/;

/** The pattern as JavaScript has it, where both languages mean the same. */
function expressionOf(n: ImportNode, pattern: string, texts: readonly string[]): RegExp {
  // A group that does not capture is written alike in both.
  const isForeign = foreign.test(pattern.replaceAll("(?:", "("));
  const isAmbiguous = /\\[sS]|\./.test(pattern) && texts.some((text) => ambiguous.test(text));
  if (isForeign || isAmbiguous) return n.unsupported(`pattern '${pattern}'`);
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return n.unsupported(`pattern '${pattern}'`);
  }
}

function fullMatch(n: ImportNode): Value {
  const x = stringsIn(n, 0);
  const expression = expressionOf(n, n.string("pattern") ?? n.invalid("attribute 'pattern' is missing"), x.values);
  const hits = x.values.map((text) => Number(expression.test(text)));
  return n.t.constant(fromScalars("i1", x.shape, hits));
}

export const strings: readonly OpRow[] = [
  { name: "StringConcat", since: 20, build: concatenated },
  { name: "StringNormalizer", since: 10, build: normalized },
  { name: "StringSplit", since: 20, build: split },
  { name: "RegexFullMatch", since: 20, build: fullMatch },
];
