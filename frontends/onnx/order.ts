/**
 * @file The order of a graph's nodes: the file's where each node comes after what it needs, otherwise a topological one,
 * or a report of the nodes that need each other.
 */

import { quote } from "../../ir/refusal.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import type { OnnxAttribute, OnnxGraph, OnnxNode } from "./records.js";

/** The subgraphs of a node, in order. */
export function subgraphs(node: OnnxNode): readonly OnnxGraph[] {
  return node.attributes.size === 0 ? [] : [...node.attributes.values()].flatMap(graphsOf);
}

function graphsOf(attribute: OnnxAttribute): readonly OnnxGraph[] {
  if (attribute.kind === "graph") return [attribute.value];
  return attribute.kind === "graphs" ? attribute.value : [];
}

/** Names a node needs before it can run: its inputs, and what its subgraphs take from outside. */
export function neededNames(node: OnnxNode): Iterable<string> {
  const graphs = subgraphs(node);
  if (graphs.length === 0) return node.inputs;
  return new Set([...node.inputs, ...graphs.flatMap((g) => g.captures)]);
}

/**
 * `nodes` so that each comes after those it needs; the order is kept where it is one already, and is otherwise the one that
 * stays closest to the file's. Nodes on a cycle are reported, and the file's order is returned.
 */
export function sortNodes(nodes: readonly OnnxNode[], place: Place, problems: Problems): readonly OnnxNode[] {
  const needs = dependencies(nodes);
  if (needs.every((list, i) => list.every((j) => j < i))) return nodes;
  const order = topologicalOrder(needs);
  if (order.length < nodes.length) {
    reportCycle(nodes, needs, new Set(order), problems);
    return nodes;
  }
  problems.remark(
    onnxCode.unsorted,
    place,
    "its nodes are not in topological order, as ONNX asks for; they were sorted",
  );
  return order.map((i) => nodes[i]!);
}

/** For each node, the nodes of the same graph that define what it needs. */
function dependencies(nodes: readonly OnnxNode[]): readonly (readonly number[])[] {
  const definer = new Map<string, number>();
  for (const [i, node] of nodes.entries()) {
    for (const output of node.outputs) {
      if (output !== "" && !definer.has(output)) definer.set(output, i);
    }
  }
  return nodes.map((node) => {
    const list: number[] = [];
    for (const name of neededNames(node)) {
      const index = definer.get(name);
      if (index !== undefined) list.push(index);
    }
    return list;
  });
}

/** Kahn's algorithm, always taking the ready node that comes first in the file; nodes on or behind a cycle are left out. */
function topologicalOrder(needs: readonly (readonly number[])[]): readonly number[] {
  const users: number[][] = needs.map(() => []);
  const missing = needs.map((list, i) => {
    for (const j of list) users[j]!.push(i);
    return list.length;
  });
  const ready = new MinHeap();
  missing.forEach((count, i) => {
    if (count === 0) ready.push(i);
  });
  const order: number[] = [];
  for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
    order.push(i);
    for (const user of users[i]!) {
      if (--missing[user]! === 0) ready.push(user);
    }
  }
  return order;
}

class MinHeap {
  readonly #items: number[] = [];

  push(value: number): void {
    const items = this.#items;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= value) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const first = items[0];
    const value = items.pop();
    if (value === undefined || items.length === 0) return first;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= value) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = value;
    return first;
  }
}

/** Every node that could not be sorted needs another such node, so that going back from any of them ends in a cycle. */
function reportCycle(
  nodes: readonly OnnxNode[],
  needs: readonly (readonly number[])[],
  sorted: ReadonlySet<number>,
  problems: Problems,
): void {
  const path: number[] = [];
  const position = new Map<number, number>();
  let at = nodes.findIndex((_, i) => !sorted.has(i));
  while (!position.has(at)) {
    position.set(at, path.length);
    path.push(at);
    at = needs[at]!.find((j) => !sorted.has(j))!;
  }
  const cycle = path.slice(position.get(at)).reverse();
  const steps = [...cycle, cycle[0]!].map((i) => quote(nodes[i]!.label));
  const shown =
    steps.length > 20 ? [...steps.slice(0, 10), `... ${steps.length - 20} more ...`, ...steps.slice(-10)] : steps;
  const place = { at: nodes[cycle[0]!]!.at, what: "" };
  problems.error(onnxCode.cycle, place, `these nodes need each other: ${shown.join(" -> ")}`);
}
