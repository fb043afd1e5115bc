/**
 * @file The walk over a graph: each node becomes operations by its operator's row, or is reported. Operators that write in
 * place are those that do not, with the result written to the argument. Importing goes on after a node that cannot be imported, so
 * that one run names them all.
 */

import { ContentsMemo } from "../../ir/analysis/contents.js";
import type { Context } from "../../ir/context.js";
import { CompileError, type DiagnosticCode, diagnostic } from "../../ir/diagnostic.js";
import { unrealizedConversionCast } from "../../ir/dialects/builtin.js";
import type { Dim } from "../../ir/dim.js";
import { Value } from "../../ir/graph.js";
import { formatLocation } from "../../ir/location.js";
import { Refusal } from "../../ir/refusal.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { Call, type CallServices, type RowResult } from "./call.js";
import { torchName } from "./dtypes.js";
import { type Unfolded, unfold } from "./functionalized.js";
import { describeItem, type Item, isTensor, type MissingItem } from "./items.js";
import { findRow, findViewRow, nearestTarget } from "./ops/table.js";
import { importCode } from "./problems.js";
import type { Argument, TensorMeta, TorchGraph, TorchNode } from "./records.js";
import { isCustom, type Parameter, type Signature, signatureOf } from "./signatures.js";
import type { SymbolTable } from "./symbols.js";
import { Tensor, type View } from "./tensors.js";

/** Names of one graph. */
export type Scope = Map<string, Item>;

/** A node with all that is around it. */
interface Site {
  readonly node: TorchNode;
  readonly graph: TorchGraph;
  readonly t: TensorBuilder;
  readonly scope: Scope;
}

export class Walk {
  readonly #context: Context;
  readonly #symbols: SymbolTable;
  readonly #memo = new ContentsMemo();
  readonly #reported = new Set<string>();

  constructor(context: Context, symbols: SymbolTable) {
    this.#context = context;
    this.#symbols = symbols;
  }

  /** Imports the nodes of `graph`, whose inputs are in `scope`; gives its outputs. */
  graph(graph: TorchGraph, t: TensorBuilder, scope: Scope): readonly Item[] {
    for (const node of graph.nodes) {
      t.builder.at = node.at;
      this.#node({ node, graph, t, scope });
    }
    return graph.outputs.map((output) => this.#item(output, scope));
  }

  #node(site: Site): void {
    const { node, scope } = site;
    const names = node.outputs.flatMap(namesIn);
    const sizes = names.map((name) => this.#knownSize(name, site));
    if (sizes.length > 0 && sizes.every((x) => x !== undefined)) {
      names.forEach((name, i) => scope.set(name, sizes[i]!));
      return;
    }
    let results: readonly (Item | undefined)[];
    try {
      const signature = signatureOf(node.target);
      const call = this.#call(site, signature);
      const isBlocked = node.inputs.some(({ argument }) => isMissing(argument, scope));
      const run = this.#importer(site, signature, call);
      if (run === undefined) this.#reportUnknown(site);
      results = run === undefined || isBlocked ? [] : run().map((item, i) => this.#checked(item, names[i], site));
    } catch (error) {
      this.#report(error, site);
      results = [];
    }
    names.forEach((name, i) => {
      scope.set(name, results[i] ?? this.#standIn(site.graph.tensors.get(name), site));
      this.#bindSymbol(name, site);
    });
  }

  /** A whole number that the graph describes as an expression over sizes that are known. */
  #knownSize(name: string, { graph }: Site): Item | undefined {
    const number = graph.symbols.get(name);
    if (number === undefined || typeof number === "boolean") return undefined;
    const dim = typeof number === "number" && !Number.isInteger(number) ? undefined : this.#symbols.dim(number);
    return dim === undefined ? undefined : { kind: "int", dim };
  }

  /** How the node is imported, if there is a way. */
  #importer(
    site: Site,
    signature: Signature | undefined,
    call: Call,
  ): (() => readonly (Item | undefined)[]) | undefined {
    const { target } = site.node;
    const unfolded = unfold(site.node);
    if (unfolded !== undefined) return () => this.#functionalized(unfolded, site);
    const view = findViewRow(target);
    const row = findRow(target);
    if (view !== undefined) {
      return () => {
        const shown = view(call);
        if (shown !== undefined) return this.#views(shown, call, signature, site);
        return row ? resultsOf(row(call)) : call.unsupported("it does not share memory in this form");
      };
    }
    if (row !== undefined) return () => resultsOf(row(call));
    const copied = findViewRow(target.replace(/_copy(?=\.)/, ""));
    if (copied !== undefined && target.includes("_copy."))
      return () => this.#copies(copied(call), call, signature, site);
    const written = signature?.parameters.filter((p) => p.isWritten) ?? [];
    const functional = functionalTarget(target);
    const pure = signature && written.length > 0 ? findRow(functional) : undefined;
    if (!pure || !signature) return undefined;
    const pureSite = {
      ...site,
      node: { ...site.node, target: functional, inputs: renamed(site.node, signature, functional) },
    };
    return () => this.#inPlace(resultsOf(pure(this.#call(pureSite, signatureOf(functional)))), written, call);
  }

  #views(result: View | readonly View[], call: Call, signature: Signature | undefined, { t }: Site): readonly Item[] {
    const name = signature?.parameters.find((p) => p.type === "Tensor")?.name ?? "self";
    const base = call.item(name);
    if (!isTensor(base)) return call.invalid(`argument '${name}' is no tensor`);
    const views = Array.isArray(result) ? (result as readonly View[]) : [result as View];
    return views.map((view) => Tensor.viewOf(base, view, t));
  }

  /** What `view` shows, in memory of its own: the operators `view_copy` and so on. */
  #copies(
    result: View | readonly View[] | undefined,
    call: Call,
    signature: Signature | undefined,
    site: Site,
  ): readonly Item[] {
    if (result === undefined) return call.unsupported("it does not share memory in this form");
    return this.#views(result, call, signature, site).map((x) => (isTensor(x) ? Tensor.of(x.read(site.t)) : x));
  }

  /** What the operator without the underscore gives, written to the arguments in order; these are the results. */
  #inPlace(results: readonly (Item | undefined)[], written: readonly Parameter[], call: Call): readonly Item[] {
    return written.map((parameter, i) => {
      const target = call.item(parameter.name);
      const result = results[i];
      if (!isTensor(target) || !isTensor(result)) return call.invalid(`argument '${parameter.name}' is no tensor`);
      const { t } = call;
      const [shape, element] = [t.shape(target.peek), t.element(target.peek)];
      target.write(t, t.broadcast(t.convert(result.read(t), element), shape));
      return target;
    });
  }

  /** The wrapped operator on copies of what it writes: its results, then the copies. */
  #functionalized({ bases, nodes, results }: Unfolded, { node, graph, t, scope }: Site): readonly (Item | undefined)[] {
    const own: Scope = new Map();
    const tensors = new Map<string, TensorMeta>();
    const know = (name: string, outer: string): void => {
      const meta = graph.tensors.get(outer);
      if (meta !== undefined) tensors.set(name, meta);
    };
    for (const { name, of } of bases) {
      const base = of === undefined ? undefined : this.#item(of, scope);
      if (of?.kind !== "tensor" || !isTensor(base)) continue;
      know(name, of.name);
      own.set(name, Tensor.of(base.read(t)));
    }
    const given = node.outputs.slice(0, results).flatMap(namesIn);
    for (const name of [...given, ...node.inputs.flatMap(({ argument }) => namesRead(argument))]) {
      const item = scope.get(name);
      if (item !== undefined) own.set(name, item);
      know(name, name);
    }
    for (const inner of nodes) this.#node({ node: inner, graph: { ...graph, tensors }, t, scope: own });
    return [...given, ...bases.map(({ name }) => name)].map((name) => own.get(name));
  }

  #call({ node, graph, t, scope }: Site, signature: Signature | undefined): Call {
    const given = new Map<string, Argument>();
    if (signature) {
      for (const { name, default: value } of signature.parameters) if (value !== undefined) given.set(name, value);
      for (const { name, argument } of node.inputs) given.set(name, argument);
    } else {
      // Arguments of Python's and higher-order operators go by position.
      node.inputs.forEach(({ name, argument }, i) => given.set(String(i), argument).set(name, argument));
    }
    const names = node.outputs.flatMap(namesIn);
    const services: CallServices = {
      memo: this.#memo,
      item: (argument) => this.#item(argument, scope),
      declared: (i) => {
        const meta = graph.tensors.get(names[i] ?? "");
        return meta && this.#symbols.declared(meta);
      },
      strides: (argument) => {
        const meta = argument.kind === "tensor" ? graph.tensors.get(argument.name) : undefined;
        return meta?.strides.map((d) => this.#symbols.dim(d));
      },
      offset: (argument) => {
        const offset = argument.kind === "tensor" ? graph.tensors.get(argument.name)?.offset : undefined;
        return typeof offset === "number" ? offset : undefined;
      },
      graph: (inner, inside, items) => {
        const own: Scope = new Map();
        inner.inputs.forEach((input, i) => {
          const item = items[i];
          const name = nameOf(input);
          if (name === undefined || item === undefined) return;
          own.set(name, item);
          this.#bindSizes(inner.tensors.get(name), item, inside);
        });
        return this.graph(inner, inside, own);
      },
    };
    return new Call(node, given, t, services);
  }

  #item(argument: Argument, scope: Scope): Item {
    switch (argument.kind) {
      case "tensor":
      case "symbol":
        return scope.get(argument.name) ?? { kind: "missing", meta: undefined };
      case "int":
        return { kind: "int", dim: Number(argument.value) };
      case "list":
        return { kind: "list", items: argument.items.map((x) => this.#item(x, scope)) };
      default:
        return { kind: "none" };
    }
  }

  /** A result against what the graph declares of it: sizes that only data decides get their symbols. */
  #checked(item: Item | undefined, name: string | undefined, { graph, t }: Site): Item | undefined {
    const meta = name === undefined ? undefined : graph.tensors.get(name);
    if (meta === undefined || item === undefined || !isTensor(item)) return item;
    const value = item.peek;
    if (t.element(value) !== meta.element) {
      const message = `gives ${torchName(t.element(value))} where the graph declares ${torchName(meta.element)}`;
      throw new Refusal(importCode.node, message);
    }
    if (t.rank(value) !== meta.sizes.length)
      throw new Refusal(
        importCode.node,
        `gives ${t.rank(value)} dimensions where the graph declares ${meta.sizes.length}`,
      );
    this.#bindSizes(meta, item, t);
    return item;
  }

  /** Symbols of declared sizes that have no value yet are what the tensor has. */
  #bindSizes(meta: TensorMeta | undefined, item: Item, t: TensorBuilder): void {
    if (meta === undefined || !isTensor(item)) return;
    const shape = t.shape(item.peek);
    meta.sizes.forEach((size, axis) => {
      if (typeof size === "object" && size.kind === "symbol") this.#symbols.bind(size.name, shape[axis]!);
    });
  }

  /** A number of the graph that is a symbol by itself gets the value that its node gives. */
  #bindSymbol(name: string, { graph, scope }: Site): void {
    const number = graph.symbols.get(name);
    const item = scope.get(name);
    if (typeof number !== "object" || number.kind !== "symbol" || item === undefined || isTensor(item)) return;
    if (item.kind === "int") this.#symbols.bind(number.name, item.dim);
  }

  /** A value of the declared type, so that the nodes behind can be examined; the program is thrown away in the end. */
  #standIn(meta: TensorMeta | undefined, { t }: Site): Item {
    const missing: MissingItem = { kind: "missing", meta };
    if (meta === undefined || !this.#context.diagnostics.hasErrors) return missing;
    const shape = meta.sizes.map((size): Dim => this.#symbols.dim(size) ?? this.#context.freshSymbol("data"));
    const results = [t.tensorType(shape, meta.element)];
    return Tensor.of(t.emitOp(unrealizedConversionCast, { inputs: [] }, {}, { results }).result);
  }

  #reportUnknown(site: Site): void {
    const { target } = site.node;
    const message = `${target} on ${describeInputs(site)} is not supported`;
    this.#error(importCode.operator, message, site, remedyFor(target));
  }

  #report(error: unknown, site: Site): void {
    const subject = `${site.node.target} on ${describeInputs(site)}`;
    if (error instanceof Refusal) this.#error(error.code, `${subject}: ${error.message}`, site, error.fix);
    else if (error instanceof CompileError) {
      for (const d of error.diagnostics) this.#error(importCode.node, `${subject}: ${d.message}`, site, d.fix);
    } else throw error;
  }

  #error(code: DiagnosticCode, message: string, { node: { at } }: Site, fix?: string): void {
    // The body of a loop may be imported more than once.
    const key = `${formatLocation(at)} ${message}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#context.diagnostics.add(diagnostic(code, message, fix === undefined ? { at } : { at, fix }));
  }
}

/** What would work instead of an operator that has no row. */
function remedyFor(target: string): string | undefined {
  if (isCustom(target)) return `bind a kernel to the operator ${target}, or write it with operators of PyTorch`;
  if (signatureOf(target))
    return "decompose it before export with exported_program.run_decompositions(), or write it with other operators";
  const near = nearestTarget(target);
  return near === undefined ? undefined : `the nearest operator is ${near}`;
}

/** The arguments by the names that the other operator has for them: some of these pairs name the first one differently. */
function renamed({ inputs }: TorchNode, signature: Signature, functional: string): TorchNode["inputs"] {
  const other = signatureOf(functional)?.parameters ?? signature.parameters;
  return inputs.map(({ name, argument }) => {
    const position = signature.parameters.findIndex((p) => p.name === name);
    return { name: other.some((p) => p.name === name) ? name : (other[position]?.name ?? name), argument };
  });
}

/** `aten.add_.Tensor` to `aten.add.Tensor`, `aten.__iadd__.Tensor` to `aten.__add__.Tensor`. */
export function functionalTarget(target: string): string {
  const [namespace = "", op = "", overload = ""] = target.split(".");
  const pure = /^__i(\w+__)$/.test(op) ? op.replace(/^__i/, "__") : op.replace(/_$/, "");
  return `${namespace}.${pure}.${overload}`;
}

function resultsOf(result: RowResult): readonly (Item | undefined)[] {
  const all = Array.isArray(result) ? (result as readonly (Item | Value | undefined)[]) : [result as Item | Value];
  return all.flatMap((x): readonly (Item | undefined)[] => {
    if (x instanceof Value) return [Tensor.of(x)];
    return x !== undefined && !isTensor(x) && x.kind === "list" ? x.items : [x];
  });
}

/** The names that an output gives, those of lists counted through; `undefined` ones are not asked for. */
function namesIn(output: Argument): readonly string[] {
  if (output.kind === "list") return output.items.flatMap(namesIn);
  return [nameOf(output) ?? ""];
}

/** Every name in an argument. */
function namesRead(argument: Argument): readonly string[] {
  if (argument.kind === "list") return argument.items.flatMap(namesRead);
  const name = nameOf(argument);
  return name === undefined ? [] : [name];
}

export function nameOf(argument: Argument): string | undefined {
  return argument.kind === "tensor" || argument.kind === "symbol" ? argument.name : undefined;
}

function isMissing(argument: Argument, scope: Scope): boolean {
  if (argument.kind === "list") return argument.items.some((x) => isMissing(x, scope));
  const name = nameOf(argument);
  const item = name === undefined ? undefined : scope.get(name);
  return name !== undefined && (item === undefined || (!isTensor(item) && item.kind === "missing"));
}

/** `float32, int64`: what the node works on. */
function describeInputs({ node, graph, scope }: Site): string {
  const texts = node.inputs.flatMap(({ argument }) => {
    const name = nameOf(argument);
    if (name === undefined) return [];
    const meta = graph.tensors.get(name);
    const item = scope.get(name);
    return [
      meta === undefined
        ? item === undefined
          ? "?"
          : describeItem(item)
        : torchName(meta.element).replace("torch.", ""),
    ];
  });
  return texts.length === 0 ? "nothing" : texts.join(", ");
}
