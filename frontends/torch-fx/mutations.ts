/**
 * @file Which inputs a program writes. Known before anything is imported, as these are arguments of the function and not
 * constants: operators write to what the signature says, and views lead back to what they show.
 */

import { findViewRow } from "./ops/table.js";
import type { Argument, TorchGraph, TorchProgram } from "./records.js";
import { signatureOf } from "./signatures.js";

/** Names of the graph's inputs that are written. */
export function writtenInputs({ graph, outputs, inputs }: TorchProgram): ReadonlySet<string> {
  const written = new Set<string>();
  for (const output of outputs) {
    if (output.kind !== "mutation") continue;
    inputs.forEach((spec, k) => {
      const input = graph.inputs[k];
      const name = input !== undefined && (input.kind === "tensor" || input.kind === "symbol") ? input.name : undefined;
      const isMeant =
        spec.kind === "user"
          ? output.of === "user" && name === output.target
          : "target" in spec && spec.target === output.target;
      if (isMeant && name !== undefined) written.add(name);
    });
  }
  const roots = new Map(graph.inputs.flatMap((x) => (x.kind === "tensor" ? [[x.name, x.name] as const] : [])));
  follow(graph, roots, written);
  return written;
}

/** `roots` says which input the memory of a name belongs to. */
function follow(graph: TorchGraph, roots: Map<string, string>, written: Set<string>): void {
  const rootOf = (argument: Argument | undefined): string | undefined =>
    argument?.kind === "tensor" ? roots.get(argument.name) : undefined;
  for (const node of graph.nodes) {
    const inner = node.inputs.find(({ argument }) => argument.kind === "graph")?.argument;
    if (node.target.startsWith("higher_order.wrap") && inner?.kind === "graph") {
      followInner(
        inner.graph,
        node.inputs.map((i) => i.argument),
        node.outputs,
        roots,
        written,
      );
      continue;
    }
    const signature = signatureOf(node.target);
    if (!signature) continue;
    const given = new Map(node.inputs.map(({ name, argument }) => [name, argument]));
    for (const parameter of signature.parameters) {
      const root = rootOf(given.get(parameter.name));
      if (parameter.isWritten && root !== undefined) written.add(root);
    }
    const shared = signature.parameters.find((p) => p.alias !== undefined && (p.isWritten || findViewRow(node.target)));
    const root = shared && rootOf(given.get(shared.name));
    if (root === undefined) continue;
    for (const output of node.outputs.flatMap((o) => (o.kind === "list" ? o.items : [o])))
      if (output.kind === "tensor") roots.set(output.name, root);
  }
}

/** Blocks that run under another mode have the memory of the graph around them. */
function followInner(
  graph: TorchGraph,
  arguments_: readonly Argument[],
  outputs: readonly Argument[],
  roots: Map<string, string>,
  written: Set<string>,
): void {
  const given = arguments_.slice(arguments_.findIndex((a) => a.kind === "graph") + 1);
  const own = new Map<string, string>();
  graph.inputs.forEach((input, k) => {
    const outer = given[k];
    const root = outer?.kind === "tensor" ? roots.get(outer.name) : undefined;
    if (input.kind === "tensor" && root !== undefined) own.set(input.name, root);
  });
  follow(graph, own, written);
  const results = outputs.flatMap((o) => (o.kind === "list" ? o.items : [o]));
  graph.outputs.forEach((output, k) => {
    const result = results[k];
    const root = output.kind === "tensor" ? own.get(output.name) : undefined;
    if (result?.kind === "tensor" && root !== undefined) roots.set(result.name, root);
  });
}
