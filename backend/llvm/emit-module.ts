/** @file One variant's LLVM module: kernels, and for every entry its plan and run functions. */

import type { Context } from "../../ir/context.js";
import { newModule } from "../../ir/dialects/builtin.js";
import { funcOp, functionName, functionsOf } from "../../ir/dialects/func.js";
import type { Dim } from "../../ir/dim.js";
import type { EntryInterface } from "../../ir/entry.js";
import type { Operation } from "../../ir/graph.js";
import { ARENA_BYTES } from "../../ir/names.js";
import { addHostFunction } from "./host.js";
import { lowerKernel, symbolsIn } from "./kernel.js";
import { addPlanFunction } from "./plan-function.js";
import { printLlvm } from "./print.js";

export interface ModuleInput {
  /** The C identifier that prefixes every symbol. */
  readonly model: string;
  readonly entries: readonly EntryInterface[];
  readonly weightOffset: (name: string) => number;
  /** Count calls and time of each kernel. */
  readonly profile: boolean;
}

/** A lowered program, its functions told apart. */
export interface LoweredProgram {
  readonly hosts: ReadonlyMap<string, Operation>;
  readonly kernels: ReadonlyMap<string, Operation>;
  /** Symbols of the whole model, sorted. */
  readonly symbols: readonly string[];
}

export function programOf(module: Operation, entries: readonly EntryInterface[], context: Context): LoweredProgram {
  const names = new Set(entries.map((e) => e.name));
  const hosts = new Map<string, Operation>();
  const kernels = new Map<string, Operation>();
  const symbols = new Set<string>();
  for (const func of functionsOf(module)) {
    if (func.region(0).blocks.length === 0) continue;
    for (const s of symbolsIn(func, context)) symbols.add(s);
    const isHost = names.has(functionName(func)) && funcOp.attrsOf(func).sym_visibility !== "private";
    (isHost ? hosts : kernels).set(functionName(func), func);
  }
  for (const entry of entries)
    for (const v of [...entry.inputs, ...entry.states, ...entry.outputs])
      for (const d of v.shape) for (const s of context.dims.symbolsOf(d)) symbols.add(s);
  return { hosts, kernels, symbols: [...symbols].sort() };
}

/** LLVM IR text; the `llvm` dialect module it is printed from is given too. */
export function emitModule(
  program: LoweredProgram,
  input: ModuleInput,
  context: Context,
): { readonly text: string; readonly module: Operation } {
  const module = newModule(context);
  for (const kernel of program.kernels.values()) lowerKernel(kernel, module, context);
  for (const entry of input.entries) {
    const host = program.hosts.get(entry.name);
    if (!host) throw new Error(`the entry '${entry.name}' has no host function`);
    const prefix = `${input.model}_${entry.name}`;
    addPlanFunction(context, module, {
      name: `${prefix}_plan`,
      entry,
      symbols: program.symbols,
      arena: dimAttr(host, ARENA_BYTES, context),
    });
    addHostFunction(context, module, host, {
      name: `${prefix}_run`,
      entry,
      symbols: program.symbols,
      weightOffset: input.weightOffset,
      kernels: program.kernels,
      profile: input.profile,
    });
  }
  return { text: printLlvm(module), module };
}

/** A size that a pass left on a function; 0 where there is none. */
export function dimAttr(func: Operation, name: string, context: Context): Dim {
  const attr = func.extra[name];
  if (attr === undefined) return 0;
  if (attr.kind === "int") return Number(attr.value);
  const parsed = attr.kind === "string" ? context.dims.parse(attr.value) : undefined;
  if (parsed === undefined) throw new Error(`${name} is no size`);
  return parsed;
}
