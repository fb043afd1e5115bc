/**
 * @file What callers see of a program: its entries with their inputs, outputs and states. Read off the public
 * functions as the importer wrote them, before lowering changes types; the manifest and the entry code follow it.
 */

import { type Attr, type AttrDict, arrayAttr, type DenseAttr, type ResourceAttr, stringAttr } from "./attrs.js";
import type { Context } from "./context.js";
import { funcOp, functionName, functionsOf } from "./dialects/func.js";
import type { Dim } from "./dim.js";
import type { ElementType } from "./element.js";
import type { Operation } from "./graph.js";
import { printType, type Type } from "./types.js";

export interface InterfaceValue {
  /** The name in the model's own words. */
  readonly name: string;
  readonly element: ElementType;
  readonly shape: readonly Dim[];
}

export interface StateInterface extends InterfaceValue {
  readonly argument: number;
  readonly result: number;
  /** The elements it begins with; zeros where there are none given. */
  readonly initial?: DenseAttr | ResourceAttr;
}

/** What must hold of the sizes that a caller gives. */
export interface Condition {
  /** For the caller. */
  readonly message: string;
  readonly relation: "zero" | "nonzero" | "nonnegative";
  /** Over symbols of the inputs. */
  readonly value: Dim;
}

export interface EntryInterface {
  readonly name: string;
  /** Arguments of the function that callers give, with their positions. */
  readonly inputs: readonly (InterfaceValue & { readonly argument: number })[];
  /** Argument and result that are one state, updated by the call. */
  readonly states: readonly StateInterface[];
  readonly outputs: readonly (InterfaceValue & { readonly result: number })[];
  /** How the model's own arguments and results nest, as JSON whose leaves are indices of `inputs` and `outputs`. */
  readonly inputNesting?: string;
  readonly outputNesting?: string;
  /** Beyond what the types of the inputs say. */
  readonly conditions: readonly Condition[];
}

/** The attribute that names an argument or result. */
export const NAME = "psm.name";
/** JAX's way to tie an argument to the result that replaces it. */
export const ALIASING = "tf.aliasing_output";
/** Marks an argument that callers do not give: it lives in the bundle between calls. */
export const STATE = "psm.state";
/** The elements a state begins with, a `resource` or `dense` attribute; zeros where there is none. */
export const INITIAL = "psm.initial";
/** Texts of a function: how the arguments and results nest that callers know. */
export const INPUT_NESTING = "psm.input_nesting";
export const OUTPUT_NESTING = "psm.output_nesting";
/** A list of dictionaries with the texts `message`, `relation` and `value`: see `Condition`. */
export const CONDITIONS = "psm.conditions";

export function entryInterfaces(module: Operation, context: Context): readonly EntryInterface[] {
  return [...functionsOf(module)]
    .filter((f) => funcOp.attrsOf(f).sym_visibility !== "private" && f.region(0).blocks.length > 0)
    .map((f) => entryInterface(f, context));
}

function entryInterface(func: Operation, context: Context): EntryInterface {
  const { function_type: type, arg_attrs, res_attrs } = funcOp.attrsOf(func);
  const args = dictionaries(arg_attrs);
  const results = dictionaries(res_attrs);
  const values = type.inputs.map((t, i) => ({ ...describe(t, nameOf(args[i]) ?? `input_${i}`), argument: i }));
  const outputs = type.results.map((t, i) => ({ ...describe(t, nameOf(results[i]) ?? `output_${i}`), result: i }));
  const states = values.flatMap((v) => {
    const tied = args[v.argument]?.[ALIASING];
    if (!args[v.argument]?.[STATE] || tied?.kind !== "int") return [];
    const initial = args[v.argument]?.[INITIAL];
    const begins = initial?.kind === "dense" || initial?.kind === "resource" ? { initial } : {};
    return [{ ...v, result: Number(tied.value), ...begins }];
  });
  return {
    name: functionName(func),
    inputs: values.filter((v) => !states.some((s) => s.argument === v.argument)),
    states,
    outputs: outputs.filter((o) => !states.some((s) => s.result === o.result)),
    ...nesting(func),
    conditions: conditions(func, context),
  };
}

/** The attribute that holds conditions. */
export function conditionsAttr(conditions: readonly Condition[], { dims }: Context): Attr {
  return arrayAttr(
    conditions.map(({ message, relation, value }) => {
      const texts = { message, relation, value: dims.print(value) };
      return { kind: "dict", entries: Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, stringAttr(v)])) };
    }),
  );
}

const relations: readonly string[] = ["zero", "nonzero", "nonnegative"] satisfies Condition["relation"][];

function conditions({ extra }: Operation, { dims }: Context): readonly Condition[] {
  return dictionaries(extra[CONDITIONS]).map((entries) => {
    const text = (name: string): string => {
      const attr = entries[name];
      return attr?.kind === "string" ? attr.value : "";
    };
    const [message, relation, value] = [text("message"), text("relation"), dims.parse(text("value"))];
    if (value === undefined || !relations.includes(relation)) throw new Error(`no condition: ${message}`);
    return { message, relation: relation as Condition["relation"], value };
  });
}

function nesting({ extra }: Operation): Pick<EntryInterface, "inputNesting" | "outputNesting"> {
  const text = (name: string): string | undefined => {
    const attr = extra[name];
    return attr?.kind === "string" ? attr.value : undefined;
  };
  const [inputNesting, outputNesting] = [text(INPUT_NESTING), text(OUTPUT_NESTING)];
  return {
    ...(inputNesting === undefined ? {} : { inputNesting }),
    ...(outputNesting === undefined ? {} : { outputNesting }),
  };
}

function nameOf(dict: AttrDict | undefined): string | undefined {
  const name = dict?.[NAME] ?? dict?.["jax.result_info"];
  return name?.kind === "string" && name.value !== "" ? name.value : undefined;
}

function dictionaries(attr: Attr | undefined): readonly AttrDict[] {
  return attr?.kind === "array" ? attr.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
}

function describe(type: Type, name: string): InterfaceValue {
  if (type.kind !== "tensor") throw new Error(`an entry cannot take or give ${printType(type)}`);
  return { name, element: type.element, shape: type.shape };
}
