/**
 * @file Cases of ONNX's backend suite, as `dump_cases.py` writes them, and what becomes of one: imported, verified, run by
 * the interpreter and compared with the outputs that the suite expects, under its own tolerances.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importOnnx } from "../../../frontends/onnx/import.js";
import type { GivenInput } from "../../../frontends/onnx/interface.js";
import { readOnnxBytes } from "../../../frontends/onnx/read.js";
import type { OnnxModel, OnnxType } from "../../../frontends/onnx/records.js";
import { Context } from "../../../ir/context.js";
import { CompileError, DiagnosticSink, formatDiagnostic } from "../../../ir/diagnostic.js";
import { builtin } from "../../../ir/dialects/builtin.js";
import { chlo } from "../../../ir/dialects/chlo/dialect.js";
import { func } from "../../../ir/dialects/func.js";
import { stablehlo } from "../../../ir/dialects/stablehlo/dialect.js";
import type { ElementType } from "../../../ir/element.js";
import type { Operation } from "../../../ir/graph.js";
import { InterpretError, interpret } from "../../../ir/interpret.js";
import { fromBytes, type NdArray } from "../../../ir/ndarray.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";

type Item =
  | {
      readonly kind: "tensor";
      readonly element: ElementType;
      readonly shape: readonly number[];
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: "strings"; readonly shape: readonly number[]; readonly values: readonly string[] }
  | { readonly kind: "sequence"; readonly items: readonly Item[] }
  | { readonly kind: "none" | "map" };

export interface BackendCase {
  readonly name: string;
  /** Where the model is in `cases.bin`. */
  readonly model: { readonly offset: number; readonly length: number };
  readonly rtol: number;
  readonly atol: number;
  readonly operators: readonly string[];
  readonly sets: readonly { readonly inputs: readonly Item[]; readonly outputs: readonly Item[] }[];
}

export interface Outcome {
  /** The program, where the model was imported. */
  readonly text?: string;
  /** `refused`: the importer named what it cannot do; `wrong`: other outputs, or a fault of ours. */
  readonly verdict: "pass" | "refused" | "wrong";
  readonly detail: string;
}

/** The cases of a folder, and the file with their models and data. */
export interface Suite {
  readonly cases: readonly BackendCase[];
  readonly blob: Buffer;
}

export function readSuite(folder: string): Suite {
  const cases = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as BackendCase[];
  return { cases, blob: readFileSync(join(folder, "cases.bin")) };
}

export function newContext(): Context {
  return new Context([builtin, func, stablehlo, chlo]);
}

export function runCase({ blob }: Suite, test: BackendCase): Outcome {
  const { offset, length } = test.model;
  const context = newContext();
  let module: Operation;
  try {
    const sink = new DiagnosticSink();
    const model = readOnnxBytes(blob.subarray(offset, offset + length), { file: "case.onnx" }, sink);
    module = importOnnx(model, context, { given: givenInputs(model, test) });
  } catch (error) {
    if (!(error instanceof CompileError)) return { verdict: "wrong", detail: describe(error) };
    return { verdict: "refused", detail: error.diagnostics.map(formatDiagnostic).join("\n") };
  }
  const problems = verify(module, context);
  if (problems.length > 0) return { verdict: "wrong", detail: problems.map(formatDiagnostic).join("\n") };
  return { ...runProgram(module, context, blob, test), text: printModule(module, context) };
}

function runProgram(module: Operation, context: Context, blob: Buffer, test: BackendCase): Outcome {
  for (const set of test.sets) {
    const inputs = set.inputs.flatMap(tensorsOf).map((x) => read(x, blob));
    const wanted = set.outputs.flatMap(tensorsOf).map((x) => read(x, blob));
    try {
      const outputs = interpret(module, "main", inputs, context) as readonly NdArray[];
      const difference = compareAll(outputs, wanted, test);
      if (difference !== undefined) return { verdict: "wrong", detail: difference };
    } catch (error) {
      // A check that the program makes of what only the run knows, such as that nobody asks for training.
      const isCheck = error instanceof InterpretError && error.message.includes("is not supported");
      return { verdict: isCheck ? "refused" : "wrong", detail: describe(error) };
    }
  }
  return { verdict: "pass", detail: "" };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

type TensorData = Extract<Item, { readonly kind: "tensor" }>;

/** The tensors of numbers in a sequence or optional, as the importer passes them. */
function tensorsOf(item: Item): readonly TensorData[] {
  if (item.kind === "tensor") return [item];
  return item.kind === "sequence" ? item.items.flatMap(tensorsOf) : [];
}

/** What the data say of the inputs that are no tensors of numbers: lengths of sequences, and whether optionals are empty. */
function givenInputs({ graph }: OnnxModel, test: BackendCase): ReadonlyMap<string, GivenInput> {
  const given = new Map<string, GivenInput>();
  const feeds = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  feeds.forEach(({ name, type }, i) => {
    const item = test.sets[0]?.inputs[i];
    if (item !== undefined && (item.kind !== "tensor" || type?.kind !== "tensor")) given.set(name, givenOf(item, type));
  });
  return given;
}

function givenOf(item: Item, type: OnnxType | undefined): GivenInput {
  if (type?.kind === "optional") {
    return item.kind === "none" ? { kind: "optional" } : { kind: "optional", item: givenOf(item, type.element) };
  }
  switch (item.kind) {
    case "tensor":
    case "strings":
      return item;
    case "sequence": {
      const element = type?.kind === "sequence" ? type.element : undefined;
      return { kind: "sequence", items: item.items.map((x) => givenOf(x, element)) };
    }
    default:
      return { kind: "optional" };
  }
}

function read(item: TensorData, blob: Buffer): NdArray {
  return fromBytes(item.element, item.shape, new Uint8Array(blob.subarray(item.offset, item.offset + item.length)));
}

/** Operators that draw at random: of their outputs only sizes and elements can be compared. */
const drawing: ReadonlySet<string> = new Set(["Bernoulli", "RandomUniformLike"]);

/** Cases that expect, where the exact result is 0, the rounding noise of a transform in f32. */
const noisy: ReadonlyMap<string, number> = new Map([
  ["node/test_dft_inverse", 1e-6],
  ["node/test_dft_inverse_opset19", 1e-6],
]);

function compareAll(outputs: readonly NdArray[], wanted: readonly NdArray[], test: BackendCase): string | undefined {
  if (outputs.length !== wanted.length) return `${outputs.length} outputs instead of ${wanted.length}`;
  for (const [i, want] of wanted.entries()) {
    const difference = compare(outputs[i]!, want, test);
    if (difference !== undefined) return `output ${i}: ${difference}`;
  }
  return undefined;
}

/** As the suite compares: |a - b| <= atol + rtol * |b|, NaN equal to NaN; two steps of bf16 are always allowed. */
function compare(got: NdArray, want: NdArray, test: BackendCase): string | undefined {
  const { rtol } = test;
  const atol = noisy.get(test.name) ?? test.atol;
  if (got.element !== want.element) return `${got.element} instead of ${want.element}`;
  if (got.shape.join() !== want.shape.join()) return `sizes [${got.shape}] instead of [${want.shape}]`;
  if (test.operators.some((op) => drawing.has(op))) return undefined;
  const relative = got.element === "bf16" ? Math.max(rtol, 2 ** -6) : rtol;
  for (let i = 0; i < want.data.length; i++) {
    const [a, b] = [got.data[i]!, want.data[i]!];
    if (Object.is(a, b) || a === b) continue;
    const [x, y] = [Number(a), Number(b)];
    const difference = typeof a === "bigint" && typeof b === "bigint" ? Math.abs(Number(a - b)) : Math.abs(x - y);
    const isNear = Number.isFinite(y) && difference <= atol + relative * Math.abs(y);
    if (!isNear) return `element ${i} is ${x} instead of ${y}`;
  }
  return undefined;
}

/** The operator a case is for, as its name says: `test_reduce_sum_...` tests ReduceSum. */
export function subjectOf(test: BackendCase): string {
  const [only] = test.operators;
  if (test.operators.length === 1 && only !== undefined) return only;
  return test.name.replace(/^.*\/test_/, "").replace(/_.*$/, "");
}
