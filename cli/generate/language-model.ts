/**
 * @file A bundle as a language model: the entry `prefill` reads a prompt, `decode` one more token; both take the tokens and the
 * position of the first, and give logits. See `persimmons.export_generation`.
 */

import { CompileError, compileError, type Diagnostic, diagnostic } from "../../ir/diagnostic.js";
import type { Entry, Manifest, Value } from "../../runtime-lib/bundle/generated/manifest.js";
import type { OpenBundle } from "../../runtime-lib/bundle/read-bundle.js";
import type { LoadedModel, TensorData } from "../../runtime-lib/engines/engine.js";
import { tensor, valuesOf } from "../../runtime-lib/tensor.js";
import { generateCode } from "./problems.js";

/** What the bundle says of itself as a language model. */
export interface ModelFacts {
  readonly vocabulary: number;
  /** Tokens that the cache holds; undefined where the bundle does not say. */
  readonly maxLength: number | undefined;
  /** Tokens that end a text. */
  readonly end: readonly number[];
  readonly prefill: StepPorts;
  readonly decode: StepPorts;
}

/** The inputs and the output of one of the entries. */
interface StepPorts {
  readonly entry: string;
  readonly tokens: Value;
  readonly position: Value;
}

const SETTINGS = "generation.json";

/** Throws listing everything that keeps the bundle from being a language model (exit 2). */
export function modelFacts(bundle: OpenBundle): ModelFacts {
  const { manifest } = bundle;
  const problems: Diagnostic[] = [];
  const [prefill, decode] = ["prefill", "decode"].map((name) => findEntry(manifest, name, problems)) as [
    Entry | undefined,
    Entry | undefined,
  ];
  if (prefill === undefined || decode === undefined) throw new CompileError(problems, 2);
  const vocabulary = Number(decode.outputs[0]!.shape.at(-1));
  const settings = readSettings(bundle);
  const length = manifest.symbols.find(({ name }) => name === prefill.inputs[0]!.shape[1])?.max;
  return {
    vocabulary,
    maxLength: settings.maxLength ?? length,
    end: settings.end,
    prefill: portsOf(prefill),
    decode: portsOf(decode),
  };
}

function portsOf({ name, inputs }: Entry): StepPorts {
  return { entry: name, tokens: inputs[0]!, position: inputs[1]! };
}

const howToMake = "make the bundle with persimmons.export_generation(model, max_len)";

function findEntry(manifest: Manifest, name: string, problems: Diagnostic[]): Entry | undefined {
  const entry = manifest.entries.find((e) => e.name === name);
  const there = manifest.entries.map((e) => `'${e.name}'`).join(", ");
  const wrong = entry === undefined ? `has no entry '${name}'; its entries: ${there}` : wrongWith(entry);
  if (wrong === undefined) return entry;
  problems.push(diagnostic(generateCode.bundle, `the bundle ${wrong}`, { fix: howToMake }));
  return undefined;
}

const integers = new Set(["i32", "i64"]);

function wrongWith({ name, inputs, outputs }: Entry): string | undefined {
  const [tokens, position] = inputs;
  if (inputs.length !== 2 || !integers.has(tokens!.dtype) || !integers.has(position!.dtype))
    return `has an entry '${name}' that does not take tokens and a position, two tensors of integers`;
  if (tokens!.shape.length !== 2 || position!.shape.length !== 0)
    return `has an entry '${name}' whose tokens have no two dimensions, or whose position has some`;
  if (tokens!.shape[0] !== "1")
    return `is for ${tokens!.shape[0]} texts at a time in its entry '${name}', and one is written here`;
  const shape = outputs[0]?.shape ?? [];
  const isLogits = shape.length >= 2 && shape.length <= 3 && /^[1-9]\d*$/.test(shape.at(-1)!);
  if (!isLogits || !["f32", "f64"].includes(outputs[0]!.dtype))
    return `has an entry '${name}' whose first output is no tensor of logits, f32 or f64 with the vocabulary last`;
  return undefined;
}

function readSettings(bundle: OpenBundle): { readonly maxLength: number | undefined; readonly end: readonly number[] } {
  if (!bundle.manifest.files.some(({ name }) => name === SETTINGS)) return { maxLength: undefined, end: [] };
  const isCount = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bundle.read(SETTINGS)).toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { version, max_length: maxLength, end } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (version === 1 && isCount(maxLength) && Array.isArray(end) && end.every(isCount)) return { maxLength, end };
  throw compileError(generateCode.bundle, `the bundle's ${SETTINGS} is not as it must be`, {
    exitCode: 2,
    fix: howToMake,
  });
}

/** The model with what it has read so far. */
export class LanguageModel {
  readonly facts: ModelFacts;
  readonly #model: LoadedModel;
  /** Tokens in the cache. */
  #length = 0;

  constructor(model: LoadedModel, facts: ModelFacts) {
    this.#model = model;
    this.facts = facts;
  }

  /** True where no other token can be read. */
  get isFull(): boolean {
    return this.facts.maxLength !== undefined && this.#length >= this.facts.maxLength;
  }

  /** Reads tokens; gives the logits of what may follow the last. Rejects with the engine's faults, or `RunCancelled`. */
  async read(tokens: readonly number[], signal: AbortSignal): Promise<Float32Array> {
    const isNext = this.#length > 0 && tokens.length === 1;
    const ports = isNext ? this.facts.decode : this.facts.prefill;
    const inputs = [
      integerTensor(tokens, [1, tokens.length], ports.tokens.dtype),
      integerTensor([this.#length], [], ports.position.dtype),
    ];
    const [logits] = await this.#model.runAsync(ports.entry, inputs, signal);
    this.#length += tokens.length;
    const values = valuesOf(logits!);
    const last = values.subarray(values.length - this.facts.vocabulary);
    return last instanceof Float32Array ? last : Float32Array.from(last as Float64Array);
  }
}

function integerTensor(values: readonly number[], shape: readonly number[], dtype: string): TensorData {
  const array = dtype === "i32" ? Int32Array.from(values) : BigInt64Array.from(values, BigInt);
  return tensor(array, shape);
}
