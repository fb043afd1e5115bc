/** @file What a torch.export archive holds: operators of its graphs, the user's arguments by name, sizes that may vary. */

import { statSync } from "node:fs";
import { torchName } from "../frontends/torch-fx/dtypes.js";
import { wrappedTarget } from "../frontends/torch-fx/functionalized.js";
import { inputNames } from "../frontends/torch-fx/input-names.js";
import { scanTorch } from "../frontends/torch-fx/read.js";
import type {
  Argument,
  NamedProgram,
  Payload,
  Size,
  TensorMeta,
  TorchGraph,
  TorchNode,
  TorchProgram,
} from "../frontends/torch-fx/records.js";
import { isCustom } from "../frontends/torch-fx/signatures.js";
import { printSympy, symbolsIn } from "../frontends/torch-fx/sympy.js";
import { cellOf } from "../ir/bytes.js";
import type { DiagnosticSink } from "../ir/diagnostic.js";
import { type ModelCensus, type ModelPort, type ModelSymbol, tally } from "./model-census.js";

/** Reads an archive; no weights are read, and problems go to `sink`. Undefined where there is no program in it. */
export async function readTorchCensus(
  path: string,
  sink: DiagnosticSink,
): Promise<{ readonly census: ModelCensus; readonly programs: readonly NamedProgram[] } | undefined> {
  const programs = await scanTorch(path, sink);
  return programs && { census: torchCensus(programs, path), programs };
}

function torchCensus(programs: readonly NamedProgram[], path: string): ModelCensus {
  // Ports of one of several models get its name in front.
  const named = (ports: (program: TorchProgram) => readonly ModelPort[]): readonly ModelPort[] =>
    programs.flatMap(({ name, program }) =>
      ports(program).map((port) => (programs.length === 1 ? port : { ...port, name: `${name}.${port.name}` })),
    );
  const nodes = programs.flatMap(({ program }) => nodesOf(program.graph));
  const version = programs[0]?.program.torchVersion ?? "";
  return {
    file: path,
    bytes: statSync(path).size,
    format: "pt2",
    opsets: {},
    producer: `PyTorch ${version}`.trim(),
    inputs: named(inputPorts),
    outputs: named(outputPorts),
    symbols: programs.flatMap(({ program }) => symbolsOf(program)),
    operators: tally(
      nodes.map((node) => ({ operator: wrappedTarget(node) ?? node.target, at: node.at })),
      isCustom,
    ),
    weights: weightsOf(programs),
  };
}

/** The nodes of a graph, and those of the graphs in their arguments. */
function nodesOf(graph: TorchGraph): readonly TorchNode[] {
  return graph.nodes.flatMap((node) => [node, ...node.inputs.flatMap(({ argument }) => nodesWithin(argument))]);
}

function nodesWithin(argument: Argument): readonly TorchNode[] {
  if (argument.kind === "graph") return nodesOf(argument.graph);
  if (argument.kind === "list") return argument.items.flatMap(nodesWithin);
  return argument.kind === "dict" ? [...argument.entries.values()].flatMap(nodesWithin) : [];
}

/** What the user passes: arguments that are the same every time are not asked for. */
function inputPorts(program: TorchProgram): readonly ModelPort[] {
  return userInputs(program).map(({ name, argument }) => ({ name, type: typeOf(argument, program.graph) }));
}

interface UserInput {
  readonly name: string;
  readonly argument: Argument;
}

function userInputs(program: TorchProgram): readonly UserInput[] {
  const names = inputNames(program);
  return program.inputs.flatMap((spec, k): readonly UserInput[] => {
    if (spec.kind !== "user") return [];
    const { argument } = spec;
    const own = argument.kind === "tensor" || argument.kind === "symbol" ? argument.name : undefined;
    const isFixed = own === undefined || isConstant(argument, program.graph);
    return isFixed ? [] : [{ name: names.get(k) ?? own, argument }];
  });
}

function isConstant(argument: Argument, graph: TorchGraph): boolean {
  return argument.kind === "symbol" && typeof graph.symbols.get(argument.name) !== "object";
}

function outputPorts(program: TorchProgram): readonly ModelPort[] {
  const users = program.outputs.flatMap((o) => (o.kind === "user" || o.kind === "loss" ? [o.argument] : []));
  return users.flatMap((argument, k) => {
    const name = users.length === 1 ? "output" : `output_${k}`;
    return argument.kind === "none" ? [] : [{ name, type: typeOf(argument, program.graph) }];
  });
}

function typeOf(argument: Argument, graph: TorchGraph): string {
  const meta = argument.kind === "tensor" ? graph.tensors.get(argument.name) : undefined;
  return meta === undefined ? "number" : tensorText(meta);
}

function tensorText({ element, sizes }: TensorMeta): string {
  return `${torchName(element).replace("torch.", "")}[${sizes.map(sizeText).join(", ")}]`;
}

function sizeText(size: Size): string {
  return typeof size === "number" ? String(size) : printSympy(size);
}

/** Symbols of the user's inputs, with the sizes that are plainly them. */
function symbolsOf(program: TorchProgram): readonly ModelSymbol[] {
  const places = new Map<string, string[]>();
  for (const { name, argument } of userInputs(program)) {
    if (argument.kind !== "tensor") continue;
    (program.graph.tensors.get(argument.name)?.sizes ?? []).forEach((size, axis) => {
      if (typeof size === "number") return;
      for (const symbol of symbolsIn(size)) if (!places.has(symbol)) places.set(symbol, []);
      if (size.kind === "symbol") places.get(size.name)!.push(`${name}[${axis}]`);
    });
  }
  return [...places].map(([name, at]) => {
    const { min, max } = program.ranges.get(name) ?? { min: 0, max: Infinity };
    return { name, min: Math.max(0, min), ...(Number.isFinite(max) ? { max } : {}), at };
  });
}

/** Tensors that several names or programs share are counted once. */
function weightsOf(programs: readonly NamedProgram[]): ModelCensus["weights"] {
  const keyOf = ({ bytes, meta }: Payload): string =>
    [bytes.entry, meta.element, meta.sizes, meta.strides, meta.offset].join(" ");
  const tensors = new Map(
    programs.flatMap(({ program }) => [...program.payloads.values()].map((p) => [keyOf(p), p] as const)),
  );
  const bytes = [...tensors.values()].reduce((sum, { meta }) => sum + bytesOf(meta), 0);
  return { count: tensors.size, bytes, external: 0 };
}

function bytesOf({ element, sizes }: TensorMeta): number {
  return (sizes as readonly number[]).reduce((a, b) => a * b, 1) * cellOf(element).bytes;
}
