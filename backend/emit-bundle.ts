/**
 * @file The last stage: a lowered program becomes a bundle. Weights are streamed from where they are, never held
 * whole; everything written is a pure function of the program, so two exports are byte-identical.
 */

import type { Context } from "../ir/context.js";
import { moduleBody } from "../ir/dialects/builtin.js";
import { functionBody, lookupFunction } from "../ir/dialects/func.js";
import { global } from "../ir/dialects/memref/global.js";
import type { Dim } from "../ir/dim.js";
import { elementFacts } from "../ir/element.js";
import type { EntryInterface, InterfaceValue, StateInterface } from "../ir/entry.js";
import type { Operation } from "../ir/graph.js";
import { placesIn } from "../ir/location.js";
import { ARENA_BYTES, ARENA_LOWER_BOUND, BYTES, CHUNKS, FLOPS, SUMMARY } from "../ir/names.js";
import { toBytes } from "../ir/ndarray.js";
import { type MemRefType, staticShape } from "../ir/types.js";
import type { AcceleratorDescription } from "../machine/accelerator.js";
import type { CpuDescription } from "../machine/cpu.js";
import { isAccelerator, type TargetDescription } from "../machine/target.js";
import type { BundleDraft, ManifestDraft } from "../runtime-lib/bundle/bundle-draft.js";
import type {
  Check,
  Entry,
  Kernel,
  KernelArgument,
  Option,
  SizeSymbol,
  Source,
  State,
  Target,
  Value,
  Weight,
} from "../runtime-lib/bundle/generated/manifest.js";
import { layoutSafetensors, type TensorSource } from "../runtime-lib/bundle/safetensors-writer.js";
import { expressionOfText, sizeExpression } from "./expression.js";
import { remarksOn } from "./kernel-remarks.js";
import { dimAttr, emitModule, type LoweredProgram, programOf } from "./llvm/emit-module.js";
import { isAllocatedByRun, runChecks } from "./llvm/host.js";
import { symbolsIn } from "./llvm/kernel.js";
import { planSizes, type SizeCheck } from "./llvm/plan-function.js";
import { scheduleOf } from "./schedule.js";
import { sharedStates } from "./shared-states.js";
import { type SourceIndex, sourceTable } from "./source-table.js";
import { describeTileKernel, emitTiles } from "./spatial/emit-tiles.js";

/** One program, lowered for one CPU or accelerator. */
export interface LoweredVariant {
  readonly machine: TargetDescription;
  readonly module: Operation;
  readonly context: Context;
  /** As this variant's own import read them: dimensions belong to a context. */
  readonly entries: readonly EntryInterface[];
}

export interface BundleInput {
  readonly model: string;
  readonly producer: string;
  readonly source: Source;
  readonly options: readonly Option[];
  readonly variants: readonly LoweredVariant[];
}

/** Writes the files of the bundle; gives its manifest. The variants share one weights file. */
export async function emitBundle(input: BundleInput, draft: BundleDraft): Promise<ManifestDraft> {
  const [first] = input.variants;
  if (!first) throw new Error("a bundle needs a variant");
  const states = sharedStates(first.entries);
  const tensors = input.variants.flatMap(({ module, context, entries }) => [
    ...weightsOf(module, context),
    ...initialStates(sharedStates(entries), context),
  ]);
  const unique = [...new Map(tensors.map((t) => [t.name, t])).values()];
  const layout = layoutSafetensors(unique);
  const offsets = new Map(layout.tensors.map((t) => [t.name, t.offset]));
  const written = unique.length > 0 ? await draft.weights(unique) : undefined;
  const weights: Weight[] = layout.tensors.map(({ name, dtype, shape, offset, bytes }) => ({
    name,
    dtype,
    shape,
    offset,
    bytes,
  }));
  const targets: Target[] = [];
  const sources = sourceTable();
  const programs = input.variants.map(({ module, context, entries }) => programOf(module, entries, context));
  // Emitted code goes by the positions of its symbols; those of the schedules alone stand behind them.
  const shared = new Map<string, SizeSymbol>();
  programs.forEach((program, k) => {
    for (const name of program.symbols) shared.set(name, describeSymbol(name, input.variants[k]!.context));
  });
  const names = [...shared.keys()].sort();
  const symbols = new Map(names.map((name) => [name, shared.get(name)!]));
  for (const [k, variant] of input.variants.entries()) {
    const program: LoweredProgram = { ...programs[k]!, symbols: names };
    const { target, files } = emitTarget(input, variant, program, offsets, symbols, sources.index);
    for (const [name, content] of files) await draft.file(name, content);
    targets.push(target);
  }
  return {
    formatVersion: 1,
    producer: input.producer,
    model: input.model,
    source: input.source,
    options: input.options,
    symbols: [...symbols.values()],
    ...(written ? { weightData: written.data } : {}),
    weights,
    states: states.map((s) => describeState(s, weights)),
    entries: first.entries.map((e) => describeEntry(e, states, first)),
    sources: sources.all,
    targets,
  };
}

/** Bundles with this option have counters. */
function isProfiling({ options }: BundleInput): boolean {
  return options.some(({ name, value }) => name === "profile" && value === "true");
}

function describeState(state: StateInterface, weights: readonly Weight[]): State {
  const { name, element: dtype, initial } = state;
  const described = { name, dtype, shape: state.shape.map((d) => sizeExpression(d)) };
  const weight = initial && weights.findIndex((w) => w.name === initialName(state));
  return weight === undefined ? described : { ...described, weight };
}

/** The weight that holds what a state begins with. */
function initialName({ name, initial }: StateInterface): string {
  return initial?.kind === "resource" ? initial.name : `${name}.initial`;
}

/** What states begin with. */
function initialStates(states: readonly StateInterface[], context: Context): TensorSource[] {
  return states.flatMap((state) => {
    const { element, initial } = state;
    if (initial === undefined) return [];
    const shape = state.shape.map((d) => {
      if (typeof d !== "number") throw new Error(`the state '${state.name}' begins with elements of an open size`);
      return d;
    });
    const bytes = shape.reduce((n, d) => n * d, 1) * elementFacts[element].storageBytes;
    const source = () => (initial.kind === "dense" ? toBytes(initial.data) : readSlices(initial.name, bytes, context));
    return [{ name: initialName(state), dtype: element, shape, bytes, source }];
  });
}

/** The weights a module refers to, in the order of their globals. */
function weightsOf(module: Operation, context: Context): TensorSource[] {
  const tensors: TensorSource[] = [];
  for (const op of moduleBody(module).ops()) {
    if (!global.matches(op)) continue;
    const { sym_name: name, type, initial_value: value } = global.attrsOf(op);
    const { element } = type as MemRefType;
    const shape = staticShape(type as MemRefType);
    const bytes = shape.reduce((n, d) => n * d, 1) * elementFacts[element].storageBytes;
    if (value?.kind === "dense")
      tensors.push({ name, dtype: element, shape, bytes, source: () => toBytes(value.data) });
    else if (value?.kind === "resource")
      tensors.push({ name, dtype: element, shape, bytes, source: () => readSlices(value.name, bytes, context) });
    else throw new Error(`the global @${name} has no elements`);
  }
  return tensors;
}

const SLICE_BYTES = 16 * 1024 * 1024;

async function* readSlices(name: string, bytes: number, context: Context): AsyncIterable<Uint8Array> {
  const resource = context.resources.get(name);
  if (!resource) throw new Error(`there is no resource '${name}'`);
  for (let at = 0; at < bytes; at += SLICE_BYTES) yield resource.read(at, Math.min(SLICE_BYTES, bytes - at));
}

function emitTarget(
  input: BundleInput,
  variant: LoweredVariant,
  program: LoweredProgram,
  offsets: ReadonlyMap<string, number>,
  symbols: Map<string, SizeSymbol>,
  sourceIndex: SourceIndex,
): { readonly target: Target; readonly files: EmittedCode["files"] } {
  const { machine, context, entries } = variant;
  const { files, ...code } = isAccelerator(machine)
    ? emitSpatial(machine, program, input)
    : emitCpu(machine, program, input, variant, offsets);
  const kernels = [...program.kernels].map(([name, func]) =>
    isAccelerator(machine)
      ? {
          ...describeTileKernel(name, func),
          ...costOf(func, context),
          sources: placesIn(func.at).map(sourceIndex),
          remarks: remarksOn(func, context),
        }
      : describeKernel(name, func, context, sourceIndex),
  );
  const names = [...offsets.keys()];
  const symbolIndex = (name: string, min?: number): number => {
    if (!symbols.has(name))
      symbols.set(name, { ...describeSymbol(name, context), ...(min === undefined ? {} : { min }) });
    return [...symbols.keys()].indexOf(name);
  };
  for (const func of program.kernels.values()) for (const name of costSymbols(func, context)) symbolIndex(name);
  const programs = entries.map((entry, entryIndex) =>
    scheduleOf(
      {
        entry,
        entryIndex,
        host: program.hosts.get(entry.name)!,
        kernels,
        kernelFunctions: program.kernels,
        weightIndex: (name) => names.indexOf(name),
        sourceIndex,
        symbolIndex,
        sizeChecks: planSizes(entry, context).checks.length,
        arena: dimAttr(program.hosts.get(entry.name)!, ARENA_BYTES, context),
        lowerBound: dimAttr(program.hosts.get(entry.name)!, ARENA_LOWER_BOUND, context),
      },
      context,
    ),
  );
  const target: Target = { name: machine.name, kind: machine.kind, ...code, kernels, programs };
  return { target, files };
}

/** What a target's code is, and the files it is in. */
interface EmittedCode extends Pick<Target, "triple" | "cpu" | "features" | "module" | "tiles" | "machine"> {
  readonly files: readonly (readonly [name: string, content: string | Uint8Array])[];
}

function emitCpu(
  cpu: CpuDescription,
  program: LoweredProgram,
  input: BundleInput,
  { entries, context }: LoweredVariant,
  offsets: ReadonlyMap<string, number>,
): EmittedCode {
  const weightOffset = (name: string): number => {
    const offset = offsets.get(name);
    if (offset === undefined) throw new Error(`there is no weight '${name}'`);
    return offset;
  };
  const { text } = emitModule(
    program,
    { model: input.model, entries, weightOffset, profile: isProfiling(input) },
    context,
  );
  const module = `kernels.${cpu.name}.ll`;
  return {
    triple: cpu.arch === "wasm32" ? "wasm32-unknown-unknown" : `${cpu.arch}-unknown-linux-gnu`,
    cpu: cpu.llvmCpu,
    features: [...cpu.llvmFeatures],
    module,
    files: [[module, text]],
  };
}

/** The first accelerator's programs are in `tiles.bin`, those of others carry its name too. */
function emitSpatial(machine: AcceleratorDescription, program: LoweredProgram, input: BundleInput): EmittedCode {
  const first = input.variants.find((variant) => isAccelerator(variant.machine));
  const tiles = first?.machine === machine ? "tiles.bin" : `tiles.${machine.name}.bin`;
  const description = `machine.${machine.name}.json`;
  return {
    triple: "",
    cpu: "",
    features: [],
    tiles,
    machine: description,
    files: [
      [tiles, emitTiles(program.kernels, machine)],
      [description, `${JSON.stringify(machine, undefined, 2)}\n`],
    ],
  };
}

/** What a launch costs, as outlining found it. */
function costOf(kernel: Operation, context: Context): Pick<Kernel, "flops" | "bytes"> {
  const text = (name: string): string => expressionOfText(costText(kernel, name), context);
  return { flops: text(FLOPS), bytes: text(BYTES) };
}

function costText({ extra }: Operation, name: string): string {
  const attr = extra[name];
  return attr?.kind === "string" ? attr.value : "0";
}

function costSymbols(kernel: Operation, { dims }: Context): readonly string[] {
  return [FLOPS, BYTES].flatMap((name) => dims.symbolsOf(dims.parse(costText(kernel, name)) ?? 0));
}

function describeKernel(name: string, func: Operation, context: Context, sourceIndex: SourceIndex): Kernel {
  const args = functionBody(func).args;
  const written = writtenArguments(func);
  const describe = (k: number): KernelArgument => {
    const type = args[k]!.type;
    if (type.kind !== "memref") return { name: `arg${k}`, kind: "scalar", dtype: "i64" };
    return { name: `arg${k}`, kind: written.has(k) ? "update" : "read", dtype: type.element };
  };
  const chunks = func.extra[CHUNKS];
  const summary = func.extra[SUMMARY];
  const own = args.map((_, k) => k).filter((k) => chunks === undefined || k < args.length - 1);
  const symbolArguments = symbolsIn(func, context).map(
    (s): KernelArgument => ({ name: s, kind: "scalar", dtype: "i64" }),
  );
  return {
    symbol: name,
    arguments: [...own.map(describe), ...symbolArguments],
    grid: chunks?.kind === "string" ? [expressionOfText(chunks.value, context)] : [],
    ...costOf(func, context),
    sources: placesIn(func.at).map(sourceIndex),
    summary: summary?.kind === "string" ? summary.value : summarise(func),
    remarks: remarksOn(func, context),
  };
}

/** Positions of the arguments that a kernel stores to, through views of them too. */
function writtenArguments(func: Operation): ReadonlySet<number> {
  const roots = new Map(functionBody(func).args.map((a, i) => [a, i] as const));
  const written = new Set<number>();
  for (const op of func.walk()) {
    const [source] = op.operands;
    const root = source && roots.get(source);
    if (root !== undefined && op.results[0]?.type.kind === "memref") roots.set(op.results[0], root);
    if (!op.def.traits.includes("writes")) continue;
    for (const x of op.operands) {
      const k = roots.get(x);
      const isTarget = op.name.endsWith("store") ? x === op.operands[1] || x === op.operands[0] : true;
      if (k !== undefined && isTarget) written.add(k);
    }
  }
  return written;
}

function summarise(func: Operation): string {
  const ops = [...func.walk()];
  const loops = ops.filter((op) => op.name.endsWith(".for") || op.name.endsWith(".parallel")).length;
  // Masks have as many lanes as what they mask.
  const vectors = ops.flatMap((op) => op.results.map((r) => r.type)).filter((t) => t.kind === "vector");
  const real = vectors.find((t) => t.element !== "i1");
  const unit = real === undefined ? "scalars" : `vectors of ${real.shape.join("x")} ${real.element}`;
  return `${loops} ${loops === 1 ? "loop" : "loops"} over ${unit}`;
}

function describeEntry(
  entry: EntryInterface,
  states: readonly StateInterface[],
  { context, module }: LoweredVariant,
): Entry {
  const host = lookupFunction(module, entry.name);
  const { inputNesting, outputNesting } = entry;
  const value = (v: InterfaceValue, isOutput: boolean): Value => ({
    name: v.name,
    dtype: v.element,
    shape: v.shape.map((d) => sizeExpression(d)),
    allocatedByRun: isOutput && isAllocatedByRun(v.shape, context),
  });
  return {
    name: entry.name,
    inputs: entry.inputs.map((v) => value(v, false)),
    outputs: entry.outputs.map((v) => value(v, true)),
    states: entry.states.map(({ name }) => ({ state: states.findIndex((s) => s.name === name) })),
    checks: [
      ...planSizes(entry, context).checks.map((c) => describeCheck(c, entry)),
      ...(host ? runChecks(host) : []).map((message): Check => ({ message })),
    ],
    ...(inputNesting === undefined ? {} : { inputNesting }),
    ...(outputNesting === undefined ? {} : { outputNesting }),
  };
}

function describeCheck(check: SizeCheck, entry: EntryInterface): Check {
  if ("value" in check) {
    const { message, relation, value } = check;
    return { message, relation, value: sizeExpression(value) };
  }
  const { name } = entry.inputs[check.input]!;
  const where = `dimension ${check.axis} of input '${name}'`;
  const place = { input: check.input, dimension: check.axis };
  if (check.equals !== undefined)
    return {
      message: `${where} must be ${sizeExpression(check.equals as Dim)}`,
      ...place,
      expected: sizeExpression(check.equals),
    };
  return {
    message: `${where} must be in [${check.min}, ${check.max === Number.POSITIVE_INFINITY ? "inf" : check.max}]`,
    ...place,
  };
}

function describeSymbol(name: string, { dims }: Context): SizeSymbol {
  const { min, max } = dims.range(name);
  return { name, kind: dims.kind(name), min, ...(max === Number.POSITIVE_INFINITY ? {} : { max }) };
}
