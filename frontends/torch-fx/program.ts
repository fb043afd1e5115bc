/** @file The whole program: its graph, what inputs and outputs are bound to, the ranges of its symbols. */

import { quote } from "../../ir/refusal.js";
import { readArgument } from "./arguments.js";
import {
  entries,
  FieldError,
  field,
  items,
  type JsonObject,
  listOf,
  objectOf,
  optionalField,
  textOf,
  variant,
} from "./fields.js";
import { integerOf, type Json } from "./json.js";
import { archiveCode, type Problems } from "./problems.js";
import type { Argument, InputSpec, OutputSpec, Payload, Range, TorchGraph, TorchProgram } from "./records.js";
import { readTree } from "./trees.js";

type ReadGraph = (x: Json | undefined, problems: Problems) => TorchGraph;

/** @throws FieldError where the program as a whole is wrong; faults of nodes and tensors are reported. */
export function readProgram(
  json: Json,
  payloads: ReadonlyMap<string, Payload>,
  problems: Problems,
  readGraph: ReadGraph,
): TorchProgram {
  const root = objectOf(json);
  const module = field(root, "graph_module", objectOf);
  const graph = field(module, "graph", (x) => readGraph(x, problems));
  const signature = field(module, "signature", objectOf);
  const inputs = field(signature, "input_specs", (x) => items(x, inputSpec));
  const outputs = field(signature, "output_specs", (x) => items(x, outputSpec));
  if (inputs.length !== graph.inputs.length)
    throw new FieldError(`: the signature has ${inputs.length} inputs, the graph ${graph.inputs.length}`);
  reportMissing(inputs, payloads, problems);
  const version = field(root, "schema_version", objectOf);
  const count = (key: string): number => field(version, key, (x) => Number(integerOf(x) ?? 0));
  return {
    file: problems.file,
    torchVersion: optionalField(root, "torch_version", textOf) ?? "",
    schema: { major: count("major"), minor: count("minor") },
    dialect: dialectOf(optionalField(root, "verifiers", (x) => items(x, textOf)) ?? []),
    graph,
    inputs,
    outputs,
    ranges: field(root, "range_constraints", (x) => entries(x, range)),
    guards: optionalField(root, "guards_code", (x) => items(x, textOf)) ?? [],
    ...callOf(module),
    payloads,
  };
}

function dialectOf(verifiers: readonly string[]): TorchProgram["dialect"] {
  if (verifiers.includes("TRAINING")) return "training";
  return verifiers.includes("ATEN") ? "core" : "other";
}

type Call = Pick<TorchProgram, "inputTree" | "outputTree" | "argumentNames">;

/** How the module itself is called: the entry with the empty name. */
function callOf(module: JsonObject): Call {
  const calls = optionalField(module, "module_call_graph", listOf) ?? [];
  const own = calls.map(objectOf).find((call) => call["fqn"] === "");
  const signature = own && optionalField(own, "signature", objectOf);
  if (!signature) return { inputTree: undefined, outputTree: undefined, argumentNames: undefined };
  return {
    inputTree: field(signature, "in_spec", (x) => readTree(textOf(x))),
    outputTree: field(signature, "out_spec", (x) => readTree(textOf(x))),
    argumentNames: optionalField(signature, "forward_arg_names", (x) => items(x, textOf)),
  };
}

const noGraph = (): never => {
  throw new FieldError(": a graph cannot stand here");
};

const nameOf = (spec: JsonObject): string => field(spec, "arg", (x) => field(objectOf(x), "name", textOf));

function inputSpec(x: Json): InputSpec {
  const [kind, value] = variant(x);
  const spec = objectOf(value);
  switch (kind) {
    case "user_input":
      return { kind: "user", argument: field(spec, "arg", (y) => readArgument(y, noGraph)) };
    case "parameter":
      return { kind: "parameter", name: nameOf(spec), target: field(spec, "parameter_name", textOf) };
    case "buffer":
      return { kind: "buffer", name: nameOf(spec), target: field(spec, "buffer_name", textOf) };
    case "tensor_constant":
      return { kind: "constant", name: nameOf(spec), target: field(spec, "tensor_constant_name", textOf) };
    case "constant_input":
      return { kind: "fixed", name: field(spec, "name", textOf), value: field(spec, "value", fixed) };
    case "token":
      return { kind: "token", name: nameOf(spec) };
    case "custom_obj":
      return { kind: "object", name: nameOf(spec), type: field(spec, "custom_obj_name", textOf) };
    default:
      throw new FieldError(`: '${kind}' is no kind of input that this importer knows`);
  }
}

function fixed(x: Json | undefined): Argument {
  return readArgument(x, noGraph);
}

const mutations: Readonly<Record<string, readonly ["buffer" | "parameter" | "user", string]>> = {
  buffer_mutation: ["buffer", "buffer_name"],
  parameter_mutation: ["parameter", "parameter_name"],
  user_input_mutation: ["user", "user_input_name"],
};
const gradients: Readonly<Record<string, string>> = {
  gradient_to_parameter: "parameter_name",
  gradient_to_user_input: "user_input_name",
};

function outputSpec(x: Json): OutputSpec {
  const [kind, value] = variant(x);
  const spec = objectOf(value);
  const argument = (y: Json | undefined): Argument => readArgument(y, noGraph);
  if (kind === "user_output") return { kind: "user", argument: field(spec, "arg", argument) };
  if (kind === "loss_output") return { kind: "loss", argument: { kind: "tensor", name: nameOf(spec) } };
  if (kind === "token") return { kind: "token", name: nameOf(spec) };
  const mutation = Object.hasOwn(mutations, kind) ? mutations[kind] : undefined;
  if (mutation)
    return { kind: "mutation", of: mutation[0], name: nameOf(spec), target: field(spec, mutation[1], textOf) };
  const gradient = Object.hasOwn(gradients, kind) ? gradients[kind] : undefined;
  if (gradient) return { kind: "gradient", name: nameOf(spec), target: field(spec, gradient, textOf) };
  throw new FieldError(`: '${kind}' is no kind of output that this importer knows`);
}

function range(x: Json): Range {
  const object = objectOf(x);
  const bound = (key: string): number | undefined => optionalField(object, key, (y) => Number(integerOf(y)));
  // The exporter writes the ends of i64, less one, for "open".
  const [min = -Infinity, max = Infinity] = [bound("min_val"), bound("max_val")];
  const open = 2 ** 62;
  return { min: min < -open ? -Infinity : min, max: max > open ? Infinity : max };
}

function reportMissing(inputs: readonly InputSpec[], payloads: ReadonlyMap<string, Payload>, problems: Problems): void {
  for (const input of inputs) {
    const isStored = input.kind === "parameter" || input.kind === "buffer" || input.kind === "constant";
    if (!isStored || payloads.has(input.target) || problems.errors > 0) continue;
    const at = { kind: "graph-node", file: problems.file, node: input.name } as const;
    problems.error(archiveCode.payload, `the ${input.kind} ${quote(input.target)} has no data in the archive`, { at });
  }
}
