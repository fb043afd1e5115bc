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
import { ALIASING, INITIAL, INPUT_NESTING, NAME, OUTPUT_NESTING, STATE } from "../../ir/entry.js";
import type { Operation, Value } from "../../ir/graph.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import type { TensorType } from "../../ir/types.js";
import { inputNames } from "./input-names.js";
import { describeItem, type Item, isTensor } from "./items.js";
import { writtenInputs } from "./mutations.js";
import { fixedLeaf, type Leaf, nestingOf } from "./nesting.js";
import { importCode } from "./problems.js";
import type { Argument, InputSpec, NamedProgram, Payload, TorchProgram } from "./records.js";
import { isZero, type SharedParts, sharedParts, tieStorages } from "./sharing.js";
import { SymbolTable } from "./symbols.js";
import { symbolsIn } from "./sympy.js";
import { Tensor } from "./tensors.js";
import { nameOf, type Scope, Walk } from "./walk.js";
import { layoutOf, Weights } from "./weights.js";

/** An argument of `@main`. */
interface MainArgument {
  readonly name: string;
  readonly type: TensorType;
  /** The name in the graph. */
  readonly item: string;
  /** What the argument stands for where it is written. */
  readonly written: "no" | "input" | "state";
  readonly attributes: AttrDict;
}

/** A result of `@main`, and the argument whose new value it is. */
interface MainResult {
  readonly name: string;
  readonly value: Value;
  readonly updates?: number;
}

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
  const results: MainResult[] = [];
  const build = (b: Builder, values: readonly Value[]): readonly Value[] => {
    const t = new TensorBuilder(b, shared.decompositions);
    const scope = bindInputs(program, args, values, symbols, shared, t);
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
}

function nestingOfInputs(program: TorchProgram, args: readonly MainArgument[]): string | undefined {
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

function nestingOfOutputs(
  program: TorchProgram,
  args: readonly MainArgument[],
  results: readonly MainResult[],
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

function dictionary(entries: AttrDict): Attr {
  return { kind: "dict", entries };
}

function argumentAttributes(arg: MainArgument, index: number, results: readonly MainResult[], context: Context): Attr {
  const update = results.findIndex((r) => r.updates === index);
  const tied = update < 0 ? {} : { [ALIASING]: intAttr(update, context.types.scalar("i32")) };
  const state = arg.written === "state" ? { [STATE]: unitAttr } : {};
  return dictionary({ [NAME]: stringAttr(arg.name), ...tied, ...state, ...arg.attributes });
}

/** What the function takes: the user's tensors and numbers, then buffers that are written. */
function entryArguments(
  program: TorchProgram,
  symbols: SymbolTable,
  shared: SharedParts,
  context: Context,
): readonly MainArgument[] {
  const written = writtenInputs(program);
  const names = inputNames(program);
  declareSymbols(program, symbols);
  const inputs: MainArgument[] = [];
  const states: MainArgument[] = [];
  program.inputs.forEach((spec, k) => {
    const at = { kind: "graph-node", file: program.file, node: itemName(program, k) } as const;
    if (spec.kind === "object" || spec.kind === "token") {
      const what = spec.kind === "object" ? `an object of type ${spec.type}` : "a token of side effects";
      context.diagnostics.error(importCode.interface, `input '${spec.name}' of the program is ${what}`, { at });
      return;
    }
    const item = itemName(program, k);
    const isWritten = written.has(item);
    if (spec.kind === "user") {
      const type = userType(program, spec.argument, symbols, context);
      if (type === undefined) return;
      const name = names.get(k) ?? item;
      inputs.push({ name, type, item, written: isWritten ? "input" : "no", attributes: {} });
    } else if (spec.kind !== "fixed" && (isWritten || shared.states.has(spec.target))) {
      const payload = program.payloads.get(spec.target)!;
      states.push({ name: spec.target, item, written: "state", ...stateOf(payload, spec.target, shared, context) });
    }
  });
  return [...inputs, ...states];
}

/** The type of a state and what it begins with, which is left out where that is zeros. */
function stateOf(
  payload: Payload,
  name: string,
  { stored }: SharedParts,
  context: Context,
): Pick<MainArgument, "type" | "attributes"> {
  const layout = layoutOf(payload);
  const type = context.types.tensor(layout.sizes, payload.meta.element);
  if (isZero(payload.bytes)) return { type, attributes: {} };
  const resource = stored.resource(payload, layout, name);
  return { type, attributes: { [INITIAL]: { kind: "resource", name: resource.name, type } } };
}

/** Symbols that are sizes of the user's tensors. */
function declareSymbols({ graph, inputs }: TorchProgram, symbols: SymbolTable): void {
  for (const spec of inputs) {
    if (spec.kind !== "user" || spec.argument.kind !== "tensor") continue;
    for (const size of graph.tensors.get(spec.argument.name)?.sizes ?? [])
      if (typeof size !== "number") for (const name of symbolsIn(size)) symbols.declare(name);
  }
}

/** The type of a user's argument; `undefined` for one that is the same every time. */
function userType(
  { graph, file }: TorchProgram,
  argument: Argument,
  symbols: SymbolTable,
  context: Context,
): TensorType | undefined {
  if (argument.kind === "symbol") {
    const number = graph.symbols.get(argument.name);
    return typeof number === "object" ? context.types.tensor([], "i64") : undefined;
  }
  if (argument.kind !== "tensor") return undefined;
  const meta = graph.tensors.get(argument.name);
  const shape = meta?.sizes.map((size) => symbols.dim(size));
  if (meta !== undefined && shape?.every((d) => d !== undefined)) return context.types.tensor(shape, meta.element);
  const at = { kind: "graph-node", file, node: argument.name } as const;
  context.diagnostics.error(importCode.interface, `input '${argument.name}' has sizes that are not described`, { at });
  return undefined;
}

function itemName(program: TorchProgram, index: number): string {
  return nameOf(program.graph.inputs[index]!) ?? "";
}

/** What the names of the graph's inputs stand for. */
function bindInputs(
  program: TorchProgram,
  args: readonly MainArgument[],
  values: readonly Value[],
  symbols: SymbolTable,
  { stored }: SharedParts,
  t: TensorBuilder,
): Scope {
  const scope: Scope = new Map();
  const weights = new Weights(stored);
  for (const value of values) t.note(value);
  args.forEach(({ item }, k) => {
    const value = values[k]!;
    const number = program.graph.symbols.get(item);
    scope.set(item, number === undefined ? Tensor.of(value) : { kind: "int", dim: t.symbolOf(value) });
    if (typeof number === "object" && number.kind === "symbol") bindNumber(number.name, value, symbols, t);
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

/** A number that the user passes; where it is also a size of a tensor, both must agree. */
function bindNumber(name: string, value: Value, symbols: SymbolTable, t: TensorBuilder): void {
  const known = symbols.get(name);
  if (known === undefined) symbols.bind(name, t.symbolOf(value, symbols.range(name)));
  else {
    const size = t.scalar(known);
    t.assert(t.eq(value, size), `the number given for ${name} is {0}, but the size is {1}`, [value, size]);
  }
}

function fixedItem(value: Argument): Item {
  return value.kind === "int" ? { kind: "int", dim: Number(value.value) } : { kind: "none" };
}

/** The user's results, then what was written. */
function mainResults(
  program: TorchProgram,
  args: readonly MainArgument[],
  outputs: readonly Item[],
  scope: Scope,
  t: TensorBuilder,
  context: Context,
): readonly MainResult[] {
  const results: MainResult[] = [];
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
