/**
 * @file Operators that write, wrapped so that nothing is written: `auto_functionalized_v2` and the older `auto_functionalized`.
 * The new one lists tensors with memory of their own (`_all_bases`) and says for each written argument X which of them it shows:
 * `_X_base_index`, and with it nothing, `_X_alias`, `_X_slice_*` or `_X_size`, `_X_stride`, `_X_storage_offset`; of a list `_X_length` and the same for
 * each `_X_0`. Results are those of the operator, then the bases as they are afterwards. The older names the written arguments
 * themselves, and gives those last. Source: torch/_higher_order_ops/auto_functionalize.py (PyTorch 2.13).
 */

import type { Location } from "../../ir/location.js";
import { Refusal } from "../../ir/refusal.js";
import { importCode } from "./problems.js";
import type { Argument, TorchNode } from "./records.js";
import { signatureOf } from "./signatures.js";

const NEW = "higher_order.auto_functionalized_v2";
const OLD = "higher_order.auto_functionalized";

/** A node apart: what is copied, views of the copies, and the operator on those. */
export interface Unfolded {
  /** Names of copies, which no graph has, and what they are copies of; `undefined` for one that is None. */
  readonly bases: readonly { readonly name: string; readonly of: Argument | undefined }[];
  readonly nodes: readonly TorchNode[];
  /** How many of the node's results are those of the operator. */
  readonly results: number;
}

/** The wrapped operator, `namespace.op.overload`; `undefined` for a node that wraps none. */
export function wrappedTarget({ target, inputs }: TorchNode): string | undefined {
  if (target !== NEW && target !== OLD) return undefined;
  const operator = inputs.find(({ argument }) => argument.kind === "operator")?.argument;
  return operator?.kind === "operator" ? operator.name.replace(/^torch\.ops\./, "") : undefined;
}

/** @throws Refusal where the arguments are not as PyTorch writes them. */
export function unfold(node: TorchNode): Unfolded | undefined {
  const target = wrappedTarget(node);
  if (target === undefined) return undefined;
  return node.target === NEW ? new Unfolding(node, target).unfolded() : unfoldOld(node, target);
}

type Named = TorchNode["inputs"][number];

const integer = (value: bigint): Argument => ({ kind: "int", value });
const tensor = (name: string): Argument => ({ kind: "tensor", name });

function callOf(node: TorchNode, target: string, inputs: readonly Named[], results: number): TorchNode {
  const outputs = node.outputs.slice(0, results).filter(({ kind }) => kind !== "none");
  return { target, inputs, outputs, at: node.at };
}

function wrong(message: string): never {
  throw new Refusal(importCode.node, message);
}

/** Only the signature says which arguments the operator writes. */
function unfoldOld(node: TorchNode, target: string): Unfolded {
  const written = signatureOf(target)?.parameters.filter((p) => p.isWritten);
  if (written === undefined)
    throw new Refusal(
      importCode.operator,
      `it wraps ${target}, which is not supported`,
      `bind a kernel to the operator ${target}, and export with PyTorch 2.6 or newer`,
    );
  const given = node.inputs.filter(({ argument }) => argument.kind !== "operator");
  const bases = written.map(({ name }) => ({ name: `%${name}`, of: given.find((i) => i.name === name)?.argument }));
  const inputs = given.map(({ name, argument }) =>
    written.some((p) => p.name === name) && argument.kind === "tensor"
      ? { name, argument: tensor(`%${name}`) }
      : { name, argument },
  );
  const results = node.outputs.length - bases.length;
  return { bases, nodes: [callOf(node, target, inputs, results)], results };
}

class Unfolding {
  readonly #node: TorchNode;
  readonly #target: string;
  readonly #given: ReadonlyMap<string, Argument>;
  readonly #views: TorchNode[] = [];
  readonly #at: Location;

  constructor(node: TorchNode, target: string) {
    this.#node = node;
    this.#target = target;
    this.#at = node.at;
    this.#given = new Map(node.inputs.map(({ name, argument }) => [name, argument]));
  }

  unfolded(): Unfolded {
    const all = this.#given.get("_all_bases");
    if (all?.kind !== "list") return wrong("it lists no bases");
    const bases = all.items.map((of, k) => ({ name: `%base${k}`, of }));
    const written = [...this.#given.keys()].flatMap((key) => /^_(.+?)_(?:base_index|length)$/.exec(key)?.[1] ?? []);
    const lists = written.filter((name) => this.#given.has(`_${name}_length`));
    const isListed = (name: string): boolean => lists.includes(name.replace(/_\d+$/, "")) || lists.includes(name);
    const single = written.filter((name) => !isListed(name));
    const ownKeys = (name: string): string[] =>
      ["base_index", "alias", "size", "stride", "storage_offset", "slice_dim", "slice_start", "slice_end"].map(
        (what) => `_${name}_${what}`,
      );
    const hidden = new Set(["_all_bases", ...written.flatMap(ownKeys), ...lists.map((name) => `_${name}_length`)]);
    const plain = this.#node.inputs.filter((i) => i.argument.kind !== "operator" && !hidden.has(i.name));
    const inputs = [
      ...plain,
      ...single.map((name) => ({ name, argument: this.#shown(name) })),
      ...lists.map((name) => ({ name, argument: this.#list(name) })),
    ];
    const results = this.#node.outputs.length - bases.length;
    if (results < 0) return wrong(`it has ${this.#node.outputs.length} results and ${bases.length} bases`);
    return { bases, nodes: [...this.#views, callOf(this.#node, this.#target, inputs, results)], results };
  }

  #list(name: string): Argument {
    const length = this.#given.get(`_${name}_length`);
    if (length?.kind !== "int" || length.value < 0n || length.value > 4096n) return { kind: "none" };
    return { kind: "list", items: Array.from({ length: Number(length.value) }, (_, k) => this.#shown(`${name}_${k}`)) };
  }

  /** A written argument as a view of its base. */
  #shown(name: string): Argument {
    const part = (what: string): Argument | undefined => this.#given.get(`_${name}_${what}`);
    const index = part("base_index");
    if (index === undefined || index.kind === "none") return { kind: "none" };
    const all = this.#given.get("_all_bases");
    const count = all?.kind === "list" ? all.items.length : 0;
    if (index.kind !== "int" || index.value < 0n || index.value >= BigInt(count))
      return wrong(`the base of argument '${name}' is none of the ${count}`);
    const self = tensor(`%base${index.value}`);
    const [dim, size] = [part("slice_dim"), part("size")];
    if (dim !== undefined)
      return this.#view(name, "aten.slice.Tensor", {
        self,
        dim,
        start: part("slice_start") ?? integer(0n),
        end: part("slice_end") ?? integer(2n ** 63n - 1n),
      });
    if (size === undefined) return self;
    return this.#view(name, "aten.as_strided.default", {
      self,
      size,
      stride: part("stride") ?? wrong(`argument '${name}' has sizes without strides`),
      storage_offset: part("storage_offset") ?? integer(0n),
    });
  }

  #view(name: string, target: string, given: Readonly<Record<string, Argument>>): Argument {
    const shown = tensor(`%${name}`);
    const inputs = Object.entries(given).map(([key, argument]) => ({ name: key, argument }));
    this.#views.push({ target, inputs, outputs: [shown], at: this.#at });
    return shown;
  }
}
