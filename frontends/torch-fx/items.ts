/** @file What names of a graph stand for while it is imported. */

import type { Dim } from "../../ir/dim.js";
import type { Value } from "../../ir/graph.js";
import type { TensorMeta } from "./records.js";
import { Tensor } from "./tensors.js";

/** A whole number: known, of the program's sizes, or computed by it. */
export interface IntItem {
  readonly kind: "int";
  readonly dim: Dim;
}

/** A float or truth value that the program computes, of rank 0: f64 or i1. */
export interface NumberItem {
  readonly kind: "number";
  readonly value: Value;
}

export interface ListItem {
  readonly kind: "list";
  readonly items: readonly Item[];
}

export interface NoneItem {
  readonly kind: "none";
}

/** What a node that was refused would have given. */
export interface MissingItem {
  readonly kind: "missing";
  readonly meta: TensorMeta | undefined;
}

export type Item = Tensor | IntItem | NumberItem | ListItem | NoneItem | MissingItem;

export function isTensor(x: Item | undefined): x is Tensor {
  return x instanceof Tensor;
}

/** What an item is, for messages. */
export function describeItem(x: Item): string {
  if (isTensor(x)) return "a tensor";
  if (x.kind === "missing") return "nothing, as its node is not supported";
  if (x.kind === "none") return "None";
  return x.kind === "list" ? "a list" : "a number";
}
