/**
 * @file The walk over an ONNX graph: each node becomes operations by its operator's row, by the body of its function, or
 * is reported. Importing goes on after a node that cannot be imported, so that one run names them all.
 */

import { ContentsMemo } from "../../ir/analysis/contents.js";
import type { Context } from "../../ir/context.js";
import { CompileError, compileError, type DiagnosticCode, diagnostic } from "../../ir/diagnostic.js";
import { unrealizedConversionCast } from "../../ir/dialects/builtin.js";
import type { Dim } from "../../ir/dim.js";
import type { Value } from "../../ir/graph.js";
import { formatLocation } from "../../ir/location.js";
import { Refusal } from "../../ir/refusal.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { ImportNode, type NodeServices, type OpRow, type RowResult } from "./context.js";
import { type DimNames, shapeOf } from "./dims.js";
import { builtinFunction } from "./function-bodies.js";
import { describeImported, type Imported, isTensor, type MissingItem, Scope } from "./imported.js";
import { findRow } from "./ops/table.js";
import { onnxCode } from "./problems.js";
import {
  functionKey,
  type OnnxAttribute,
  type OnnxDim,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxType,
  type OnnxValueInfo,
} from "./records.js";
import { importCode } from "./refusal.js";
import { unknownOperator } from "./unknown-operators.js";
import { emitSparse, emitTensor, numericElement } from "./weights.js";

/** Where nodes are: a graph of the model, or the body of a function that is being expanded. */
export interface Frame {
  readonly opsets: ReadonlyMap<string, number>;
  /** Declared types of values. */
  readonly declared: ReadonlyMap<string, OnnxValueInfo>;
  /** Shapes that follow from those declared: of values that only operators stand behind which keep the shape. */
  readonly sizes: ReadonlyMap<string, readonly OnnxDim[]>;
  /** The attributes of the function call, which nodes refer to by name. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Names of the calls around, for messages: `Celu:3/`. */
  readonly path: string;
}

/** A node with all that is around it. */
interface Site {
  readonly node: OnnxNode;
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly inputs: readonly (Imported | undefined)[];
  readonly t: TensorBuilder;
  readonly scope: Scope;
  readonly frame: Frame;
}

type Outputs = readonly (Imported | undefined)[];

export class Walk {
  readonly #model: OnnxModel;
  readonly #context: Context;
  readonly #dims: DimNames;
  readonly #memo = new ContentsMemo();
  readonly #reported = new Set<string>();
  #nodes = 0;

  constructor(model: OnnxModel, context: Context, dims: DimNames) {
    this.#model = model;
    this.#context = context;
    this.#dims = dims;
  }

  /** Imports the nodes of `graph` behind the values that `scope` has for its inputs; gives its outputs. */
  graph(graph: OnnxGraph, t: TensorBuilder, scope: Scope, frame: Frame): readonly Imported[] {
    for (const [name, tensor] of graph.initializers) {
      if (scope.hasOwn(name)) continue;
      const strings = tensor.payload.kind === "strings" ? tensor.payload.values : undefined;
      scope.setLazy(name, () =>
        strings ? { kind: "strings", shape: tensor.dims, values: strings } : emitTensor(t, tensor, name),
      );
    }
    for (const [name, sparse] of graph.sparseInitializers) {
      if (!scope.hasOwn(name)) scope.setLazy(name, () => emitSparse(t, sparse));
    }
    const outputs = graph.outputs.map((o) => [o.name, o] as const);
    const declared = new Map([...frame.declared, ...graph.values, ...outputs]);
    this.nodes(graph.nodes, t, scope, { ...frame, declared, sizes: sizesBefore(graph.nodes, declared, frame.sizes) });
    return graph.outputs.map((o) => scope.get(o.name) ?? { kind: "missing", type: o.type });
  }

  nodes(nodes: readonly OnnxNode[], t: TensorBuilder, scope: Scope, frame: Frame): void {
    for (const node of nodes) {
      if (++this.#nodes > MAX_NODES) throw compileError(onnxCode.limit, TOO_MANY, { at: node.at });
      t.builder.at = node.at;
      const inputs = node.inputs.map((name) => (name === "" ? undefined : scope.get(name)));
      const results = this.#node({ node, attributes: attributesOf(node, frame), inputs, t, scope, frame });
      node.outputs.forEach((name, i) => {
        if (name !== "") scope.set(name, results[i] ?? { kind: "missing", type: frame.declared.get(name)?.type });
      });
    }
  }

  /** The outputs of a node; those of a node that cannot be imported stand in with their declared types, or are missing. */
  #node(site: Site): Outputs {
    const { node, inputs } = site;
    const run = this.#importer(site);
    const isBlocked = inputs.some((x) => x !== undefined && !isTensor(x) && x.kind === "missing");
    if (run === undefined) this.#reportUnknown(site);
    if (run === undefined || isBlocked) return this.#standIns(site);
    try {
      const results = run();
      return node.outputs.map((name, i) => {
        const item = results[i];
        return name !== "" && item !== undefined && isTensor(item) ? this.#refined(item, name, site) : item;
      });
    } catch (error) {
      this.#report(error, site);
      return this.#standIns(site);
    }
  }

  /** How the node is imported, if there is a way. A function of the model goes before an operator of that name. */
  #importer(site: Site): (() => Outputs) | undefined {
    const { domain, opType, overload } = site.node;
    const local = this.#model.functions.get(functionKey(domain, opType, overload));
    if (local !== undefined) return () => this.#expand(local, site);
    const opset = opsetOf(site);
    const row = findRow(domain, opType, opset);
    if (row !== undefined) return () => this.#row(row, site);
    const body = builtinFunction(domain, opType, opset);
    return body && (() => this.#expand(body, site));
  }

  #row(row: OpRow, { node, attributes, inputs, t, scope, frame }: Site): Outputs {
    const services: NodeServices = {
      opset: frame.opsets.get(node.domain) ?? 1,
      memo: this.#memo,
      sizesOf: (name) =>
        (frame.sizes.get(name) ?? shapeOf(frame.declared.get(name)?.type))?.map((d) => this.#dims.known(d)),
      declaredShape: (type) => shapeOf(type)?.map((d) => this.#dims.known(d)),
      importGraph: (graph, inside, values) => {
        const inner = new Scope(scope);
        graph.inputs.forEach((input, i) => {
          const value = values[i];
          if (value !== undefined) inner.set(input.name, value);
        });
        return this.graph(graph, inside, inner, frame);
      },
      importAs: (other, inside, values) => {
        const attributes = attributesOf(other, frame);
        return this.#node({ node: other, attributes, inputs: values, t: inside, scope, frame });
      },
    };
    const result: RowResult = row.build(new ImportNode(node, attributes, inputs, t, services));
    return Array.isArray(result) ? (result as Outputs) : [result as Imported];
  }

  /** The body of a function in place of its call. */
  #expand(f: OnnxFunction, { node, attributes, inputs, t, frame }: Site): Outputs {
    const scope = new Scope();
    f.inputs.forEach((name, i) => {
      const value = inputs[i];
      if (value !== undefined) scope.set(name, value);
    });
    const bound = new Map([...f.defaults, ...attributes]);
    const path = `${frame.path}${node.label}/`;
    const results = node.outputs.map(
      (name, i) => [f.outputs[i] ?? "", shapeOf(frame.declared.get(name)?.type)] as const,
    );
    const known = new Map(results.flatMap(([name, shape]) => (shape === undefined ? [] : [[name, shape] as const])));
    const sizes = sizesBefore(f.nodes, f.values, known);
    this.nodes(f.nodes, t, scope, { opsets: f.opsets, declared: f.values, sizes, attributes: bound, path });
    return f.outputs.map((name) => scope.get(name));
  }

  /** Sizes that only data decides, where the model declares them: taken from there, and checked when the program runs. */
  #refined(value: Value, name: string, { node, t, frame }: Site): Value {
    const type = frame.declared.get(name)?.type;
    if (type?.kind !== "tensor") return value;
    const element = t.element(value);
    if (numericElement(type.dtype) !== element) {
      const message = `output '${name}' is declared ${type.dtype}, but is ${element}`;
      throw new Refusal(importCode.declared, message);
    }
    const shape = t.shape(value);
    const declared = type.shape?.map((d) => this.#dims.known(d));
    if (declared === undefined || declared.length !== shape.length) return value;
    const wanted = shape.map((d, i) => this.#promise(d, declared[i], node, name, t));
    return t.refine(value, wanted);
  }

  #promise(own: Dim, declared: Dim | undefined, node: OnnxNode, name: string, t: TensorBuilder): Dim {
    if (declared === undefined || t.facts.isEqual(own, declared)) return own;
    const { dims, diagnostics } = this.#context;
    if (t.facts.isDifferent(own, declared)) {
      const message = `output '${name}' is declared with a size of ${dims.print(declared)}, but has ${dims.print(own)}`;
      diagnostics.warn(importCode.declared, message, { at: node.at });
      return own;
    }
    const isData = dims.symbolsOf(own).some((s) => dims.kind(s) === "data");
    return isData ? declared : own;
  }

  #standIns({ node, t, frame }: Site): readonly Imported[] {
    return node.outputs.map((name) => this.#standIn(frame.declared.get(name)?.type, t));
  }

  /** A value of the declared type, so that the nodes behind can be examined; the program is thrown away in the end. */
  #standIn(type: OnnxType | undefined, t: TensorBuilder): Imported {
    const missing: MissingItem = { kind: "missing", type };
    const element = type?.kind === "tensor" ? numericElement(type.dtype) : undefined;
    const shape = shapeOf(type);
    if (element === undefined || shape === undefined) return missing;
    const dims = shape.map((d) => this.#dims.known(d) ?? this.#context.freshSymbol("data"));
    const results = [t.tensorType(dims, element)];
    return t.emitOp(unrealizedConversionCast, { inputs: [] }, {}, { results }).result;
  }

  #reportUnknown(site: Site): void {
    const { subject, fix } = unknownOperator(site.node, opsetOf(site));
    this.#error(importCode.operator, `${subject} on ${describeInputs(site.inputs)} is not supported`, site, fix);
  }

  #report(error: unknown, site: Site): void {
    const subject = `${site.node.opType} on ${describeInputs(site.inputs)}`;
    if (error instanceof Refusal) this.#error(error.code, `${subject}: ${error.message}`, site, error.fix);
    else if (error instanceof CompileError) {
      for (const d of error.diagnostics) this.#error(importCode.node, `${subject}: ${d.message}`, site, d.fix);
    } else throw error;
  }

  #error(code: DiagnosticCode, message: string, { node, frame }: Site, fix?: string): void {
    const isInner = frame.path !== "" && node.at.kind === "graph-node";
    const at = isInner ? { ...node.at, file: this.#model.file, node: `${frame.path}${node.label}` } : node.at;
    // The body of a loop may be imported more than once.
    const key = `${formatLocation(at)} ${message}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#context.diagnostics.add(diagnostic(code, message, fix === undefined ? { at } : { at, fix }));
  }
}

/** Operators of `ai.onnx` whose result has the shape of their first operand. */
const keepingShape: ReadonlySet<string> = new Set(
  "Abs Cast CastLike Ceil Exp Floor Identity Log Neg Not Reciprocal Relu Round Sigmoid Sign Sqrt Tanh".split(" "),
);

/** Follows declared shapes from results back to operands; `known` are shapes that are known besides. */
function sizesBefore(
  nodes: readonly OnnxNode[],
  declared: ReadonlyMap<string, OnnxValueInfo>,
  known: ReadonlyMap<string, readonly OnnxDim[]>,
): ReadonlyMap<string, readonly OnnxDim[]> {
  const sizes = new Map(known);
  for (const { domain, opType, inputs, outputs } of nodes.toReversed()) {
    const [input = "", output = ""] = [inputs[0], outputs[0]];
    const shape = sizes.get(output) ?? shapeOf(declared.get(output)?.type);
    const isOpen = shapeOf(declared.get(input)?.type) === undefined;
    if (domain === "" && keepingShape.has(opType) && shape !== undefined && isOpen) sizes.set(input, shape);
  }
  return sizes;
}

/** Nodes imported, those of expanded functions and unrolled loops included: a small file may ask for any number. */
const MAX_NODES = 1_000_000;
const TOO_MANY = `expanding its functions and loops gives more than ${MAX_NODES} nodes`;

const opsetOf = ({ node, frame }: Site): number => frame.opsets.get(node.domain) ?? 1;

/** The node's attributes, those of the function around it in place of references to them. */
function attributesOf(node: OnnxNode, frame: Frame): ReadonlyMap<string, OnnxAttribute> {
  const resolved = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of node.attributes) {
    const value = attribute.kind === "reference" ? frame.attributes.get(attribute.value) : attribute;
    if (value !== undefined) resolved.set(name, { ...value, name });
  }
  return resolved;
}

/** `f32, i64`: what the node works on. */
function describeInputs(inputs: readonly (Imported | undefined)[]): string {
  const texts = inputs.flatMap((x) => {
    if (x === undefined) return [];
    if (!isTensor(x)) return x.kind === "missing" ? ["?"] : [describeImported(x)];
    return x.type.kind === "tensor" ? [x.type.element] : [];
  });
  return texts.length === 0 ? "nothing" : texts.join(", ");
}
