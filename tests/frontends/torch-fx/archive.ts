/** @file Archives as torch.export writes them, made in tests: a graph in a few lines, its tensors, the zip around both. */

import { writeFileSync } from "node:fs";
import { zipSync } from "fflate";

type Json = unknown;

/** An argument: a tensor of the graph by name, or a number, text or list. */
export type Arg =
  | { readonly tensor: string }
  | { readonly symbol: string }
  | { readonly dtype: number }
  | number
  | boolean
  | string
  | null
  | readonly Arg[];

export interface NodeText {
  readonly target: string;
  readonly inputs: Readonly<Record<string, Arg>>;
  readonly outputs: readonly string[];
  readonly trace?: string;
}

/** Element (the schema's number) and sizes; texts are expressions of SymPy. */
export interface MetaText {
  readonly dtype?: number;
  readonly sizes: readonly (number | string)[];
}

export interface GraphText {
  /** User inputs in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeText[];
  readonly tensors: Readonly<Record<string, MetaText>>;
  readonly symbols?: Readonly<Record<string, string>>;
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** Buffers by the names of their inputs. */
  readonly buffers?: Readonly<
    Record<
      string,
      {
        readonly fqn: string;
        readonly bytes: Uint8Array;
        readonly sizes: readonly number[];
        readonly strides?: readonly number[];
        readonly offset?: number;
      }
    >
  >;
}

export const FLOAT = 7;
export const INT64 = 5;

function sizeJson(size: number | string): Json {
  return typeof size === "number" ? { as_int: size } : { as_expr: { expr_str: size, hint: { as_int: 4 } } };
}

export function metaJson({ dtype = FLOAT, sizes }: MetaText, strides?: readonly number[], offset = 0): Json {
  const all = sizes.every((d) => typeof d === "number") ? (sizes as readonly number[]) : sizes.map(() => 1);
  const dense = all.map((_, k) => all.slice(k + 1).reduce((a, b) => a * b, 1));
  return {
    dtype,
    sizes: sizes.map(sizeJson),
    requires_grad: false,
    device: { type: "cpu", index: null },
    strides: (strides ?? dense).map(sizeJson),
    storage_offset: { as_int: offset },
    layout: 7,
  };
}

function argJson(arg: Arg): Json {
  if (arg === null) return { as_none: true };
  if (typeof arg === "boolean") return { as_bool: arg };
  if (typeof arg === "string") return { as_string: arg };
  if (typeof arg === "number") return Number.isInteger(arg) ? { as_int: arg } : { as_float: arg };
  if (Array.isArray(arg)) {
    const items = arg as readonly Arg[];
    const isTensors = items.every((x) => typeof x === "object" && x !== null && "tensor" in x);
    if (isTensors && items.length > 0)
      return { as_tensors: items.map((x) => ({ name: (x as { tensor: string }).tensor })) };
    const isTruth = items.length > 0 && items.every((x) => typeof x === "boolean");
    return isTruth ? { as_bools: items } : { as_ints: items };
  }
  const one = arg as { readonly tensor?: string; readonly symbol?: string; readonly dtype?: number };
  if (one.tensor !== undefined) return { as_tensor: { name: one.tensor } };
  return one.symbol !== undefined ? { as_sym_int: { as_name: one.symbol } } : { as_scalar_type: one.dtype };
}

/** The JSON of the exported program. */
export function programJson(graph: GraphText): Record<string, Json> {
  const buffers = Object.entries(graph.buffers ?? {});
  const tensor = (name: string): Json =>
    graph.symbols?.[name] ? { as_sym_int: { as_name: name } } : { as_tensor: { name } };
  return {
    graph_module: {
      graph: {
        inputs: [...buffers.map(([name]) => tensor(name)), ...graph.inputs.map(tensor)],
        outputs: graph.outputs.map(tensor),
        nodes: graph.nodes.map((node) => ({
          target: node.target.startsWith("aten.") ? `torch.ops.${node.target}` : node.target,
          inputs: Object.entries(node.inputs).map(([name, arg]) => ({ name, arg: argJson(arg), kind: 1 })),
          outputs: node.outputs.map(tensor),
          metadata: node.trace === undefined ? {} : { stack_trace: node.trace },
          name: node.outputs[0] ?? node.target,
        })),
        tensor_values: Object.fromEntries(Object.entries(graph.tensors).map(([name, meta]) => [name, metaJson(meta)])),
        sym_int_values: Object.fromEntries(
          Object.entries(graph.symbols ?? {}).map(([name, text]) => [
            name,
            { as_expr: { expr_str: text, hint: null } },
          ]),
        ),
        sym_bool_values: {},
        is_single_tensor_return: false,
        custom_obj_values: {},
        sym_float_values: {},
      },
      signature: {
        input_specs: [
          ...buffers.map(([name, { fqn }]) => ({ buffer: { arg: { name }, buffer_name: fqn, persistent: true } })),
          ...graph.inputs.map((name) => ({ user_input: { arg: tensor(name) } })),
        ],
        output_specs: graph.outputs.map((name) => ({ user_output: { arg: tensor(name) } })),
      },
      module_call_graph: [],
    },
    opset_version: { aten: 10 },
    range_constraints: Object.fromEntries(
      Object.entries(graph.ranges ?? {}).map(([name, [min_val, max_val]]) => [name, { min_val, max_val }]),
    ),
    schema_version: { major: 8, minor: 20 },
    verifiers: ["TRAINING"],
    torch_version: "2.13.0",
    guards_code: [],
  };
}

/** The entries of the archive, by name. */
export function entriesOf(graph: GraphText, json: unknown = programJson(graph)): Record<string, Uint8Array> {
  const bytes = (x: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(x));
  const buffers = Object.values(graph.buffers ?? {});
  const config = buffers.map(({ fqn, sizes, strides, offset }, k) => [
    fqn,
    {
      path_name: `weight_${k}`,
      is_param: false,
      use_pickle: false,
      tensor_meta: metaJson({ sizes }, strides, offset),
    },
  ]);
  return {
    "m/models/model.json": bytes(json),
    ...Object.fromEntries(buffers.map(({ bytes: data }, k) => [`m/data/weights/weight_${k}`, data])),
    "m/data/weights/model_weights_config.json": bytes({ config: Object.fromEntries(config) }),
    "m/byteorder": new TextEncoder().encode("little"),
  };
}

/** A stored (not compressed) zip. */
export function zipped(entries: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 0): Uint8Array {
  return zipSync({ ...entries }, { level });
}

export function writeArchive(path: string, graph: GraphText): string {
  writeFileSync(path, zipped(entriesOf(graph)));
  return path;
}

export function floats(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
