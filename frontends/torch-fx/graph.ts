/** @file Graphs: nodes, and what the graph says of the tensors and numbers they make. */

import type { Location } from "../../ir/location.js";
import { quote } from "../../ir/refusal.js";
import { readArgument } from "./arguments.js";
import { dtypeName, elementOfDtype } from "./dtypes.js";
import {
  countOf,
  entries,
  FieldError,
  field,
  flagOf,
  items,
  objectOf,
  optionalField,
  textOf,
  variant,
} from "./fields.js";
import { floatOf, integerOf, type Json } from "./json.js";
import { archiveCode, type Problems } from "./problems.js";
import type { Argument, Size, SymbolicNumber, TensorMeta, TorchGraph, TorchNode } from "./records.js";
import { parseSympy, type SymExpr } from "./sympy.js";

/** Graphs inside arguments of graphs: beyond this it is an attack. */
const MAX_NESTING = 64;

/** The graph in `x`; a node that is wrong is reported and left out. @throws FieldError where the rest is wrong. */
export function readGraph(x: Json | undefined, problems: Problems, depth = 0): TorchGraph {
  if (depth > MAX_NESTING) throw new FieldError(`: graphs are nested deeper than ${MAX_NESTING}`);
  const inner = (y: Json | undefined): TorchGraph => readGraph(y, problems, depth + 1);
  const argument = (y: Json): Argument => readArgument(y, inner);
  const graph = objectOf(x);
  const symbols = new Map<string, SymbolicNumber>();
  for (const key of ["sym_int_values", "sym_float_values", "sym_bool_values"]) {
    const values = optionalField(graph, key, (y) => entries(y, symbolicNumber));
    for (const [name, value] of values ?? []) symbols.set(name, value);
  }
  const nodes: TorchNode[] = [];
  for (const [k, node] of field(graph, "nodes", (y) => items(y, objectOf)).entries()) {
    const at = nodeAt(node, k, problems);
    try {
      nodes.push({
        target: field(node, "target", textOf).replace(/^torch\.ops\./, ""),
        inputs: field(node, "inputs", (y) =>
          items(y, (input) => {
            const object = objectOf(input);
            return {
              name: field(object, "name", textOf),
              argument: field(object, "arg", (z) => readArgument(z, inner)),
            };
          }),
        ),
        outputs: field(node, "outputs", (y) => items(y, argument)),
        at,
      });
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      problems.error(archiveCode.record, `node ${k} of the graph: ${error.message}`, { at });
    }
  }
  return {
    inputs: field(graph, "inputs", (y) => items(y, argument)),
    outputs: field(graph, "outputs", (y) => items(y, argument)),
    nodes,
    tensors: field(graph, "tensor_values", (y) => readMetas(y, problems)),
    symbols,
  };
}

function readMetas(x: Json | undefined, problems: Problems): ReadonlyMap<string, TensorMeta> {
  const metas = new Map<string, TensorMeta>();
  for (const [name, value] of Object.entries(objectOf(x))) {
    try {
      metas.set(name, readMeta(value));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      const code = error instanceof UnsupportedTensor ? archiveCode.tensor : archiveCode.record;
      problems.error(code, `tensor ${quote(name)}: ${error.message}`, {
        at: { kind: "graph-node", file: problems.file, node: name },
      });
    }
  }
  return metas;
}

/** A tensor is well described, but of a kind that programs do not have. */
class UnsupportedTensor extends FieldError {}

/** @throws FieldError for a layout or element type that programs cannot have. */
export function readMeta(x: Json | undefined): TensorMeta {
  const meta = objectOf(x);
  const dtype = field(meta, "dtype", countOf);
  const element = elementOfDtype(dtype);
  if (element === undefined) throw new UnsupportedTensor(`dtype: ${dtypeName(dtype)} is not supported`);
  if (field(meta, "layout", countOf) !== STRIDED)
    throw new UnsupportedTensor("layout: only strided tensors are supported");
  return {
    element,
    sizes: field(meta, "sizes", (y) => items(y, sizeOf)),
    strides: field(meta, "strides", (y) => items(y, sizeOf)),
    offset: field(meta, "storage_offset", sizeOf),
  };
}

const STRIDED = 7;

function sizeOf(x: Json | undefined): Size {
  const plain = plainSize(x);
  if (plain !== undefined) return plain;
  const value = symbolicNumber(x);
  if (typeof value === "boolean") throw new FieldError(": a size is expected, not true or false");
  return value;
}

/** The number of `{as_int: N}`, which nearly all sizes are. */
function plainSize(x: Json | undefined): number | undefined {
  if (typeof x !== "object" || x === null || Array.isArray(x)) return undefined;
  for (const key in x) if (key !== "as_int") return undefined;
  const { as_int: n } = x as Readonly<Record<string, Json>>;
  return Number.isSafeInteger(n) ? (n as number) : undefined;
}

function symbolicNumber(x: Json | undefined): SymbolicNumber {
  const [kind, value] = variant(x);
  if (kind === "as_expr") return field(objectOf(value), "expr_str", expression);
  if (kind === "as_bool") return flagOf(value);
  const number = kind === "as_int" ? integerOf(value) : floatOf(value);
  if (number === undefined) throw new FieldError(`.${kind}: a number is expected`);
  return Number(number);
}

/** Sizes are written over and over: the tree for a text is made once. */
const known = new Map<string, SymExpr>();
const MOST_KNOWN = 4096;

function expression(x: Json | undefined): SymExpr {
  const text = textOf(x);
  let expr = known.get(text);
  if (expr !== undefined) return expr;
  try {
    expr = parseSympy(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new FieldError(`: ${quote(text)} is no expression: ${error.message}`);
  }
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, expr);
  return expr;
}

function nodeAt(node: Readonly<Record<string, Json>>, index: number, problems: Problems): Location {
  const name =
    typeof node["name"] === "string" && node["name"] !== "" ? node["name"] : (firstOutput(node) ?? `node ${index}`);
  const metadata = node["metadata"];
  const trace =
    typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
      ? (metadata as Record<string, Json>)["stack_trace"]
      : undefined;
  const source = typeof trace === "string" ? sourceOf(trace) : undefined;
  const at = { kind: "graph-node", file: problems.file, node: name } as const;
  return source === undefined ? at : { ...at, source };
}

function firstOutput(node: Readonly<Record<string, Json>>): string | undefined {
  const [first] = Array.isArray(node["outputs"]) ? (node["outputs"] as readonly Json[]) : [];
  const tensor = typeof first === "object" && first !== null ? (first as Record<string, Json>)["as_tensor"] : undefined;
  const name = typeof tensor === "object" && tensor !== null ? (tensor as Record<string, Json>)["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

const frame = /File "([^"\n]+)", line (\d+)/g;

/** `FILE:LINE` of the innermost frame that is neither PyTorch's own nor generated. */
function sourceOf(trace: string): string | undefined {
  let found: string | undefined;
  for (const [, file, line] of trace.matchAll(frame)) if (!/(?:^|\/)torch\/|^</.test(file!)) found = `${file}:${line}`;
  return found;
}
