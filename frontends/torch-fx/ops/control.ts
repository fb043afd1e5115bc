/**
 * @file Higher-order operators: conditions, loops, and blocks that run under another mode. Graphs inside are functions of what
 * the node hands them; what runs under another mode of autograd is part of the graph around it, memory and all.
 */

import type { Dim } from "../../../ir/dim.js";
import type { Value } from "../../../ir/graph.js";
import { buildLoop } from "../../../ir/loop-builder.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { Call, Row, Rows } from "../call.js";
import { type Item, isTensor } from "../items.js";
import type { Argument, TorchGraph } from "../records.js";
import { Tensor } from "../tensors.js";

/** Arguments of higher-order operators have no names: they go by position. */
function graphAt(n: Call, position: number): TorchGraph {
  const argument = n.argument(String(position));
  return argument.kind === "graph" ? argument.graph : n.invalid(`argument ${position} is no graph`);
}

function itemsOf(n: Call, argument: Argument): readonly Item[] {
  return argument.kind === "list" ? argument.items.map((x) => n.services.item(x)) : [n.services.item(argument)];
}

/** The items from a position on, lists among them opened. */
function itemsFrom(n: Call, position: number): readonly Item[] {
  const items: Item[] = [];
  for (let k = position; n.takes(String(k)); k++) items.push(...itemsOf(n, n.argument(String(k))));
  return items;
}

/** Every item as a tensor: numbers become tensors of rank 0. */
function valuesOf(n: Call, t: TensorBuilder, items: readonly Item[]): readonly Value[] {
  return items.map((x) => {
    if (isTensor(x)) return x.read(t);
    if (x.kind === "int") return t.scalar(x.dim);
    return x.kind === "number"
      ? x.value
      : n.unsupported(`a graph inside gives ${x.kind === "none" ? "None" : "no tensor"}`);
  });
}

/** Truth of a tensor or number of one element. */
function truth(n: Call, position: number): Value {
  return n.t.reshape(n.operand(String(position), "i1"), []);
}

function cond(n: Call): readonly Value[] {
  const { t } = n;
  const [then, otherwise] = [graphAt(n, 1), graphAt(n, 2)];
  const operands = itemsFrom(n, 3);
  const known = n.constant(truth(n, 0))?.data[0];
  const branch = (graph: TorchGraph) => (inner: TensorBuilder) =>
    valuesOf(n, inner, n.services.graph(graph, inner, fresh(inner, operands)));
  if (known !== undefined) return branch(Number(known) !== 0 ? then : otherwise)(t);
  return t.if(truth(n, 0), branch(then), branch(otherwise));
}

/** Graphs inside have no memory in common with what is around. */
function fresh(t: TensorBuilder, items: readonly Item[]): readonly Item[] {
  return items.map((x) => (isTensor(x) ? Tensor.of(x.read(t)) : x));
}

/** `while_loop(condition, body, carried, others)` */
function whileLoop(n: Call): readonly Value[] {
  const { t } = n;
  const [condition, body] = [graphAt(n, 0), graphAt(n, 1)];
  const carried = itemsOf(n, n.argument("2"));
  const others = n.takes("3") ? itemsOf(n, n.argument("3")) : [];
  const goesOn = (inner: TensorBuilder, state: readonly Value[]): Value => {
    const items = [...stateItems(inner, state, carried), ...fresh(inner, others)];
    const [flag] = valuesOf(n, inner, n.services.graph(condition, inner, items));
    return inner.reshape(inner.convert(flag ?? n.invalid("its condition gives nothing"), "i1"), []);
  };
  const init = valuesOf(n, t, carried);
  const results = buildLoop(t, {
    init,
    start: goesOn(t, init),
    body: (inner, _, state) => {
      const items = [...stateItems(inner, state, carried), ...fresh(inner, others)];
      const next = valuesOf(n, inner, n.services.graph(body, inner, items)).slice(0, carried.length);
      return { state: next, goOn: goesOn(inner, next), stacked: [] };
    },
  });
  return results.state;
}

function stateItems(t: TensorBuilder, values: readonly Value[], like: readonly Item[]): readonly Item[] {
  return values.map((value, k): Item => {
    const model = like[k]!;
    if (isTensor(model)) return Tensor.of(value);
    return model.kind === "int" ? { kind: "int", dim: t.symbolOf(value) } : { kind: "number", value };
  });
}

/** `scan(combine, init, xs, additional)`: along the first axis of every `xs`. */
function scan(n: Call): readonly Value[] {
  const { t } = n;
  const combine = graphAt(n, 0);
  const init = itemsOf(n, n.argument("1"));
  const scanned = valuesOf(n, t, itemsOf(n, n.argument("2")));
  const others = n.takes("3") ? itemsOf(n, n.argument("3")) : [];
  const trips = lengthOf(n, scanned);
  const results = buildLoop(t, {
    init: valuesOf(n, t, init),
    trips,
    body: (inner, index, state) => {
      const entries = scanned.map((x) => Tensor.of(inner.take(x, index, 0)));
      const items = [...stateItems(inner, state, init), ...entries, ...fresh(inner, others)];
      const values = valuesOf(n, inner, n.services.graph(combine, inner, items));
      return { state: values.slice(0, init.length), stacked: values.slice(init.length) };
    },
  });
  return [...results.state, ...results.stacked];
}

function lengthOf(n: Call, values: readonly Value[]): Dim {
  const lengths = values.map((x) => n.t.shape(x)[0] ?? n.invalid("what it goes along has no dimensions"));
  return lengths.reduce<Dim>((a, b) => n.t.unify(a, b), lengths[0] ?? n.invalid("it goes along nothing"));
}

/** `map_impl(f, xs, additional)` */
function map(n: Call): readonly Value[] {
  const { t } = n;
  const body = graphAt(n, 0);
  const mapped = valuesOf(n, t, itemsOf(n, n.argument("1")));
  const others = n.takes("2") ? itemsOf(n, n.argument("2")) : [];
  return buildLoop(t, {
    init: [],
    trips: lengthOf(n, mapped),
    body: (inner, index) => {
      const entries = mapped.map((x) => Tensor.of(inner.take(x, index, 0)));
      return {
        state: [],
        stacked: valuesOf(n, inner, n.services.graph(body, inner, [...entries, ...fresh(inner, others)])),
      };
    },
  }).stacked;
}

/** A block under another mode: the graph is the argument behind `settings` of them, its operands follow. */
const inlined =
  (settings: number): Row =>
  (n) => {
    const operands: Item[] = [];
    for (let k = settings + 1; n.takes(String(k)); k++) operands.push(n.services.item(n.argument(String(k))));
    return n.services.graph(graphAt(n, settings), n.t, operands);
  };

export const control: Rows = {
  "higher_order.cond": cond,
  "higher_order.while_loop": whileLoop,
  "higher_order.scan": scan,
  "higher_order.map_impl": map,
  "higher_order.wrap_with_set_grad_enabled": inlined(1),
  // device type, dtype, enabled, cache enabled
  "higher_order.wrap_with_autocast": inlined(4),
};
