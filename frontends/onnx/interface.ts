/**
 * @file Inputs and outputs of a model as arguments and results of a function, which are tensors. A sequence or optional
 * becomes one tensor for each of its parts, called `name[0]`, `name[1]`, …: of an input the caller must say how many
 * there are.
 */

import type { Context } from "../../ir/context.js";
import type { Dim } from "../../ir/dim.js";
import type { Value } from "../../ir/graph.js";
import { Refusal } from "../../ir/refusal.js";
import type { TensorType } from "../../ir/types.js";
import type { DimNames } from "./dims.js";
import { describeImported, type Imported, isTensor } from "./imported.js";
import type { OnnxType } from "./records.js";
import { importCode } from "./refusal.js";
import { numericElement } from "./weights.js";

/** What the caller knows of an input beyond what the model declares. */
export type GivenInput =
  | { readonly kind: "tensor"; readonly shape: readonly number[] }
  | { readonly kind: "sequence"; readonly items: readonly GivenInput[] }
  /** Without an item it is empty. */
  | { readonly kind: "optional"; readonly item?: GivenInput }
  | { readonly kind: "strings"; readonly shape: readonly number[]; readonly values: readonly string[] };

/** An input as function arguments. */
export interface InputPlan {
  readonly arguments: readonly { readonly name: string; readonly type: TensorType }[];
  /** The input made of as many values. */
  readonly make: (values: readonly Value[]) => Imported;
}

/** @throws Refusal where the input cannot be given as tensors. */
export function planInput(
  name: string,
  type: OnnxType | undefined,
  given: GivenInput | undefined,
  dims: DimNames,
  context: Context,
): InputPlan {
  if (given?.kind === "strings") return { arguments: [], make: () => given };
  if (type?.kind === "sequence") {
    if (given?.kind !== "sequence") return refuse("a sequence", "say how many tensors the sequence holds");
    const items = given.items.map((item, i) => planInput(`${name}[${i}]`, type.element, item, dims, context));
    return joined(items, (parts) => ({ kind: "sequence", items: parts }));
  }
  if (type?.kind === "optional") {
    if (given?.kind !== "optional") return refuse("an optional", "say whether the optional holds something");
    const items = given.item === undefined ? [] : [planInput(`${name}[0]`, type.element, given.item, dims, context)];
    return joined(items, ([item]) => ({ kind: "optional", item }));
  }
  return { arguments: [{ name, type: tensorInput(type, given, dims, context) }], make: ([value]) => value! };
}

function tensorInput(
  type: OnnxType | undefined,
  given: GivenInput | undefined,
  dims: DimNames,
  context: Context,
): TensorType {
  const element = type?.kind === "tensor" ? numericElement(type.dtype) : undefined;
  const fix = "only tensors of numbers can be inputs of a compiled model";
  if (type?.kind !== "tensor" || element === undefined) return refuse(describeType(type), fix);
  if (given?.kind === "tensor") return context.types.tensor(given.shape, element);
  if (type.shape === undefined)
    return refuse("a tensor of unknown rank", "give the input a shape; its sizes may be names");
  const shape = type.shape.map((d): Dim => dims.ofInput(d));
  return context.types.tensor(shape, element);
}

function joined(plans: readonly InputPlan[], make: (parts: readonly Imported[]) => Imported): InputPlan {
  return {
    arguments: plans.flatMap((plan) => plan.arguments),
    make(values) {
      const groups = distribute(
        values,
        plans.map((plan) => plan.arguments.length),
      );
      return make(plans.map((plan, i) => plan.make(groups[i]!)));
    },
  };
}

function refuse(what: string, fix: string): never {
  throw new Refusal(importCode.interface, what, fix);
}

function describeType(type: OnnxType | undefined): string {
  if (type === undefined) return "of no type";
  return type.kind === "tensor" ? `a tensor of ${type.dtype}s` : `of type ${type.kind}`;
}

/** An imported value as tensors, and how to make such a value of others. Values with one `form` are alike. */
export interface Parts {
  readonly values: readonly { readonly path: string; readonly value: Value }[];
  readonly form: string;
  readonly make: (values: readonly Value[]) => Imported;
}

/** @throws Refusal where the value holds something that is no tensor. */
export function partsOf(x: Imported): Parts {
  if (isTensor(x)) return { values: [{ path: "", value: x }], form: "t", make: ([value]) => value! };
  if (x.kind === "sequence") return partsOfAll(x.items, "s", (items) => ({ kind: "sequence", items }));
  if (x.kind === "optional") {
    return partsOfAll(x.item === undefined ? [] : [x.item], "o", ([item]) => ({ kind: "optional", item }));
  }
  throw new Refusal(importCode.form, `${describeImported(x)} cannot be passed on`);
}

function partsOfAll(items: readonly Imported[], form: string, make: (items: readonly Imported[]) => Imported): Parts {
  const parts = items.map(partsOf);
  return {
    values: parts.flatMap((p, i) => p.values.map(({ path, value }) => ({ path: `[${i}]${path}`, value }))),
    form: `${form}(${parts.map((p) => p.form).join("")})`,
    make(values) {
      const groups = distribute(
        values,
        parts.map((p) => p.values.length),
      );
      return make(parts.map((p, i) => p.make(groups[i]!)));
    },
  };
}

/** The list cut into runs of these lengths. */
export function distribute<T>(list: readonly T[], lengths: readonly number[]): readonly (readonly T[])[] {
  let next = 0;
  return lengths.map((length) => {
    const start = next;
    next += length;
    return list.slice(start, next);
  });
}
