/**
 * @file Signatures of operators: the parameters with their types and defaults, which the graph leaves out, and which of
 * them results share memory with or the operator writes to. Parsed from PyTorch's own text when an operator is first met.
 * Grammar: torch/csrc/jit/frontend/function_schema_parser.cpp (PyTorch 2.13).
 */

import { schemas } from "./generated/schemas.js";
import type { Argument } from "./records.js";

export interface Parameter {
  readonly name: string;
  /** `Tensor`, `SymInt`, `Scalar`, `float`, …, without marks. */
  readonly type: string;
  readonly isList: boolean;
  readonly isOptional: boolean;
  /** The set of memory it belongs to: results of the same letter may share its memory. */
  readonly alias: string | undefined;
  /** The operator writes to it. */
  readonly isWritten: boolean;
  readonly default: Argument | undefined;
  /** `int[2]`: one number stands for this many. */
  readonly length: number | undefined;
}

export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly results: readonly Pick<Parameter, "type" | "isList" | "alias" | "isWritten">[];
}

const known = new Map<string, Signature | undefined>();

/** The signature of `namespace.op.overload`; `undefined` for an operator that PyTorch 2.13 does not have. */
export function signatureOf(target: string): Signature | undefined {
  if (!known.has(target)) {
    const text = Object.hasOwn(schemas, target) ? schemas[target] : undefined;
    known.set(target, text === undefined ? undefined : parseSignature(text));
  }
  return known.get(target);
}

/** Every operator that has a signature. */
export function knownTargets(): readonly string[] {
  return Object.keys(schemas);
}

/** Namespaces of PyTorch's own operators, those without signatures here included. */
const own = new Set([
  ..."aten prims quantized_decomposed higher_order _operator builtins math torch".split(" "),
  ..."_c10d_functional _c10d_functional_autograd _dtensor _native _quantized c10d debugprims export inductor".split(
    " ",
  ),
  ..."inductor_prims mkl mkldnn mkldnn_prepacked onednn profiler quantization quantized rngprims sparse symm_mem".split(
    " ",
  ),
]);

/** Whether an operator is not PyTorch's: one that somebody registered with `torch.library`. */
export function isCustom(target: string): boolean {
  const [namespace = "", ...rest] = target.split(".");
  return rest.length === 2 && !own.has(namespace);
}

/** `(Tensor(a!) self, SymInt[2] stride=[1, 1], *, Scalar alpha=1) -> Tensor(a!)` */
export function parseSignature(text: string): Signature {
  const arrow = text.lastIndexOf(" -> ");
  const inside = text.slice(1, text.lastIndexOf(")", arrow));
  const parts = splitOutside(inside).filter((part) => part !== "*" && part !== "");
  const result = text.slice(arrow + 4).trim();
  const results = result.startsWith("(") && result.endsWith(")") ? splitOutside(result.slice(1, -1)) : [result];
  return {
    parameters: parts.map(parseParameter),
    results: results.filter((r) => r !== "").map((r) => typeOf(r.split(/ (?=\w+$)/)[0]!)),
  };
}

function parseParameter(text: string): Parameter {
  const found = /^(.*?) ([A-Za-z_]\w*)(?:=(.*))?$/s.exec(text);
  if (!found) throw new Error(`'${text}' is no parameter of a signature`);
  const [, type, name, value] = found;
  return { ...typeOf(type!), name: name!, default: value === undefined ? undefined : parseDefault(value) };
}

function typeOf(text: string): Omit<Parameter, "name" | "default"> {
  const [, base, marks, rest] = /^([A-Za-z_][\w.]*)(?:\(([^)]*)\))?(.*)$/s.exec(text.trim()) ?? [];
  if (base === undefined || rest === undefined) throw new Error(`'${text}' is no type of a signature`);
  const list = /\[(\d*)\]/.exec(rest);
  return {
    type: base,
    isList: list !== null,
    isOptional: rest.endsWith("?"),
    alias: marks === undefined ? undefined : (/[a-z]/.exec(marks)?.[0] ?? undefined),
    isWritten: marks?.includes("!") ?? false,
    length: list?.[1] ? Number(list[1]) : undefined,
  };
}

const words: Readonly<Record<string, Argument>> = {
  None: { kind: "none" },
  True: { kind: "bool", value: true },
  False: { kind: "bool", value: false },
  Mean: { kind: "int", value: 1n },
  inf: { kind: "float", value: Infinity },
  contiguous_format: { kind: "memory-format", name: "contiguous_format" },
  // Fields of the schema that defaults name by number: see `ScalarType` in c10/core/ScalarType.h.
  long: { kind: "dtype", element: "i64", name: "torch.int64" },
};

function parseDefault(text: string): Argument {
  const word = Object.hasOwn(words, text) ? words[text] : undefined;
  if (word) return word;
  if (text.startsWith("["))
    return { kind: "list", items: splitOutside(text.slice(1, -1)).filter(Boolean).map(parseDefault) };
  if (/^["']/.test(text)) return { kind: "string", value: text.slice(1, -1) };
  if (/^-?\d+$/.test(text)) return { kind: "int", value: BigInt(text) };
  if (/^-?[\d.]+(?:e[-+]?\d+)?$/i.test(text)) return { kind: "float", value: Number(text) };
  throw new Error(`'${text}' is no default of a signature`);
}

/** Splits at commas outside brackets. */
function splitOutside(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "[" || c === "(") depth++;
    else if (c === "]" || c === ")") depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}
