/**
 * @file Turns an ONNX model into a program: a module of StableHLO with one public function, `@main`, whose arguments and
 * results are the model's inputs and outputs in order, with their names (`psm.name`). Every node that cannot be imported
 * is reported in one run.
 */

import { type Attr, arrayAttr, stringAttr } from "../../ir/attrs.js";
import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import type { AnyOpDef } from "../../ir/define.js";
import { moduleBody, newModule } from "../../ir/dialects/builtin.js";
import { buildFunction } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import type { TensorType } from "../../ir/types.js";
import { DimNames } from "./dims.js";
import { describeImported, isTensor, Scope } from "./imported.js";
import type { OnnxModel, OnnxType, OnnxValueInfo } from "./records.js";
import { importCode } from "./refusal.js";
import { Walk } from "./walk.js";
import { numericElement } from "./weights.js";

export interface OnnxImportOptions {
  /** Inputs that have default values (initializers of the same name) stay inputs instead of becoming constants. */
  readonly keepDefaults?: boolean;
}

/** The attribute of arguments and results that holds their names in the model. */
export const NAME = "psm.name";

/**
 * The model as a module of `context`.
 * @throws CompileError with everything in `context.diagnostics` where a part of the model cannot be imported.
 */
export function importOnnx(model: OnnxModel, context: Context, options: OnnxImportOptions = {}): Operation {
  const { graph } = model;
  const inputs = graph.inputs.filter((x) => options.keepDefaults === true || !isInitialized(model, x));
  const dims = new DimNames(context, inputs);
  const types = inputs.map((x) => inputType(x, dims, context, model));
  if (types.includes(undefined)) context.diagnostics.throwIfErrors();
  const module = newModule(context);
  const main = buildFunction(context, module, "main", types as readonly TensorType[], (b, args) => {
    const t = new TensorBuilder(b, new Decompositions(module, context));
    const scope = new Scope();
    args.forEach((arg, i) => {
      t.note(arg);
      scope.set(inputs[i]!.name, arg);
    });
    const frame = { opsets: model.opsets, declared: new Map(), attributes: new Map(), path: "" };
    const outputs = new Walk(model, context, dims).graph(graph, t, scope, frame);
    const values = outputs.map((x, i) => {
      if (isTensor(x)) return x;
      const message = `output '${graph.outputs[i]!.name}' of the model is ${describeImported(x)}`;
      if (x.kind !== "missing")
        context.diagnostics.error(importCode.interface, message, {
          at: { kind: "graph-node", file: model.file, node: graph.outputs[i]!.name },
          fix: "only tensors of numbers can be outputs of a compiled model",
        });
      return undefined;
    });
    context.diagnostics.throwIfErrors();
    b.at = { kind: "bytes", file: model.file, offset: 0 };
    return values as readonly Value[];
  });
  eraseUnused(moduleBody(module));
  main.setAttr("arg_attrs", names(inputs));
  main.setAttr("res_attrs", names(graph.outputs));
  return module;
}

function isInitialized({ graph }: OnnxModel, { name }: OnnxValueInfo): boolean {
  return graph.initializers.has(name) || graph.sparseInitializers.has(name);
}

function names(values: readonly OnnxValueInfo[]): Attr {
  return arrayAttr(values.map(({ name }) => ({ kind: "dict", entries: { [NAME]: stringAttr(name) } })));
}

function inputType(
  { name, type }: OnnxValueInfo,
  dims: DimNames,
  context: Context,
  model: OnnxModel,
): TensorType | undefined {
  const refuse = (what: string, fix: string): undefined => {
    const at = { kind: "graph-node", file: model.file, node: name } as const;
    context.diagnostics.error(importCode.interface, `input '${name}' of the model is ${what}`, { at, fix });
    return undefined;
  };
  const element = type?.kind === "tensor" ? numericElement(type.dtype) : undefined;
  if (type?.kind !== "tensor" || element === undefined)
    return refuse(describeType(type), "only tensors of numbers can be inputs of a compiled model");
  if (type.shape === undefined)
    return refuse("a tensor of unknown rank", "give the input a shape; its sizes may be names");
  return context.types.tensor(
    type.shape.map((d) => dims.ofInput(d)),
    element,
  );
}

function describeType(type: OnnxType | undefined): string {
  if (type === undefined) return "of no type";
  if (type.kind === "tensor") return `a tensor of ${type.dtype}s`;
  return type.kind === "optional" ? "an optional" : `a ${type.kind}`;
}

/** Takes out what nobody uses: shape computations that importing has already done, for the most part. */
function eraseUnused(block: Block): void {
  for (let op = block.last; op; ) {
    const before: Operation | undefined = op.prev;
    for (const region of op.regions) for (const inner of region.blocks) eraseUnused(inner);
    const isRemovable = op.def.traits.includes("pure") || op.def === (composite as AnyOpDef);
    if (isRemovable && op.results.every((r) => !r.isUsed)) op.erase();
    op = before;
  }
}
