/** @file The attributes that `llvm` operations share: its own fast-math and overflow flags, quoted predicates, orderings. */

import type { Attr } from "../../attrs.js";
import type { AttrKind } from "../../slots.js";
import {
  enumeration,
  type FloatPredicate,
  fastMathWords,
  flagsKind,
  floatPredicates,
  integerPredicates,
  overflowWords,
} from "../arith/attributes.js";

export const fastmathFlags = flagsKind("llvm", "fastmath", fastMathWords, ", ", "fast");
const overflowText = flagsKind("llvm", "overflow", overflowWords, ", ");
/** A number in the generic form, bit by bit. */
export const overflowFlags: typeof overflowText = {
  ...overflowText,
  read: (a, context) =>
    a.kind === "int" ? overflowWords.filter((_, i) => (a.value >> BigInt(i)) & 1n) : overflowText.read(a, context),
  write(words, context) {
    const bits = overflowWords.reduce((sum, w, i) => sum + (words.includes(w) ? 2 ** i : 0), 0);
    return { kind: "int", value: BigInt(bits), type: context.types.scalar("i32") };
  },
};

/** `"slt"`, in quotes here. */
export const integerPredicate = enumeration(integerPredicates, "i64", true);

const floatWords = enumeration(floatPredicates, "i64");
const spelled = (word: FloatPredicate): string => (word === "true" || word === "false" ? `_${word}` : word);

/** `"olt"`; the two constant ones are `"_true"` and `"_false"`. */
export const floatPredicate: AttrKind<FloatPredicate> = {
  ...floatWords,
  pretty: {
    print: (word) => `"${spelled(word)}"`,
    parse(parser): Attr {
      const text = parser.string();
      const word = floatPredicates.find((w) => spelled(w) === text);
      return word === undefined ? parser.fail(`unknown predicate "${text}"`) : floatWords.write(word, parser.context);
    },
  },
};

/** A word kept as `#llvm.NAME<word>`. */
export function wordKind(name: string): AttrKind<string> {
  return {
    describe: `#llvm.${name}<…>`,
    read: (a) => (a.kind === "dialect" && a.name === `llvm.${name}` ? a.body : undefined),
    write: (body) => ({ kind: "dialect", name: `llvm.${name}`, body }),
  };
}
