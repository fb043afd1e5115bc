/**
 * @file Turns torch.export programs into a module of StableHLO with a public function for each. Its arguments are the tensors
 * and numbers that the user passes, in order, then the buffers that the program writes (states, which live in the bundle);
 * its results are the user's, then the new values of what was written. Every node that cannot be imported is reported in one run.
 */

import { type Attr, type AttrDict, arrayAttr, intAttr, stringAttr, unitAttr } from "../../ir/attrs.js";
import type { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { CompileError } from "../../ir/diagnostic.js";
import { newModule } from "../../ir/dialects/builtin.js";
import { buildFunction } from "../../ir/dialects/func.js";
import {
  ALIASING,
  CONDITIONS,
  type Condition,
  conditionsAttr,
  INPUT_NESTING,
  NAME,
  OUTPUT_NESTING,
  STATE,
} from "../../ir/entry.js";
import type { Operation, Value } from "../../ir/graph.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import { conditionsOfSizes } from "./conditions.js";
import { type EntryArgument, type EntryResult, entryArguments, itemName } from "./entry-arguments.js";
import { describeItem, type Item, isTensor } from "./items.js";
import { nestingOfInputs, nestingOfOutputs } from "./nesting.js";
import { importCode } from "./problems.js";
import type { Argument, InputSpec, NamedProgram, TorchProgram } from "./records.js";
import { type SharedParts, sharedParts, tieStorages } from "./sharing.js";
import { SymbolTable } from "./symbols.js";
import { Tensor } from "./tensors.js";
import { type Scope, Walk } from "./walk.js";
import { Weights } from "./weights.js";

/**
 * The programs as a module of `context`: one is its `@main`; several are functions of their own names, which share weights
 * and the buffers that are written.
 * @throws CompileError with everything in `context.diagnostics` where a part of a program cannot be imported.
 */
export function importTorch(models: readonly NamedProgram[], context: Context): Operation {
  const module = newModule(context);
  const tied = tieStorages(models);
  const shared = sharedParts(tied, module, context);
  for (const { name, program } of tied) {
    try {
      addEntry(program, tied.length === 1 ? "main" : name, module, shared, context);
    } catch (error) {
      // What is wrong with the other programs is reported too.
      if (!(error instanceof CompileError)) throw error;
      if (!context.diagnostics.hasErrors) throw error;
    }
  }
  context.diagnostics.throwIfErrors();
  return module;
}

function addEntry(program: TorchProgram, name: string, module: Operation, shared: SharedParts, context: Context): void {
  const { diagnostics } = context;
  const known = diagnostics.all.length;
  const stopAtErrors = (): void => {
    if (diagnostics.all.slice(known).some((d) => d.severity === "error")) diagnostics.throwIfErrors();
  };
  const symbols = new SymbolTable(context, program.ranges);
  const args = entryArguments(program, symbols, shared, context);
  stopAtErrors();
  const results: EntryResult[] = [];
  const conditions: Condition[] = [];
  const build = (b: Builder, values: readonly Value[]): readonly Value[] => {
    const t = new TensorBuilder(b, shared.decompositions);
    const scope = bindInputs(program, args, values, symbols, shared, t);
    conditions.push(...conditionsOfSizes(program, args, symbols, t));
    const outputs = new Walk(context, symbols).graph(program.graph, t, scope);
    stopAtErrors();
    b.at = { kind: "bytes", file: program.file, offset: 0 };
    results.push(...mainResults(program, args, outputs, scope, t, context));
    stopAtErrors();
    return results.map((r) => r.value);
  };
  const types = args.map((a) => a.type);
  const func = buildFunction(context, module, name, types, build);
  func.setAttr("arg_attrs", arrayAttr(args.map((arg, k) => argumentAttributes(arg, k, results, context))));
  func.setAttr("res_attrs", arrayAttr(results.map(({ name: n }) => dictionary({ [NAME]: stringAttr(n) }))));
  const [inputNesting, outputNesting] = [nestingOfInputs(program, args), nestingOfOutputs(program, args, results)];
  if (inputNesting !== undefined) func.setExtra(INPUT_NESTING, stringAttr(inputNesting));
  if (outputNesting !== undefined) func.setExtra(OUTPUT_NESTING, stringAttr(outputNesting));
  if (conditions.length > 0) func.setExtra(CONDITIONS, conditionsAttr(conditions, context));
}

function dictionary(entries: AttrDict): Attr {
  return { kind: "dict", entries };
}

function argumentAttributes(
  arg: EntryArgument,
  index: number,
  results: readonly EntryResult[],
  context: Context,
): Attr {
  const update = results.findIndex((r) => r.updates === index);
  const tied = update < 0 ? {} : { [ALIASING]: intAttr(update, context.types.scalar("i32")) };
  const state = arg.written === "state" ? { [STATE]: unitAttr } : {};
  return dictionary({ [NAME]: stringAttr(arg.name), ...tied, ...state, ...arg.attributes });
}

/** What the names of the graph's inputs stand for. */
function bindInputs(
  program: TorchProgram,
  args: readonly EntryArgument[],
  values: readonly Value[],
  symbols: SymbolTable,
  { stored }: SharedParts,
  t: TensorBuilder,
): Scope {
  const scope: Scope = new Map();
  const weights = new Weights(stored);
  for (const value of values) t.note(value);
  args.forEach(({ item, name }, k) => {
    const value = values[k]!;
    const number = program.graph.symbols.get(item);
    if (typeof number === "object" && number.kind === "symbol") bindNumber(name, number.name, value, symbols, t);
    const dim = typeof number === "object" ? symbols.dim(number) : undefined;
    scope.set(item, number === undefined ? Tensor.of(value) : { kind: "int", dim: dim ?? t.symbolOf(value) });
  });
  program.inputs.forEach((spec: InputSpec, k) => {
    const item = itemName(program, k);
    if (scope.has(item) || spec.kind === "token" || spec.kind === "object") return;
    if (spec.kind === "user") scope.set(item, { kind: "none" });
    else if (spec.kind === "fixed") scope.set(item, fixedItem(spec.value));
    else scope.set(item, Tensor.of(weights.emit(t, program.payloads.get(spec.target)!, spec.target)));
  });
  return scope;
}

/** A number that the user passes: it must lie in its range, and where it is also a size of a tensor, both must agree. */
function bindNumber(argument: string, name: string, value: Value, symbols: SymbolTable, t: TensorBuilder): void {
  const known = symbols.get(name);
  if (known !== undefined) {
    const size = t.scalar(known);
    t.assert(t.eq(value, size), `argument '${argument}' is {0}, but must be the size {1}`, [value, size]);
    return;
  }
  const { min, max } = symbols.range(name);
  const limits = [
    ...(Number.isFinite(min) ? [t.ge(value, t.scalar(min))] : []),
    ...(Number.isFinite(max) ? [t.le(value, t.scalar(max))] : []),
  ];
  const range = Number.isFinite(max) ? `from ${min} to ${max}` : `at least ${min}`;
  if (limits.length > 0)
    t.assert(
      limits.reduce((a, b) => t.and(a, b)),
      `argument '${argument}' is {0}, the model takes ${range}`,
      [value],
    );
  symbols.bind(name, t.symbolOf(value, { min, max }));
}

function fixedItem(value: Argument): Item {
  return value.kind === "int" ? { kind: "int", dim: Number(value.value) } : { kind: "none" };
}

/** The user's results, then what was written. */
function mainResults(
  program: TorchProgram,
  args: readonly EntryArgument[],
  outputs: readonly Item[],
  scope: Scope,
  t: TensorBuilder,
  context: Context,
): readonly EntryResult[] {
  const results: EntryResult[] = [];
  const updates = new Map<string, Value>();
  const users = program.outputs.filter((o) => o.kind === "user" || o.kind === "loss").length;
  let position = 0;
  program.outputs.forEach((spec, k) => {
    const item = outputs[k];
    if (spec.kind === "mutation") {
      const source = inputOf(program, spec.of, spec.target);
      if (source !== undefined && item !== undefined && isTensor(item)) updates.set(source, item.read(t));
      return;
    }
    if (spec.kind !== "user" && spec.kind !== "loss") return;
    const name = users === 1 ? "output" : `output_${position}`;
    position++;
    const value = item && resultValue(item, t);
    if (value !== undefined) results.push({ name, value });
    else if (spec.argument.kind !== "string" && (item === undefined || isTensor(item) || item.kind !== "none")) {
      const at = { kind: "graph-node", file: program.file, node: name } as const;
      const what = item === undefined ? "nothing" : describeItem(item);
      context.diagnostics.error(importCode.interface, `result ${k} of the program is ${what}`, { at });
    }
  });
  args.forEach((arg, k) => {
    if (arg.written === "no") return;
    const item = scope.get(arg.item);
    const value = updates.get(arg.item) ?? (isTensor(item) ? item.read(t) : undefined);
    if (value !== undefined) results.push({ name: `${arg.name}.new`, value, updates: k });
  });
  return results;
}

function resultValue(item: Item, t: TensorBuilder): Value | undefined {
  if (isTensor(item)) return item.read(t);
  if (item.kind === "int") return t.scalar(item.dim);
  return item.kind === "number" ? item.value : undefined;
}

/** The name in the graph of the input that an output updates. */
function inputOf(program: TorchProgram, of: "buffer" | "parameter" | "user", target: string): string | undefined {
  const k = program.inputs.findIndex((spec, i) =>
    spec.kind === "user"
      ? of === "user" && itemName(program, i) === target
      : "target" in spec && spec.target === target,
  );
  return k < 0 ? undefined : itemName(program, k);
}
