/**
 * @file Names of values: each is defined once in its graph, and before use, there or in a graph around it.
 */

import { quote } from "../../ir/refusal.js";
import { neededNames, subgraphs } from "./order.js";
import { onnxCode, type Place, type Problems } from "./problems.js";
import type { OnnxGraph, OnnxNode } from "./records.js";

/** Collects the names one graph or function defines, and reports those defined twice. */
export class Definitions {
  readonly #problems: Problems;
  /** What defines each name, as messages say it. */
  readonly #definers = new Map<string, string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  has(name: string): boolean {
    return this.#definers.has(name);
  }

  /** `instead` is what this may replace: an initializer gives an input its default. */
  define(name: string, by: string, place: Place, instead?: string): void {
    const before = this.#definers.get(name);
    if (before !== undefined && before !== instead) {
      this.#problems.error(onnxCode.duplicate, place, `value ${quote(name)} is defined again; it is already ${before}`);
    } else {
      this.#definers.set(name, by);
    }
  }

  defineOutputs(nodes: readonly OnnxNode[]): void {
    for (const node of nodes) {
      for (const output of node.outputs) {
        if (output !== "") this.define(output, `an output of node ${quote(node.label)}`, { at: node.at, what: "" });
      }
    }
  }
}

/** Names used and not defined here, in order of first use. */
export function capturedNames(
  nodes: readonly OnnxNode[],
  outputs: readonly string[],
  own: Definitions,
): readonly string[] {
  const names = new Set<string>();
  const use = (name: string): void => {
    if (name !== "" && !own.has(name)) names.add(name);
  };
  for (const node of nodes) for (const name of neededNames(node)) use(name);
  outputs.forEach(use);
  return [...names];
}

/**
 * Reports each node, in `nodes` and the graphs inside, that uses one of `missing`, the names defined nowhere around it.
 * Names a graph defines itself hide those of the graphs around it.
 */
export function reportUndefined(nodes: readonly OnnxNode[], missing: ReadonlySet<string>, problems: Problems): void {
  if (missing.size === 0) return;
  for (const node of nodes) {
    for (const name of new Set(node.inputs)) {
      if (missing.has(name)) {
        problems.error(
          onnxCode.undefinedValue,
          { at: node.at, what: "" },
          `its input ${quote(name)} is defined nowhere`,
        );
      }
    }
    for (const graph of subgraphs(node)) reportUndefinedIn(graph, missing, problems);
  }
}

function reportUndefinedIn(graph: OnnxGraph, missing: ReadonlySet<string>, problems: Problems): void {
  // A graph's captures are exactly the names it does not define.
  const here = new Set(graph.captures.filter((name) => missing.has(name)));
  reportUndefined(graph.nodes, here, problems);
  reportOutputs(
    graph.outputs.map((o) => o.name),
    here,
    graph.path,
    problems,
  );
}

/** Reports outputs of a graph or function that nothing defines. */
export function reportOutputs(
  outputs: readonly string[],
  missing: ReadonlySet<string>,
  path: string,
  problems: Problems,
): void {
  for (const name of new Set(outputs)) {
    if (!missing.has(name)) continue;
    const place = { at: problems.graphAt(path), what: "" };
    problems.error(onnxCode.undefinedValue, place, `the output ${quote(name)} is defined nowhere`);
  }
}
