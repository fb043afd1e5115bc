/**
 * @file A torch.export program as checked records: what the reader makes of the JSON, and the importer walks. Names are the
 * graph's own. Source: torch/_export/serde/schema.yaml, version 8 (PyTorch 2.13).
 */

import type { ElementType } from "../../ir/element.js";
import type { Location } from "../../ir/location.js";
import type { SymExpr } from "./sympy.js";

/** A size, stride or offset: a number, or an expression over the program's symbols. */
export type Size = number | SymExpr;

export interface TensorMeta {
  readonly element: ElementType;
  readonly sizes: readonly Size[];
  readonly strides: readonly Size[];
  readonly offset: Size;
}

/** What a symbolic number is made of, by its name in the graph. */
export type SymbolicNumber = number | boolean | SymExpr;

export type Argument =
  | { readonly kind: "none" }
  | { readonly kind: "tensor"; readonly name: string }
  /** A number that the graph computes: a SymInt, SymFloat or SymBool. */
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "complex"; readonly re: number; readonly im: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "dtype"; readonly element: ElementType | undefined; readonly name: string }
  | { readonly kind: "memory-format"; readonly name: string }
  /** Layouts and devices: programs have one of each. */
  | { readonly kind: "place"; readonly name: string }
  | { readonly kind: "operator"; readonly name: string }
  | { readonly kind: "object"; readonly name: string; readonly type: string }
  | { readonly kind: "graph"; readonly name: string; readonly graph: TorchGraph }
  | { readonly kind: "list"; readonly items: readonly Argument[] }
  | { readonly kind: "dict"; readonly entries: ReadonlyMap<string, Argument> };

export interface TorchNode {
  /** `aten.add.Tensor`, `_operator.mul`, `higher_order.cond`. */
  readonly target: string;
  /** By name, positional ones as the signature names them; higher-order operators have `""`. */
  readonly inputs: readonly { readonly name: string; readonly argument: Argument }[];
  readonly outputs: readonly Argument[];
  readonly at: Location;
}

export interface TorchGraph {
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
  readonly nodes: readonly TorchNode[];
  readonly tensors: ReadonlyMap<string, TensorMeta>;
  readonly symbols: ReadonlyMap<string, SymbolicNumber>;
}

/** What an input of the graph is bound to. */
export type InputSpec =
  | { readonly kind: "user"; readonly argument: Argument }
  | { readonly kind: "parameter" | "buffer" | "constant"; readonly name: string; readonly target: string }
  /** A Python number or text that the user passes and that was taken to be the same every time. */
  | { readonly kind: "fixed"; readonly name: string; readonly value: Argument }
  | { readonly kind: "token"; readonly name: string }
  | { readonly kind: "object"; readonly name: string; readonly type: string };

/** What an output of the graph is. */
export type OutputSpec =
  | { readonly kind: "user" | "loss"; readonly argument: Argument }
  /** The new value of a buffer, parameter or user input. */
  | {
      readonly kind: "mutation";
      readonly of: "buffer" | "parameter" | "user";
      readonly name: string;
      readonly target: string;
    }
  | { readonly kind: "gradient"; readonly name: string; readonly target: string }
  | { readonly kind: "token"; readonly name: string };

/** Inclusive; infinite where open. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Bytes of a storage that a tensor views. */
export interface Payload {
  readonly meta: TensorMeta;
  readonly bytes: StoredBytes;
}

export interface StoredBytes {
  /** The entry of the archive: tensors that share storage have the same. */
  readonly entry: string;
  readonly length: number;
  read(offset: number, length: number): Uint8Array;
}

/** How arguments and results nest: leaves in order. */
export type TreeSpec =
  | { readonly kind: "leaf" }
  | {
      readonly kind: "node";
      readonly type: string;
      /** What else the type says of the value, in a text of its own: keys, names of fields. */
      readonly context: string;
      /** The keys of what is like a dictionary. */
      readonly keys: readonly string[] | undefined;
      readonly children: readonly TreeSpec[];
    };

export interface TorchProgram {
  readonly file: string;
  readonly torchVersion: string;
  readonly schema: { readonly major: number; readonly minor: number };
  readonly dialect: "training" | "core" | "other";
  readonly graph: TorchGraph;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  readonly ranges: ReadonlyMap<string, Range>;
  /** Python expressions over the user's arguments that must hold. */
  readonly guards: readonly string[];
  readonly inputTree: TreeSpec | undefined;
  readonly outputTree: TreeSpec | undefined;
  /** Names of the parameters of `forward`, where the exporter knows them. */
  readonly argumentNames: readonly string[] | undefined;
  /** Parameters, buffers and constants by their fully qualified names. */
  readonly payloads: ReadonlyMap<string, Payload>;
}

/** A program of an archive, under the name that the archive gives it. */
export interface NamedProgram {
  readonly name: string;
  readonly program: TorchProgram;
}
