/**
 * @file An ONNX model as checked data: what `read.ts` hands to the importer.
 *
 * Invariants of a model that `readOnnx` returned: names are defined once and before use (nodes are in topological order), every
 * tensor's data has exactly the bytes its sizes ask for, every number is a safe integer unless its type is `bigint`, and
 * subgraphs and types nest at most 64 deep. Whether an operator exists and takes these inputs is the importer's business.
 */

import type { Location } from "../../ir/location.js";
import type { DataField, OnnxDtype } from "./dtypes.js";
import type { ExternalRange } from "./external-data.js";

export interface OnnxModel {
  readonly file: string;
  readonly irVersion: number;
  /** Version of each imported operator set; the default domain `ai.onnx` is `""`. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producer: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly doc: string;
  readonly graph: OnnxGraph;
  /** Model-local functions by `functionKey`. None calls itself, directly or through others. */
  readonly functions: ReadonlyMap<string, OnnxFunction>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly doc: string;
  /** In order; some may also be initializers, which are then their defaults. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Declared types of values inside the graph. */
  readonly values: ReadonlyMap<string, OnnxValueInfo>;
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly sparseInitializers: ReadonlyMap<string, OnnxSparseTensor>;
  /** In topological order; the file's order where that is one. */
  readonly nodes: readonly OnnxNode[];
  /** Names this graph, or a graph inside it, takes from the enclosing graphs, in order of first use. */
  readonly captures: readonly string[];
  /** For a value: the names of its scale and zero point tensors and the like. */
  readonly quantization: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly metadata: ReadonlyMap<string, string>;
  /** How messages name it: empty for the model's graph, `If:3/then_branch` for a subgraph. */
  readonly path: string;
}

export interface OnnxNode {
  /** As in the file; often empty and not always unique. */
  readonly name: string;
  /** How messages name the node: its name, or `OpType:index`, after the path of its graph. */
  readonly label: string;
  readonly opType: string;
  /** `""` for `ai.onnx`. */
  readonly domain: string;
  /** Chooses among functions of the same domain and name; mostly empty. */
  readonly overload: string;
  /** An empty name is an input left out. */
  readonly inputs: readonly string[];
  /** An empty name is an output left out. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** With the PyTorch source line where the exporter left one. */
  readonly at: Location;
}

interface AttributeOf<Kind extends string, Value> {
  readonly kind: Kind;
  readonly name: string;
  readonly value: Value;
}

export type OnnxAttribute =
  | AttributeOf<"float", number>
  | AttributeOf<"int", bigint>
  | AttributeOf<"string", string>
  | AttributeOf<"tensor", OnnxTensor>
  | AttributeOf<"sparse-tensor", OnnxSparseTensor>
  | AttributeOf<"graph", OnnxGraph>
  | AttributeOf<"type", OnnxType>
  | AttributeOf<"floats", readonly number[]>
  | AttributeOf<"ints", readonly bigint[]>
  | AttributeOf<"strings", readonly string[]>
  | AttributeOf<"tensors", readonly OnnxTensor[]>
  | AttributeOf<"sparse-tensors", readonly OnnxSparseTensor[]>
  | AttributeOf<"graphs", readonly OnnxGraph[]>
  | AttributeOf<"types", readonly OnnxType[]>
  /** Inside a function: the caller's attribute of that name, which must be of kind `of`. */
  | (AttributeOf<"reference", string> & { readonly of: OnnxValueKind });

export type OnnxAttributeKind = OnnxAttribute["kind"];
/** The kinds that have a value. */
export type OnnxValueKind = Exclude<OnnxAttributeKind, "reference">;

export interface OnnxTensor {
  /** Empty for most tensors that are no initializers. */
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly dims: readonly number[];
  /** Product of `dims`. */
  readonly elements: number;
  readonly payload: OnnxPayload;
  readonly at: Location;
}

/** Where a tensor's values are; `tensorBytes` gives them all one form. */
export type OnnxPayload =
  /** Dense, little-endian, types of fewer than 8 bits packed: a view of the file. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** A typed list, as on the wire: single values, and packed runs as views of the file. */
  | { readonly kind: "field"; readonly field: DataField; readonly runs: readonly (number | bigint | Uint8Array)[] }
  | { readonly kind: "strings"; readonly values: readonly string[] }
  /** Laid out as `bytes`, in another file. */
  | { readonly kind: "external"; readonly range: ExternalRange }
  /** Every element has these little-endian bytes (one byte for types of fewer than 8 bits). */
  | { readonly kind: "splat"; readonly element: Uint8Array };

/** A tensor of zeros but for `values`. `densify` gives the dense form. */
export interface OnnxSparseTensor {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly dims: readonly number[];
  readonly elements: number;
  /** Of rank 1. */
  readonly values: OnnxTensor;
  /** i64: `[n]`, linear and ascending, or `[n, rank]`, coordinates in lexicographic order. */
  readonly indices: OnnxTensor;
  readonly at: Location;
}

/** A size, the name of a symbolic size, or `undefined` where nothing is known. */
export type OnnxDim = number | string | undefined;

export type OnnxType =
  /** `shape` is `undefined` where not even the rank is known. */
  | { readonly kind: "tensor"; readonly dtype: OnnxDtype; readonly shape: readonly OnnxDim[] | undefined }
  | { readonly kind: "sparse-tensor"; readonly dtype: OnnxDtype; readonly shape: readonly OnnxDim[] | undefined }
  /** `element` is `undefined` where the file does not say. */
  | { readonly kind: "sequence"; readonly element: OnnxType | undefined }
  | { readonly kind: "optional"; readonly element: OnnxType | undefined }
  | { readonly kind: "map"; readonly key: OnnxDtype; readonly value: OnnxType | undefined }
  | { readonly kind: "opaque"; readonly domain: string; readonly name: string };

export interface OnnxValueInfo {
  readonly name: string;
  /** Always given for inputs of the model's graph. */
  readonly type: OnnxType | undefined;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OnnxFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  readonly doc: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes a caller must give. */
  readonly attributes: readonly string[];
  /** Attributes a caller may leave out, with their defaults. */
  readonly defaults: ReadonlyMap<string, OnnxAttribute>;
  readonly opsets: ReadonlyMap<string, number>;
  readonly values: ReadonlyMap<string, OnnxValueInfo>;
  /** In topological order. */
  readonly nodes: readonly OnnxNode[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The key of `OnnxModel.functions`; nodes call a function by these three. */
export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}

/** `ai.onnx` and `""` are the same domain. */
export function normalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}
