/**
 * @file Turns an ONNX model into a program: a module of StableHLO with one public function, `@main`, whose arguments and
 * results are the model's inputs and outputs in order, with their names (`psm.name`). Every node that cannot be imported
 * is reported in one run.
 */

import { type Attr, arrayAttr, stringAttr } from "../../ir/attrs.js";
import type { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import type { AnyOpDef } from "../../ir/define.js";
import { moduleBody, newModule } from "../../ir/dialects/builtin.js";
import { buildFunction } from "../../ir/dialects/func.js";
import { composite } from "../../ir/dialects/stablehlo/calls.js";
import { NAME } from "../../ir/entry.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { Refusal } from "../../ir/refusal.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import { DimNames } from "./dims.js";
import { type Imported, isTensor, Scope } from "./imported.js";
import { distribute, type GivenInput, type InputPlan, type Parts, partsOf, planInput } from "./interface.js";
import type { OnnxModel, OnnxValueInfo } from "./records.js";
import { importCode } from "./refusal.js";
import { Walk } from "./walk.js";

export interface OnnxImportOptions {
  /** Inputs that have default values (initializers of the same name) stay inputs instead of becoming constants. */
  readonly keepDefaults?: boolean;
  /** What is known of inputs beyond their declarations: the lengths of sequences, sizes. */
  readonly given?: ReadonlyMap<string, GivenInput>;
}

/**
 * The model as a module of `context`.
 * @throws CompileError with everything in `context.diagnostics` where a part of the model cannot be imported.
 */
export function importOnnx(model: OnnxModel, context: Context, options: OnnxImportOptions = {}): Operation {
  const { graph } = model;
  const inputs = graph.inputs.filter((x) => options.keepDefaults === true || !isInitialized(model, x));
  const dims = new DimNames(context, inputs);
  const plans = inputs.map((x) => plan(x, model, dims, context, options));
  context.diagnostics.throwIfErrors();
  const args = plans.flatMap((p) => p.arguments);
  const module = newModule(context);
  const results: string[] = [];
  const build = (b: Builder, values: readonly Value[]): readonly Value[] => {
    const t = new TensorBuilder(b, new Decompositions(module, context));
    const scope = new Scope();
    for (const value of values) t.note(value);
    const lengths = plans.map((p) => p.arguments.length);
    distribute(values, lengths).forEach((group, i) => {
      scope.set(inputs[i]!.name, plans[i]!.make(group));
    });
    const frame = { opsets: model.opsets, declared: new Map(), sizes: new Map(), attributes: new Map(), path: "" };
    const outputs = new Walk(model, context, dims).graph(graph, t, scope, frame);
    const parts = outputs.map((x, i) => outputParts(x, graph.outputs[i]!, model, context));
    context.diagnostics.throwIfErrors();
    b.at = { kind: "bytes", file: model.file, offset: 0 };
    results.push(...parts.flatMap((p, i) => p.values.map(({ path }) => `${graph.outputs[i]!.name}${path}`)));
    return parts.flatMap((p) => p.values.map(({ value }) => value));
  };
  const types = args.map((a) => a.type);
  const main = buildFunction(context, module, "main", types, build);
  eraseUnused(moduleBody(module));
  main.setAttr("arg_attrs", names(args.map((a) => a.name)));
  main.setAttr("res_attrs", names(results));
  return module;
}

function isInitialized({ graph }: OnnxModel, { name }: OnnxValueInfo): boolean {
  return graph.initializers.has(name) || graph.sparseInitializers.has(name);
}

function names(values: readonly string[]): Attr {
  return arrayAttr(values.map((name) => ({ kind: "dict", entries: { [NAME]: stringAttr(name) } })));
}

const noPlan: InputPlan = { arguments: [], make: () => ({ kind: "missing", type: undefined }) };

/** The input as arguments; what is wrong with it is reported. */
function plan(
  { name, type }: OnnxValueInfo,
  model: OnnxModel,
  dims: DimNames,
  context: Context,
  options: OnnxImportOptions,
): InputPlan {
  try {
    return planInput(name, type, options.given?.get(name), dims, context);
  } catch (error) {
    report(error, `input '${name}' of the model is`, name, model, context);
    return noPlan;
  }
}

/** The output as results; one whose nodes were refused has been reported with those. */
function outputParts(x: Imported, { name }: OnnxValueInfo, model: OnnxModel, context: Context): Parts {
  const none: Parts = { values: [], form: "", make: () => x };
  if (!isTensor(x) && x.kind === "missing") return none;
  try {
    return partsOf(x);
  } catch (error) {
    report(error, `output '${name}' of the model:`, name, model, context);
    return none;
  }
}

function report(error: unknown, subject: string, name: string, model: OnnxModel, context: Context): void {
  if (!(error instanceof Refusal)) throw error;
  const at = { kind: "graph-node", file: model.file, node: name } as const;
  const options = error.fix === undefined ? { at } : { at, fix: error.fix };
  context.diagnostics.error(importCode.interface, `${subject} ${error.message}`, options);
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
