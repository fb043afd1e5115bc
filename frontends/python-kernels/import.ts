/**
 * @file The Python front end: functions marked `@persimmons.loops` as loops on memrefs, each with an entry on tensors. Array
 * parameters are inputs; those that the loops write are results too. A kernel is read until what is known of its variables
 * (their types, which of them need memory) no longer changes; what the last reading says is what the user gets.
 */

import { readFileSync } from "node:fs";
import { type AffineExpr, affineConstant } from "../../ir/affine-expr.js";
import { type Attr, arrayAttr, stringAttr, unitAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { compileError, DiagnosticSink } from "../../ir/diagnostic.js";
import { indexCast } from "../../ir/dialects/arith/cast.js";
import { newModule } from "../../ir/dialects/builtin.js";
import { buildFunction } from "../../ir/dialects/func.js";
import { load, dim as memrefDim } from "../../ir/dialects/memref/storage.js";
import { customCall } from "../../ir/dialects/stablehlo/calls.js";
import { NAME } from "../../ir/entry.js";
import { Block, type Operation, type Value } from "../../ir/graph.js";
import { ACCESS, LOOPS } from "../../ir/names.js";
import type { FunctionDef, Module } from "./ast.js";
import { Expressions } from "./expressions.js";
import { didYouMean, fullName, type Globals, globalsOf, type Imports, importsOf } from "./names.js";
import type { Num } from "./numbers.js";
import { parsePython } from "./parse.js";
import { Findings, Scope } from "./scope.js";
import { type Parameter, readSignature, type Signature } from "./signature.js";
import { Statements } from "./statements.js";
import { locationOf } from "./syntax.js";

export interface PythonOptions {
  /** Values of sizes and constants, by name. */
  readonly constexprs?: ReadonlyMap<string, number>;
  /** Only this kernel. */
  readonly kernel?: string | undefined;
}

export async function importPython(path: string, context: Context, options: PythonOptions = {}): Promise<Operation> {
  return importPythonText(readFileSync(path, "utf8"), path, context, options);
}

/** @throws CompileError PS2801 (syntax), PS2802 (what kernels cannot do), PS2803 (types and sizes), PS2804 (what was asked for). */
export async function importPythonText(
  text: string,
  file: string,
  context: Context,
  { constexprs = new Map(), kernel }: PythonOptions = {},
): Promise<Operation> {
  const tree = await parsePython(text, file);
  const imports = importsOf(tree);
  const kernels = kernelsOf(tree, imports, file, kernel);
  const sink = new DiagnosticSink();
  const reader: Reader = { file, sink, context, imports, globals: globalsOf(tree, imports), constexprs };
  const module = newModule(context);
  const used = new Set<string>();
  for (const def of kernels) {
    const signature = await readSignature(def, reader);
    for (const name of signature.names) used.add(name);
    if (signature.isWhole) buildKernel(module, def, signature, reader, namesOf(def, kernels));
  }
  checkConstexprs(constexprs, used, reader);
  sink.throwIfErrors();
  for (const d of sink.all) context.diagnostics.add(d);
  return module;
}

interface Reader {
  readonly file: string;
  readonly sink: DiagnosticSink;
  readonly context: Context;
  readonly imports: Imports;
  readonly globals: Globals;
  readonly constexprs: ReadonlyMap<string, number>;
}

function kernelsOf(tree: Module, imports: Imports, file: string, wanted: string | undefined): readonly FunctionDef[] {
  const all = tree.body.filter(
    (s): s is FunctionDef =>
      s.kind === "FunctionDef" && s.decorator_list.some((d) => fullName(d, imports) === "persimmons.loops"),
  );
  const at = { kind: "text", file, line: 1, column: 1 } as const;
  if (all.length === 0) {
    const fix = "mark a function with @persimmons.loops";
    throw compileError("PS2804", `${file} has no kernel`, { at, fix });
  }
  const chosen = wanted === undefined ? all : all.filter((f) => f.name === wanted);
  if (chosen.length === 0) {
    const names = all.map((f) => f.name);
    const fix = didYouMean(wanted!, names) ?? `its kernels are ${names.join(", ")}`;
    throw compileError("PS2804", `${file} has no kernel '${wanted}'`, { at, fix });
  }
  const twice = chosen.find((f, i) => chosen.findIndex((g) => g.name === f.name) < i);
  if (twice) throw compileError("PS2804", `two kernels are named '${twice.name}'`, { at: locationOf(file, twice.at) });
  return chosen;
}

function checkConstexprs(given: ReadonlyMap<string, number>, used: ReadonlySet<string>, { sink, file }: Reader): void {
  const at = { kind: "text", file, line: 1, column: 1 } as const;
  for (const name of given.keys()) {
    if (used.has(name)) continue;
    const fix = didYouMean(name, used) ?? (used.size > 0 ? `its sizes are ${[...used].join(", ")}` : "give none");
    sink.error("PS2804", `no kernel has a size '${name}'`, { at, fix });
  }
}

/** What the functions of a kernel are called: the entry, and the loops that it runs. */
interface Names {
  readonly entry: string;
  readonly loops: string;
}

/** One kernel is `main`, several go by their own names. */
function namesOf(def: FunctionDef, kernels: readonly FunctionDef[]): Names {
  const taken = new Set(kernels.map((k) => k.name));
  let loops = `${def.name}_loops`;
  while (taken.has(loops)) loops += "_";
  return { entry: kernels.length === 1 ? "main" : def.name, loops };
}

function buildKernel(module: Operation, def: FunctionDef, signature: Signature, reader: Reader, names: Names): void {
  const { context } = reader;
  const types = signature.parameters.map((p) => context.types.memref(p.shape, p.type));
  const findings = new Findings();
  const at = locationOf(reader.file, def.at);
  // Types only widen and cells only grow, so this ends; nothing is kept of a reading that learned something.
  for (let round = 0; round < 64; round++) {
    findings.changed = false;
    const sink = new DiagnosticSink();
    const block = new Block(types);
    const builder = new Builder(context, block);
    builder.at = at;
    readBody(builder, block.args, def, signature, { ...reader, sink }, findings);
    for (const op of [...block.ops()].reverse()) op.dropReferences();
    if (findings.changed) continue;
    for (const d of sink.all) reader.sink.add(d);
    break;
  }
  if (reader.sink.hasErrors) return;
  const quiet = { ...reader, sink: new DiagnosticSink() };
  const func = buildFunction(
    context,
    module,
    names.loops,
    types,
    (b, args) => {
      readBody(b, args, def, signature, quiet, findings);
      b.at = at;
      return [];
    },
    { visibility: "private", at },
  );
  func.setExtra(LOOPS, unitAttr);
  const access = (p: Parameter): string => (findings.written.has(p.name) ? "readwrite" : "read");
  func.setAttr("arg_attrs", dictionaries(signature.parameters.map((p) => ({ [NAME]: p.name, [ACCESS]: access(p) }))));
  buildEntry(module, names, signature, findings.written, reader, at);
}

function dictionaries(entries: readonly Readonly<Record<string, string>>[]): Attr {
  return arrayAttr(
    entries.map(
      (texts): Attr => ({
        kind: "dict",
        entries: Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, stringAttr(v)])),
      }),
    ),
  );
}

function readBody(
  builder: Builder,
  args: readonly Value[],
  def: FunctionDef,
  signature: Signature,
  reader: Reader,
  findings: Findings,
): void {
  const scope = new Scope();
  const x = new Expressions(builder, { ...reader, scope, findings });
  bindSizes(x, args, signature);
  const scalars = bindParameters(x, args, signature, def);
  // Storage of variables comes before everything else.
  const storage = new Builder(reader.context, builder.block, builder.block.first);
  storage.at = builder.at;
  const statements = new Statements(x, storage, def.body);
  statements.prepare(scalars);
  scope.within(() => statements.body(def.body));
}

/** Sizes are numbers, or axes of the arrays that have them. */
function bindSizes(x: Expressions, args: readonly Value[], { sizes }: Signature): void {
  for (const [name, size] of sizes) {
    if (size.kind === "number") {
      const isWhole = Number.isSafeInteger(size.value) && !size.isFloat;
      x.scope.set(name, {
        kind: "number",
        num: () => (isWhole ? x.numbers.constant(size.value, "i64") : x.numbers.constant(size.value, "f64")),
        affine: isWhole ? affineConstant(size.value) : undefined,
      });
      continue;
    }
    const index = x.numbers.index(size.axis);
    const value = x.b.value(memrefDim, { source: args[size.parameter]!, index }, {});
    x.scope.set(name, { kind: "number", num: () => x.numbers.fromIndex(value), affine: x.table.symbol(value) });
  }
}

function bindParameters(x: Expressions, args: readonly Value[], { parameters }: Signature, def: FunctionDef) {
  const scalars = new Map<string, { readonly num: Num; readonly type: Num["type"] }>();
  parameters.forEach((p, k) => {
    x.at(def.args.args[k]?.at ?? def.at);
    const memref = args[k]!;
    if (p.shape.length > 0 || p.isArray) {
      x.scope.set(p.name, { kind: "array", memref, type: p.type, rank: p.shape.length });
      return;
    }
    const num: Num = { value: x.b.value(load, { memref, indices: [] }, {}), type: p.type, weak: false };
    x.scope.set(p.name, { kind: "value", num, affine: wholeSymbol(x, num) });
    scalars.set(p.name, { num, type: p.type });
    x.findings.types.set(p.name, x.findings.types.get(p.name) ?? num);
  });
  return scalars;
}

/** A whole number that a caller gives may bound loops, as a size does. */
function wholeSymbol(x: Expressions, num: Num): AffineExpr | undefined {
  if (num.type !== "i64" && num.type !== "i32") return undefined;
  return x.table.symbol(x.b.value(indexCast, { in: num.value }, {}, { results: [x.b.context.types.scalar("index")] }));
}

/** The entry: a call of the loops that gives what they write. */
function buildEntry(
  module: Operation,
  names: Names,
  { parameters }: Signature,
  written: ReadonlySet<string>,
  { context }: Reader,
  at: Operation["at"],
): void {
  const inputs = parameters.map((p) => context.types.tensor(p.shape, p.type));
  const outputs = parameters.flatMap((p, i) => (written.has(p.name) ? [i] : []));
  const func = buildFunction(
    context,
    module,
    names.entry,
    inputs,
    (b, args) =>
      b.op(
        customCall,
        { inputs: args },
        {
          call_target_name: LOOPS,
          called_computations: [names.loops],
          output_operand_aliases: outputs.map((operandIndex, i) => ({
            outputTupleIndices: outputs.length > 1 ? [i] : [],
            operandIndex,
            operandTupleIndices: [],
          })),
        },
        { results: outputs.map((i) => inputs[i]!) },
      ).results,
    { at },
  );
  func.setAttr("arg_attrs", dictionaries(parameters.map((p) => ({ [NAME]: p.name }))));
  func.setAttr("res_attrs", dictionaries(outputs.map((i) => ({ [NAME]: parameters[i]!.name }))));
}
