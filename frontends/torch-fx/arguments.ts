/** @file The arguments and results of nodes, from the unions of the schema to `Argument`s. */

import { dtypeName, elementOfDtype } from "./dtypes.js";
import { countOf, FieldError, field, flagOf, items, type JsonObject, objectOf, textOf, variant } from "./fields.js";
import { floatOf, integerOf, type Json } from "./json.js";
import type { Argument, TorchGraph } from "./records.js";

/** Reads the graph inside an argument of a higher-order operator. */
export type ReadGraph = (x: Json | undefined) => TorchGraph;

type Read = (x: Json, graph: ReadGraph) => Argument;

const none: Argument = { kind: "none" };
const tensor: Read = (x) => ({ kind: "tensor", name: field(objectOf(x), "name", textOf) });
const integer: Read = (x) => ({ kind: "int", value: integerOf(x) ?? fail("an integer") });
const float: Read = (x) => ({ kind: "float", value: floatOf(x) ?? fail("a number") });
const flag: Read = (x) => ({ kind: "bool", value: flagOf(x) });
const text: Read = (x) => ({ kind: "string", value: textOf(x) });
const word: Read = (x) => ({
  kind: "place",
  name: typeof x === "object" && x !== null ? placeName(objectOf(x)) : String(x),
});

const memoryFormats = ["unknown", "contiguous_format", "channels_last", "channels_last_3d", "preserve_format"];

const listOf =
  (read: Read): Read =>
  (x, graph) => ({ kind: "list", items: items(x, (item) => read(item, graph)) });

/** A number, or the name of one that the graph computes. */
const symbolic =
  (number: Read): Read =>
  (x, graph) => {
    const [kind, value] = variant(x);
    if (kind === "as_name") return { kind: "symbol", name: textOf(value) };
    return number(value, graph);
  };

const optionalTensor: Read = (x, graph) => {
  const [kind, value] = variant(x);
  return kind === "as_tensor" ? tensor(value, graph) : none;
};

const readers: Readonly<Record<string, Read>> = {
  as_none: () => none,
  as_tensor: tensor,
  as_tensors: listOf(tensor),
  as_nested_tensors: listOf(listOf(tensor)),
  as_optional_tensor: optionalTensor,
  as_optional_tensors: listOf(optionalTensor),
  as_int: integer,
  as_ints: listOf(integer),
  as_int_lists: listOf(listOf(integer)),
  as_float: float,
  as_floats: listOf(float),
  as_float_lists: listOf(listOf(float)),
  as_bool: flag,
  as_bools: listOf(flag),
  as_string: text,
  as_strings: listOf(text),
  as_sym_int: symbolic(integer),
  as_sym_ints: listOf(symbolic(integer)),
  as_sym_float: symbolic(float),
  as_sym_floats: listOf(symbolic(float)),
  as_sym_bool: symbolic(flag),
  as_sym_bools: listOf(symbolic(flag)),
  as_complex: (x) => {
    const part = (name: string): number => field(objectOf(x), name, (y) => floatOf(y) ?? fail("a number"));
    return { kind: "complex", re: part("real"), im: part("imag") };
  },
  as_scalar_type: (x) => ({ kind: "dtype", element: elementOfDtype(countOf(x)), name: dtypeName(countOf(x)) }),
  as_memory_format: (x) => ({ kind: "memory-format", name: memoryFormats[countOf(x)] ?? fail("a memory format") }),
  as_layout: word,
  as_device: word,
  as_operator: (x) => ({ kind: "operator", name: textOf(x) }),
  as_custom_obj: (x) => {
    const object = objectOf(x);
    return { kind: "object", name: field(object, "name", textOf), type: field(object, "class_fqn", textOf) };
  },
  as_graph: (x, graph) => {
    const object = objectOf(x);
    return { kind: "graph", name: field(object, "name", textOf), graph: field(object, "graph", graph) };
  },
  as_string_to_argument: (x, graph) => {
    const read = ([key, value]: [string, Json]): [string, Argument] => [key, readArgument(value, graph)];
    return { kind: "dict", entries: new Map(Object.entries(objectOf(x)).map(read)) };
  },
};

/** @throws FieldError where `x` is no argument of the schema. */
export function readArgument(x: Json | undefined, graph: ReadGraph): Argument {
  const [kind, value] = variant(x);
  const read = Object.hasOwn(readers, kind) ? readers[kind] : undefined;
  if (!read) throw new FieldError(`: '${kind}' is no kind of argument that this importer knows`);
  try {
    return read(value, graph);
  } catch (error) {
    throw error instanceof FieldError ? error.within(kind) : error;
  }
}

function placeName(device: JsonObject): string {
  return field(device, "type", textOf);
}

function fail(wanted: string): never {
  throw new FieldError(`: ${wanted} is expected`);
}
