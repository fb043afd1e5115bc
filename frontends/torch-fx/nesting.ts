/**
 * @file How the user's arguments and results nest, as a bundle's manifest says it (runtime-lib/bundle/manifest.fbs,
 * Entry.input_nesting): trees of the exporter whose leaves are positions of the program's inputs and outputs.
 */

import { type EntryArgument, type EntryResult, itemName } from "./entry-arguments.js";
import type { Argument, TorchProgram, TreeSpec } from "./records.js";

/** Of the arguments; `undefined` where the exporter does not say, or an argument is always what JSON cannot say. */
export function nestingOfInputs(program: TorchProgram, args: readonly EntryArgument[]): string | undefined {
  const leaves: (Leaf | undefined)[] = [];
  program.inputs.forEach((spec, k) => {
    if (spec.kind !== "user" && spec.kind !== "fixed") return;
    const input = args.findIndex(({ item }) => item === itemName(program, k));
    const argument = spec.kind === "user" ? spec.argument : spec.value;
    const isNumber = spec.kind === "user" && argument.kind === "symbol";
    leaves.push(input < 0 ? fixedLeaf(argument) : { input, ...(isNumber ? { number: true } : {}) });
  });
  const { inputTree, argumentNames: parameters } = program;
  if (inputTree === undefined || !leaves.every((leaf) => leaf !== undefined)) return undefined;
  return nestingOf(inputTree, leaves, parameters === undefined ? {} : { parameters });
}

/** Of the results. */
export function nestingOfOutputs(
  program: TorchProgram,
  args: readonly EntryArgument[],
  results: readonly EntryResult[],
): string | undefined {
  const leaves: (Leaf | undefined)[] = [];
  let output = 0;
  for (const spec of program.outputs) {
    if (spec.kind !== "user" && spec.kind !== "loss") continue;
    const { argument } = spec;
    if (argument.kind === "none" || argument.kind === "string") leaves.push(fixedLeaf(argument));
    else leaves.push({ output: output++, ...(argument.kind === "tensor" ? {} : { number: true }) });
  }
  if (program.outputTree === undefined || !leaves.every((leaf) => leaf !== undefined)) return undefined;
  // States come last among the arguments, and their new values last among the results.
  const updates = results.flatMap(({ updates: of }, k) =>
    of !== undefined && args[of]?.written === "input" ? [[k, of]] : [],
  );
  return nestingOf(program.outputTree, leaves, updates.length === 0 ? {} : { updates });
}

/** A leaf: where the tensor or number is, or what it always is. */
type Leaf =
  | { readonly input: number; readonly number?: true }
  | { readonly output: number; readonly number?: true }
  | { readonly value: string | number | boolean | null };

type Node =
  | Leaf
  | { readonly list: readonly Node[] }
  | { readonly tuple: readonly Node[] }
  | { readonly dict: readonly (readonly [string, Node])[] }
  | { readonly type: string; readonly context: string; readonly children: readonly Node[] };

/** The text of the tree with these leaves; `undefined` where their number is not the tree's. */
function nestingOf(tree: TreeSpec, leaves: readonly Leaf[], more: Readonly<Record<string, unknown>>) {
  const rest = leaves[Symbol.iterator]();
  let isShort = false;
  const build = (spec: TreeSpec): Node => {
    if (spec.kind === "leaf") {
      const next = rest.next();
      isShort ||= next.done === true;
      return next.done ? { value: null } : next.value;
    }
    const children = spec.children.map(build);
    if (spec.type === "builtins.list") return { list: children };
    if (spec.type === "builtins.tuple") return { tuple: children };
    const { keys } = spec;
    if (spec.type === "builtins.dict" && keys) return { dict: children.map((child, k) => [keys[k]!, child] as const) };
    return { type: spec.type, context: spec.context, children };
  };
  const built = build(tree);
  return isShort || !rest.next().done ? undefined : JSON.stringify({ ...more, tree: built });
}

/** What an argument that is the same every time is; `undefined` for what JSON cannot say. */
function fixedLeaf(argument: Argument): Leaf | undefined {
  switch (argument.kind) {
    case "none":
      return { value: null };
    case "int":
      return Number.isSafeInteger(Number(argument.value)) ? { value: Number(argument.value) } : undefined;
    case "float":
      return Number.isFinite(argument.value) ? { value: argument.value } : undefined;
    case "bool":
    case "string":
      return { value: argument.value };
    default:
      return undefined;
  }
}
