/** @file Statements that depend on each other in a circle, in an order that all other dependences allow. */

export interface Edge {
  readonly from: number;
  readonly to: number;
}

/** The strongly connected components of 0 … count - 1, each sorted, in topological order; of those free, the least first. */
export function componentsOf(count: number, edges: readonly Edge[]): number[][] {
  const reach = Array.from({ length: count }, (_, i) => reachable(i, count, edges));
  const left = new Set(Array.from({ length: count }, (_, i) => i));
  const components: number[][] = [];
  while (left.size > 0) {
    const first = [...left].find((i) => [...left].every((j) => !reach[j]!.has(i) || reach[i]!.has(j)))!;
    const component = [...left].filter((j) => j === first || (reach[first]!.has(j) && reach[j]!.has(first)));
    for (const j of component) left.delete(j);
    components.push(component);
  }
  return components;
}

function reachable(start: number, count: number, edges: readonly Edge[]): Set<number> {
  const reached = new Set<number>();
  const next = [start];
  while (next.length > 0 && reached.size < count) {
    const at = next.pop()!;
    for (const { from, to } of edges) {
      if (from !== at || reached.has(to)) continue;
      reached.add(to);
      next.push(to);
    }
  }
  return reached;
}
