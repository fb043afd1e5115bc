/** @file The exporter's guards as conditions of an entry: arguments by the names that guards give them. */

import type { Condition } from "../../ir/entry.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { type EntryArgument, itemName } from "./entry-arguments.js";
import { conditionsOf, type FindArgument } from "./guards.js";
import type { TorchProgram } from "./records.js";
import type { SymbolTable } from "./symbols.js";
import { leafKeys } from "./trees.js";

/** Conditions on the sizes of the inputs; what depends on numbers that the user gives is checked by the program itself. */
export function conditionsOfSizes(
  program: TorchProgram,
  args: readonly EntryArgument[],
  symbols: SymbolTable,
  t: TensorBuilder,
): readonly Condition[] {
  const { dims } = t.context;
  const sizes = new Set(
    args.flatMap(({ type }) => type.shape.filter((d) => typeof d !== "number")).map((d) => dims.print(d)),
  );
  return conditionsOf(program, findArgument(program, args, symbols), t.context).filter(
    ({ message, relation, value }) => {
      if (dims.symbolsOf(value).every((name) => sizes.has(name))) return true;
      const number = t.scalar(value);
      const zero = t.scalar(0);
      const checks = {
        zero: () => t.eq(number, zero),
        nonzero: () => t.ne(number, zero),
        nonnegative: () => t.ge(number, zero),
      };
      t.assert(checks[relation](), message);
      return false;
    },
  );
}

/** Arguments as the exporter's guards name them: `["batch", 0]`, or `["flat_args", 3]` by position among the leaves. */
function findArgument(program: TorchProgram, args: readonly EntryArgument[], symbols: SymbolTable): FindArgument {
  const users = program.inputs.flatMap((spec, k) => (spec.kind === "user" || spec.kind === "fixed" ? [k] : []));
  const keys = program.inputTree === undefined ? [] : leafKeys(program.inputTree).map((k) => namedKeys(k, program));
  const byKeys = new Map(keys.map((k, i) => [k.join("\0"), i]));
  return ([first, ...rest]) => {
    const direct = [first, ...rest].join("\0");
    // `*xs` has parameters `xs_0`, `xs_1`.
    const spread = [`${first}_${rest[0]}`, ...rest.slice(1)].join("\0");
    const leaf = first === "flat_args" ? Number(rest[0]) : (byKeys.get(direct) ?? byKeys.get(spread));
    const position = leaf === undefined ? undefined : users[leaf];
    const argument = args.find(({ item }) => position !== undefined && item === itemName(program, position));
    if (argument === undefined) return undefined;
    const number = program.graph.symbols.get(argument.item);
    if (number === undefined) return { shape: argument.type.shape };
    const dim = typeof number === "object" ? symbols.dim(number) : undefined;
    return dim === undefined ? undefined : { number: dim };
  };
}

/** `[0, 1, "mask"]` is a part of the second positional argument, `[1, "scale"]` a keyword argument. */
function namedKeys([root, index, ...rest]: readonly (string | number)[], program: TorchProgram) {
  const name = root === 0 && typeof index === "number" ? program.argumentNames?.[index] : index;
  return [name ?? index, ...rest];
}
