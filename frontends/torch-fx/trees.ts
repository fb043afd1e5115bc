/** @file How a model's arguments and results nest, from the text that torch.utils._pytree writes. Leaves are in order. */

import { FieldError, field, listOf, objectOf } from "./fields.js";
import { type Json, parseJson } from "./json.js";
import type { TreeSpec } from "./records.js";

const MAX_DEPTH = 64;

/** @throws FieldError where `text` is no tree of protocol 1. */
export function readTree(text: string): TreeSpec {
  let json: Json;
  try {
    json = parseJson(text);
  } catch {
    throw new FieldError(": a tree of arguments is expected");
  }
  const [protocol, root] = listOf(json);
  if (protocol !== 1) throw new FieldError(`: trees of protocol ${String(protocol)} are not known`);
  return node(root, 0);
}

function node(x: Json | undefined, depth: number): TreeSpec {
  if (depth > MAX_DEPTH) throw new FieldError(`: arguments are nested deeper than ${MAX_DEPTH}`);
  const object = objectOf(x);
  const type = object["type"];
  if (type === null) return { kind: "leaf" };
  if (typeof type !== "string") throw new FieldError(".type: a text is expected");
  const children = field(object, "children_spec", listOf).map((child) => node(child, depth + 1));
  const context = object["context"];
  const text = typeof context === "string" ? context : "";
  return { kind: "node", type, context: text, keys: keysOf(text, children.length), children };
}

/** The keys of what is like a dictionary: its context is a list of as many texts as there are children. */
function keysOf(context: string, count: number): readonly string[] | undefined {
  try {
    const keys = parseJson(context);
    return Array.isArray(keys) && keys.length === count && keys.every((k) => typeof k === "string")
      ? (keys as readonly string[])
      : undefined;
  } catch {
    return undefined;
  }
}

/** The paths of the leaves: `[0]`, `[1].mask`. */
export function leafPaths(tree: TreeSpec, prefix = ""): readonly string[] {
  if (tree.kind === "leaf") return [prefix];
  return tree.children.flatMap((child, k) => {
    const key = tree.keys?.[k];
    return leafPaths(child, key === undefined ? `${prefix}[${k}]` : `${prefix}.${key}`);
  });
}

/** The keys that lead to each leaf: `[0, 1, "mask"]`. */
export function leafKeys(
  tree: TreeSpec,
  prefix: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (tree.kind === "leaf") return [prefix];
  return tree.children.flatMap((child, k) => leafKeys(child, [...prefix, tree.keys?.[k] ?? k]));
}
