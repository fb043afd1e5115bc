/**
 * @file The attributes that `arith` and its neighbours share: fast-math flags, overflow flags, predicates.
 * Flags are lists of words in upstream's order; predicates are words, stored as their number in upstream's enum.
 */

import type { Attr } from "../../attrs.js";
import type { AttrKind } from "../../slots.js";
import type { OpParser } from "../../text/assembly.js";

/** A set of words written `keyword<a,b>` in a pretty form and `#dialect.keyword<a,b>` elsewhere; the empty set is `none`. */
export function flagsKind<const W extends string>(
  dialect: string,
  keyword: string,
  words: readonly W[],
  separator: string,
  all?: string,
): AttrKind<readonly W[]> {
  const print = (value: readonly W[]): string => {
    if (value.length === 0) return "none";
    return all !== undefined && value.length === words.length ? all : value.join(separator);
  };
  const read = (body: string): readonly W[] | undefined => {
    if (body === "none") return [];
    if (body === all) return words;
    const given = body.split(",").map((w) => w.trim());
    return given.every((w) => (words as readonly string[]).includes(w))
      ? words.filter((w) => given.includes(w))
      : undefined;
  };
  return {
    describe: `flags among ${words.join(", ")}`,
    read: (a) => (a.kind === "dialect" && a.name === `${dialect}.${keyword}` ? read(a.body) : undefined),
    write: (value) => ({ kind: "dialect", name: `${dialect}.${keyword}`, body: print(value) }),
    pretty: {
      print: (value) => `${keyword}<${print(value)}>`,
      parse(parser: OpParser): Attr | undefined {
        if (!parser.tryKeyword(keyword)) return undefined;
        const given = parser.list("<", ">", () => parser.identifier("a flag"));
        return { kind: "dialect", name: `${dialect}.${keyword}`, body: given.join(",") };
      },
    },
  };
}

/** One word of a list, stored as its position: the form of upstream's integer enums. `quoted` ones print as strings. */
export function enumeration<const W extends string>(
  words: readonly W[],
  element: "i32" | "i64",
  quoted = false,
): AttrKind<W> {
  const fromWord = (word: string, parser: OpParser): Attr => {
    const position = (words as readonly string[]).indexOf(word);
    if (position < 0) parser.fail(`expected one of ${words.join(", ")}, found '${word}'`);
    return { kind: "int", value: BigInt(position), type: parser.context.types.scalar(element) };
  };
  return {
    describe: `one of ${words.join(", ")}`,
    read: (a) => (a.kind === "int" ? words[Number(a.value)] : undefined),
    write: (value, context) => ({
      kind: "int",
      value: BigInt(words.indexOf(value)),
      type: context.types.scalar(element),
    }),
    pretty: {
      print: (value) => (quoted ? `"${value}"` : value),
      parse: (parser) => fromWord(quoted ? parser.string() : parser.identifier("a word"), parser),
    },
  };
}

export const fastMathWords = ["reassoc", "nnan", "ninf", "nsz", "arcp", "contract", "afn"] as const;
export type FastMathFlag = (typeof fastMathWords)[number];
/** Licences to compute something close to the operation; the interpreter uses none. */
export const fastMath = flagsKind("arith", "fastmath", fastMathWords, ",", "fast");

export const overflowWords = ["nsw", "nuw"] as const;
export type OverflowFlag = (typeof overflowWords)[number];
/** Promises that the result does not wrap, as a signed or unsigned number. */
export const overflow = flagsKind("arith", "overflow", overflowWords, ", ");

export const integerPredicates = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"] as const;
export type IntegerPredicate = (typeof integerPredicates)[number];
export const integerPredicate = enumeration(integerPredicates, "i64");

export const floatPredicates = [
  "false",
  "oeq",
  "ogt",
  "oge",
  "olt",
  "ole",
  "one",
  "ord",
  "ueq",
  "ugt",
  "uge",
  "ult",
  "ule",
  "une",
  "uno",
  "true",
] as const;
export type FloatPredicate = (typeof floatPredicates)[number];
export const floatPredicate = enumeration(floatPredicates, "i64");

export const roundingModes = ["to_nearest_even", "downward", "upward", "toward_zero", "to_nearest_away"] as const;
export type RoundingMode = (typeof roundingModes)[number];
const roundingWords = enumeration(roundingModes, "i32");
/** Absent in most texts, so it tells from the next word whether it is there. */
export const roundingMode: AttrKind<RoundingMode> = {
  ...roundingWords,
  pretty: {
    print: (value) => value,
    parse(parser) {
      const word = roundingModes.find((w) => parser.tryKeyword(w));
      return word === undefined ? undefined : roundingWords.write(word, parser.context);
    },
  },
};
