/**
 * @file Splits the values of a loop into regions in each of which the same items run, and orders those (after Quilleré,
 * Rajopadhye and Wilde, "Generation of efficient nested loops from polyhedra", 2000). Regions of which neither can come
 * before the other stay in one loop.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, negate } from "../../../ir/analysis/sets/basic.js";
import { offsetRow, type Row, rowOf, Work } from "../../../ir/analysis/sets/linear.js";
import { isSurelyEmpty, joined, widened } from "./cautious-sets.js";

/** Values of the loop, which is the last column, at which the active items may run. */
export interface Region {
  readonly basic: Basic;
  /** Indices of items. */
  readonly active: readonly number[];
}

const MOST_REGIONS = 16;

/**
 * Regions that share no value, in components that run one after the other; the regions of a component interleave. Each
 * item has the values that `ranges` gives it where all of its `shadows` holds; the context is known to hold.
 */
export function separateRanges(
  ranges: readonly Basic[],
  shadows: readonly Basic[],
  context: Basic,
  splits: boolean,
): Region[][] {
  const classes = classesOf(ranges);
  if (classes.length === 1) return [classes];
  const regions = splits ? regionsOf(classes, context) : undefined;
  if (regions === undefined) return [classes];
  const needed = regions.flatMap(({ basic, active }) => {
    const runs = active.filter((i) => !isEmptyIn(joined(basic, constraintsOf(shadows[i]!)), context));
    return runs.length === 0 ? [] : [{ basic, active: runs }];
  });
  return componentsOf(needed, context);
}

/** The same for ranges of the same bounds. */
export function rangeKey(range: Basic): string {
  return constraintsOf(range)
    .map((c) => `${c.kind}${c.row.join()}`)
    .sort()
    .join(";");
}

/** Items of the same range together. */
function classesOf(ranges: readonly Basic[]): Region[] {
  const classes = new Map<string, { basic: Basic; active: number[] }>();
  ranges.forEach((basic, i) => {
    const key = rangeKey(basic);
    const known = classes.get(key);
    if (known) known.active.push(i);
    else classes.set(key, { basic, active: [i] });
  });
  return [...classes.values()];
}

/** Undefined where there are too many. */
function regionsOf(classes: readonly Region[], context: Basic): Region[] | undefined {
  let regions: Region[] = [];
  for (const { basic, active } of classes) {
    const next: Region[] = [];
    let rest: readonly Basic[] = [basic];
    for (const region of regions) {
      const both = joined(region.basic, constraintsOf(basic));
      if (isEmptyIn(both, context)) {
        next.push(region);
        continue;
      }
      next.push({ basic: both, active: [...region.active, ...active] });
      for (const piece of without(region.basic, basic, context)) next.push({ basic: piece, active: region.active });
      rest = rest.flatMap((piece) => without(piece, region.basic, context));
    }
    regions = [...next, ...rest.map((piece) => ({ basic: piece, active }))];
    if (regions.length > MOST_REGIONS) return undefined;
  }
  return regions;
}

function isEmptyIn(basic: Basic, context: Basic): boolean {
  return isSurelyEmpty(basic.columns, [...constraintsOf(context), ...constraintsOf(basic)]);
}

/** Disjoint pieces of what is in the one and not in the other. */
function without(basic: Basic, removed: Basic, context: Basic): Basic[] {
  if (isEmptyIn(joined(basic, constraintsOf(removed)), context)) return [basic];
  const pieces: Basic[] = [];
  let inside: readonly Constraint[] = [];
  for (const constraint of constraintsOf(removed)) {
    for (const outside of negate(constraint, new Work())) {
      const piece = joined(basic, [...inside, outside]);
      if (!isEmptyIn(piece, context)) pieces.push(piece);
    }
    inside = [...inside, constraint];
  }
  return pieces;
}

function componentsOf(regions: readonly Region[], context: Basic): Region[][] {
  const before = regions.map((x) => regions.map((y) => x !== y && hasSmaller(x.basic, y.basic, context)));
  const n = regions.length;
  const reach = before.map((row) => [...row]);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (reach[i]![k] && reach[k]![j]) reach[i]![j] = true;
  const components: number[][] = [];
  const placed = new Set<number>();
  while (placed.size < n) {
    const free = regions.findIndex(
      (_, j) => !placed.has(j) && regions.every((_, i) => placed.has(i) || !reach[i]![j] || reach[j]![i]!),
    );
    const component = regions.flatMap((_, i) => (i === free || (reach[i]![free] && reach[free]![i]) ? [i] : []));
    for (const i of component) placed.add(i);
    components.push(component);
  }
  return components.map((component) => component.map((i) => regions[i]!));
}

/** Whether, for the same outer values, some value of `x` is less than some value of `y`. */
function hasSmaller(x: Basic, y: Basic, context: Basic): boolean {
  const last = x.columns - 1;
  const second = (basic: Basic) => constraintsOf(widened(basic, last, 1));
  const first = (basic: Basic) => constraintsOf(widened(basic, last + 1, 1));
  const columns = x.columns + 1;
  const less: Row = offsetRow(rowOf(columns, 0, [last, -1], [last + 1, 1]), -1);
  const all: readonly Constraint[] = [
    ...first(x),
    ...second(y),
    ...first(context),
    ...second(context),
    { kind: "ge", row: less },
  ];
  return !isSurelyEmpty(columns, constraintsOf(basicOf(columns, all)));
}
