/**
 * @file Integer sets and relations: finite unions of basic sets over one space, with the operations of Presburger
 * arithmetic. All are exact, for every value of the parameters, or throw `SetsTooLarge`; none changes its operands.
 * Basic sets of one relation may overlap.
 */

import {
  type Basic,
  basicContains,
  basicOf,
  constraintsOf,
  joinBasics,
  negate,
  remapBasic,
  universeBasic,
} from "./basic.js";
import { eliminateColumns } from "./eliminate.js";
import { impliesConstraint, isEmptyBasic, sampleBasic, withoutRedundant } from "./feasibility.js";
import { rowOf, Work } from "./linear.js";
import { columnsOfSpace, firstColumn, inputSize, range, type Space, sameTuple, setSpace, type Tuple } from "./space.js";

export interface Relation {
  readonly space: Space;
  readonly basics: readonly Basic[];
}

export function universe(space: Space): Relation {
  return { space, basics: [universeBasic(columnsOfSpace(space))] };
}

export function nothing(space: Space): Relation {
  return { space, basics: [] };
}

/** The relation over the given parameters, which include all of its own. */
export function withParams(a: Relation, params: readonly string[]): Relation {
  if (params.length === a.space.params.length && params.every((p, i) => p === a.space.params[i])) return a;
  const space = { ...a.space, params };
  const own = a.space.params.map((p) => params.indexOf(p));
  const dims = range(params.length, columnsOfSpace(space) - params.length);
  return { space, basics: a.basics.map((b) => remapBasic(b, columnsOfSpace(space), [...own, ...dims])) };
}

function alignParams(a: Relation, b: Relation): readonly [Relation, Relation] {
  const params = [...new Set([...a.space.params, ...b.space.params])];
  return [withParams(a, params), withParams(b, params)];
}

function aligned(a: Relation, b: Relation): readonly [Relation, Relation] {
  if (!sameTuple(a.space.input, b.space.input) || !sameTuple(a.space.output, b.space.output)) {
    throw new Error("the relations live in different spaces");
  }
  return alignParams(a, b);
}

export function union(a: Relation, b: Relation): Relation {
  const [x, y] = aligned(a, b);
  return { space: x.space, basics: [...x.basics, ...y.basics] };
}

export function intersect(a: Relation, b: Relation, work = new Work()): Relation {
  const [x, y] = aligned(a, b);
  const basics = x.basics.flatMap((p) => y.basics.map((q) => joinBasics(p, q)));
  return { space: x.space, basics: basics.filter((basic) => !isEmptyBasic(basic, work)) };
}

/** The points of `a` outside of `b`, as basic sets that only overlap where those of `a` do. */
export function subtract(a: Relation, b: Relation, work = new Work()): Relation {
  const [x, y] = aligned(a, b);
  let basics: readonly Basic[] = x.basics.filter((basic) => !isEmptyBasic(basic, work));
  for (const removed of y.basics) basics = basics.flatMap((basic) => subtractBasic(basic, removed, work));
  return { space: x.space, basics };
}

function subtractBasic(basic: Basic, removed: Basic, work: Work): Basic[] {
  if (isEmptyBasic(joinBasics(basic, removed), work)) return [basic];
  const pieces: Basic[] = [];
  let inside = constraintsOf(basic);
  for (const constraint of constraintsOf(removed)) {
    for (const outside of negate(constraint, work)) {
      const piece = basicOf(basic.columns, [...inside, outside]);
      if (!isEmptyBasic(piece, work)) pieces.push(piece);
    }
    inside = [...inside, constraint];
  }
  return pieces;
}

export function complement(a: Relation, work = new Work()): Relation {
  return subtract(universe(a.space), a, work);
}

/** Empty for every value of the parameters. */
export function isEmpty(a: Relation, work = new Work()): boolean {
  return a.basics.every((basic) => isEmptyBasic(basic, work));
}

export function isSubset(a: Relation, b: Relation, work = new Work()): boolean {
  return isEmpty(subtract(a, b, work), work);
}

export function isEqual(a: Relation, b: Relation, work = new Work()): boolean {
  return isSubset(a, b, work) && isSubset(b, a, work);
}

/** One value per column (parameters, input, output); undefined when empty. */
export function sample(a: Relation, work = new Work()): number[] | undefined {
  for (const basic of a.basics) {
    const point = sampleBasic(basic, work);
    if (point !== undefined) return point;
  }
  return undefined;
}

/** `point` has one value per column: parameters, input, output. */
export function contains(a: Relation, point: readonly number[]): boolean {
  return a.basics.some((basic) => basicContains(basic, point));
}

/** The shadow without the given columns, in a space that has one column less for each. */
function project(a: Relation, columns: readonly number[], space: Space, work: Work): Relation {
  const target: (number | undefined)[] = [];
  let next = 0;
  for (const column of range(0, columnsOfSpace(a.space))) target.push(columns.includes(column) ? undefined : next++);
  const pieces = a.basics.flatMap((basic) => eliminateColumns(basic, columns, work));
  const basics = pieces.filter((basic) => !isEmptyBasic(basic, work)).map((b) => remapBasic(b, next, target));
  return { space, basics };
}

const without = (tuple: Tuple, first: number, count: number): Tuple => ({
  name: tuple.name,
  dims: tuple.dims.filter((_, i) => i < first || i >= first + count),
});

/** Eliminates `count` dims of the input or output from `first` on, exactly. */
export function projectOut(
  a: Relation,
  part: "input" | "output",
  first: number,
  count: number,
  work = new Work(),
): Relation {
  const columns = range(firstColumn(a.space, part) + first, count);
  const tuple = a.space[part];
  if (tuple === undefined) throw new Error("a set has no input");
  return project(a, columns, { ...a.space, [part]: without(tuple, first, count) }, work);
}

/** The inputs that are related to something. */
export function domainOf(a: Relation, work = new Work()): Relation {
  const { params, input, output } = a.space;
  if (input === undefined) throw new Error("a set has no domain");
  return project(a, range(firstColumn(a.space, "output"), output.dims.length), setSpace(params, input), work);
}

/** The outputs that something is related to. */
export function rangeOf(a: Relation, work = new Work()): Relation {
  const { params, output } = a.space;
  return project(a, range(params.length, inputSize(a.space)), setSpace(params, output), work);
}

export function inverse(a: Relation): Relation {
  const { params, input, output } = a.space;
  if (input === undefined) throw new Error("a set has no inverse");
  const [p, n, m] = [params.length, input.dims.length, output.dims.length];
  const target = [...range(0, p), ...range(p + m, n), ...range(p, m)];
  return {
    space: { params, input: output, output: input },
    basics: a.basics.map((b) => remapBasic(b, p + n + m, target)),
  };
}

/** x -> z where `first` relates x to some y, and `second` y to z; x is absent where `first` is a set. */
export function compose(first: Relation, second: Relation, work = new Work()): Relation {
  if (!sameTuple(first.space.output, second.space.input)) throw new Error("the relations do not meet in one tuple");
  const [f, s] = alignParams(first, second);
  const [p, n] = [f.space.params.length, inputSize(f.space)];
  const [middle, m] = [f.space.output.dims.length, s.space.output.dims.length];
  const all = p + n + middle + m;
  const wideFirst = f.basics.map((b) => remapBasic(b, all, range(0, p + n + middle)));
  const wideSecond = s.basics.map((b) => remapBasic(b, all, [...range(0, p), ...range(p + n, middle + m)]));
  const joined = wideFirst.flatMap((x) => wideSecond.map((y) => joinBasics(x, y)));
  const space = { ...f.space, output: s.space.output };
  const wide = { ...space, output: { name: "", dims: [...f.space.output.dims, ...s.space.output.dims] } };
  return project({ space: wide, basics: joined }, range(p + n, middle), space, work);
}

/** The differences output - input of a relation between tuples of one size. */
export function deltas(a: Relation, work = new Work()): Relation {
  const { params, input, output } = a.space;
  if (input?.dims.length !== output.dims.length) throw new Error("differences need tuples of one size");
  const [p, n] = [params.length, output.dims.length];
  const wide = { ...a.space, output: { name: output.name, dims: [...output.dims, ...output.dims] } };
  const basics = a.basics.map((b) => {
    const differences = range(0, n).map((i) => ({
      kind: "eq" as const,
      row: rowOf(p + 3 * n, 0, [p + i, -1], [p + n + i, 1], [p + 2 * n + i, -1]),
    }));
    return basicOf(p + 3 * n, [...constraintsOf(remapBasic(b, p + 3 * n, range(0, p + 2 * n))), ...differences]);
  });
  return project({ space: wide, basics }, range(p, 2 * n), setSpace(params, output), work);
}

/** The points where one column has a value. */
export function fixDim(a: Relation, part: "params" | "input" | "output", index: number, value: number): Relation {
  const columns = columnsOfSpace(a.space);
  const row = rowOf(columns, -value, [firstColumn(a.space, part) + index, 1]);
  return { space: a.space, basics: a.basics.map((b) => basicOf(columns, [...constraintsOf(b), { kind: "eq", row }])) };
}

/** The pairs of which the input comes before the output in lexicographic order, one basic set per deciding dim. */
export function lexLess(params: readonly string[], input: Tuple, output: Tuple): Relation {
  const n = Math.min(input.dims.length, output.dims.length);
  const columns = params.length + input.dims.length + output.dims.length;
  const difference = (i: number, constant: number) =>
    rowOf(columns, constant, [params.length + input.dims.length + i, 1], [params.length + i, -1]);
  const basics = range(0, n).map((level) =>
    basicOf(columns, [
      ...range(0, level).map((i) => ({ kind: "eq" as const, row: difference(i, 0) })),
      { kind: "ge", row: difference(level, -1) },
    ]),
  );
  return { space: { params, input, output }, basics };
}

/** The same points in fewer basic sets with fewer constraints: none empty, none within another, neighbours joined. */
export function coalesce(a: Relation, work = new Work()): Relation {
  let basics = a.basics.flatMap((basic) => withoutRedundant(basic, work) ?? []);
  for (let i = 0; i < basics.length; i++) {
    for (let j = i + 1; j < basics.length; j++) {
      const joined = joinNeighbours(basics[i]!, basics[j]!, work);
      if (joined === undefined) continue;
      basics = [...basics.filter((_, k) => k !== i && k !== j), joined];
      i = -1;
      break;
    }
  }
  return { space: a.space, basics };
}

/** The union as one basic set, made of the constraints that hold in both, where that is all of it. */
function joinNeighbours(a: Basic, b: Basic, work: Work): Basic | undefined {
  const shared = [
    ...constraintsOf(a).filter((c) => impliesConstraint(b, c, work)),
    ...constraintsOf(b).filter((c) => impliesConstraint(a, c, work)),
  ];
  const hull = basicOf(a.columns, shared);
  const rest = subtractBasic(hull, a, work).flatMap((piece) => subtractBasic(piece, b, work));
  return rest.length === 0 ? withoutRedundant(hull, work) : undefined;
}
