/**
 * @file What an entry takes and gives: the tensors and numbers that the user passes, in order, then the buffers that the program
 * writes; results of the user's, then the new values of what was written.
 */

import type { AttrDict } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { INITIAL } from "../../ir/entry.js";
import type { Value } from "../../ir/graph.js";
import type { TensorType } from "../../ir/types.js";
import { inputNames } from "./input-names.js";
import { writtenInputs } from "./mutations.js";
import { importCode } from "./problems.js";
import type { Argument, Payload, TorchProgram } from "./records.js";
import { isZero, type SharedParts } from "./sharing.js";
import type { SymbolTable } from "./symbols.js";
import { symbolsIn } from "./sympy.js";
import { nameOf } from "./walk.js";
import { layoutOf } from "./weights.js";

/** An argument of `@main`. */
export interface EntryArgument {
  readonly name: string;
  readonly type: TensorType;
  /** The name in the graph. */
  readonly item: string;
  /** What the argument stands for where it is written. */
  readonly written: "no" | "input" | "state";
  readonly attributes: AttrDict;
}

/** A result of `@main`, and the argument whose new value it is. */
export interface EntryResult {
  readonly name: string;
  readonly value: Value;
  readonly updates?: number;
}

/** What the function takes: the user's tensors and numbers, then buffers that are written. */
export function entryArguments(
  program: TorchProgram,
  symbols: SymbolTable,
  shared: SharedParts,
  context: Context,
): readonly EntryArgument[] {
  const written = writtenInputs(program);
  const names = inputNames(program);
  declareSymbols(program, symbols);
  const inputs: EntryArgument[] = [];
  const states: EntryArgument[] = [];
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
): Pick<EntryArgument, "type" | "attributes"> {
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

/** The name in the graph of an input of the program. */
export function itemName(program: TorchProgram, index: number): string {
  return nameOf(program.graph.inputs[index]!) ?? "";
}
