/**
 * @file What one launch of a scop has to do: its arithmetic operations, and bytes that it must read and write at least, as
 * `kernelCost` says it of other kernels. Both are exact counts of points and of elements; where sizes are open only boxes
 * are counted, and what cannot be counted has no cost rather than a guess.
 */

import { type Basic, basicOf, constraintsOf, normaliseBasic } from "../../../ir/analysis/sets/basic.js";
import { boundsOf } from "../../../ir/analysis/sets/bounds.js";
import { countPoints } from "../../../ir/analysis/sets/count.js";
import { coefficient, combineRows, type Row, rowOf, SetsTooLarge, Work } from "../../../ir/analysis/sets/linear.js";
import { projectOut, type Relation, rangeOf, union } from "../../../ir/analysis/sets/relation.js";
import { columnsOfSpace, mapSpace, range, setSpace } from "../../../ir/analysis/sets/space.js";
import type { Context } from "../../../ir/context.js";
import { constantScalarOf } from "../../../ir/dialects/arith/constant.js";
import { functionBody } from "../../../ir/dialects/func.js";
import type { Dim } from "../../../ir/dim.js";
import { elementFacts } from "../../../ir/element.js";
import { Block, type Operation, type Value } from "../../../ir/graph.js";
import { elementOf, type MemRefType } from "../../../ir/types.js";
import { type KernelCost, operationsIn } from "../../fuse/kernel-cost.js";
import type { ArrayAccess, Scop, Statement } from "./scop.js";

/** What counting one statement, or the elements of one array, may cost. */
const COUNT_WORK = 1_000_000;

/** Counts the costs of a function that is a scop, and of parts of it; each is absent where it cannot be counted. */
export class LoopCosts {
  readonly #func: Operation;
  readonly #scop: Scop;
  readonly #context: Context;
  /** The sizes that the parameters are, where they are sizes. */
  readonly #sizes: readonly (Dim | undefined)[];
  readonly #counts = new Map<string, Dim | undefined>();

  constructor(func: Operation, scop: Scop, context: Context) {
    this.#func = func;
    this.#scop = scop;
    this.#context = context;
    this.#sizes = scop.parameters.map(({ value }) => sizeOf(value));
  }

  /** What some of the statements have to do, and all that is beside loops. */
  of(statements = this.#scop.statements): Partial<KernelCost> {
    const [flops, bytes] = [this.#flops(statements), this.#bytes(statements)];
    return { ...(flops === undefined ? {} : { flops }), ...(bytes === undefined ? {} : { bytes }) };
  }

  #flops(statements: readonly Statement[]): Dim | undefined {
    const counted = new Set<Operation>();
    const ofStatements = this.#sum(
      statements.flatMap((statement) => {
        const own = statement.body.filter((op) => !counted.has(op));
        for (const op of own) counted.add(op);
        return depthsOf(own, statement).map(([depth, operations]) => {
          const points = operations === 0 ? 0 : this.#count(outermost(statement, depth));
          return points === undefined ? undefined : this.#context.dims.mul(points, operations);
        });
      }),
    );
    const besideLoops = [...functionBody(this.#func).ops()].filter((op) => !counted.has(op)).map(operationsIn);
    return this.#sum([ofStatements, ...besideLoops]);
  }

  /** What is read of each array once, unless the statement that meets it first only writes it; what is written once. */
  #bytes(statements: readonly Statement[]): Dim | undefined {
    const accesses = statements.flatMap((s) => s.accesses.map((access) => ({ s, access })));
    const arrays = [...new Set(accesses.map(({ access }) => access.array))].filter((a) => a.owner instanceof Block);
    return this.#sum(
      arrays.flatMap((array) => {
        const own = accesses.filter(({ access }) => access.array === array);
        const reads = own[0]!.access.kind === "read" ? own.filter(({ access }) => access.kind === "read") : [];
        const writes = own.filter(({ access }) => access.kind === "write");
        const width = elementFacts[elementOf(array.type as MemRefType)].storageBytes;
        return [reads, writes].map((some) => {
          const elements = this.#elements(some);
          return elements === undefined ? undefined : this.#context.dims.mul(elements, width);
        });
      }),
    );
  }

  #elements(touching: readonly { readonly s: Statement; readonly access: ArrayAccess }[]): Dim | undefined {
    return attempt(() => {
      if (touching.length === 0) return 0;
      const images = touching.map(({ s, access }) => imageOf(s, access));
      if (this.#sizes.every((size) => typeof size === "number"))
        return this.#count(images.reduce((a, b) => union(a, b)));
      // What one access alone touches is the least of what all do.
      const boxes = images.map((image) => this.#count(image));
      if (boxes.includes(undefined)) return undefined;
      return (boxes as Dim[]).reduce((a, b) => this.#context.dims.max(a, b));
    });
  }

  /** Statements of one nest have the same points. */
  #count(points: Relation): Dim | undefined {
    const key = JSON.stringify(points.basics);
    if (!this.#counts.has(key))
      this.#counts.set(
        key,
        attempt(() => this.#countAnew(points)),
      );
    return this.#counts.get(key);
  }

  #countAnew(points: Relation): Dim | undefined {
    const known = knownSizes(points, this.#sizes);
    return known.space.params.length === 0 ? countPoints(known, new Work(COUNT_WORK)) : this.#box(points);
  }

  /** Points of a box whose sides are sums of sizes. */
  #box({ space, basics }: Relation): Dim | undefined {
    const [basic, more] = basics;
    if (basic === undefined) return 0;
    const normal = more === undefined ? normaliseBasic(basic, new Work()) : undefined;
    if (normal === undefined || normal.equations.length + normal.congruences.length > 0) return undefined;
    const first = space.params.length;
    const dims = range(first, columnsOfSpace(space) - first);
    const touched = ({ row }: { readonly row: Row }) => dims.filter((d) => coefficient(row, d) !== 0).length;
    if (normal.inequalities.some((row) => touched({ row }) > 1)) return undefined;
    const sides = dims.map((d) => this.#side(normal, d));
    return sides.includes(undefined) ? undefined : this.#context.dims.product(sides as Dim[]);
  }

  #side(basic: Basic, dim: number): Dim | undefined {
    const { lower, upper } = boundsOf(basic, dim);
    if ([...lower, ...upper].some(({ divisor }) => divisor !== 1) || lower.length === 0) return undefined;
    const { dims } = this.#context;
    const [low, high] = [lower, upper].map((bounds) => bounds.map(({ row }) => this.#dimOf(row)));
    if ([...low!, ...high!].includes(undefined) || high!.length === 0) return undefined;
    const least = (high as Dim[]).reduce((a, b) => dims.min(a, b));
    const most = (low as Dim[]).reduce((a, b) => dims.max(a, b));
    return dims.max(0, dims.add(dims.sub(least, most), 1));
  }

  #dimOf(row: Row): Dim | undefined {
    const { dims } = this.#context;
    const terms = this.#sizes.map((size, p) => {
      const c = coefficient(row, p);
      return c === 0 ? 0 : size === undefined ? undefined : dims.mul(size, c);
    });
    return this.#sum([row[0]!, ...terms]);
  }

  #sum(all: readonly (Dim | undefined)[]): Dim | undefined {
    return all.reduce<Dim | undefined>(
      (a, b) => (a === undefined || b === undefined ? undefined : this.#context.dims.add(a, b)),
      0,
    );
  }
}

function attempt<T>(count: () => T): T | undefined {
  try {
    return count();
  } catch (error) {
    if (error instanceof SetsTooLarge) return undefined;
    throw error;
  }
}

/** The size that a value is: an axis of an array, or a number. */
function sizeOf(value: Value): Dim | undefined {
  const op = value.definingOp;
  if (op?.name === "memref.dim") {
    const axis = constantScalarOf(op.operand(1));
    return axis === undefined ? undefined : (op.operand(0).type as MemRefType).shape[Number(axis)];
  }
  const number = constantScalarOf(value);
  return number === undefined ? undefined : Number(number);
}

/** Operations by how many loops of the statement are around them. */
function depthsOf(body: readonly Operation[], { induction }: Statement): (readonly [number, number])[] {
  const counts = new Map<number, number>();
  for (const op of body) {
    const depth = induction.filter((x) => x.owner instanceof Block && x.owner.parent?.contains(op)).length;
    counts.set(depth, (counts.get(depth) ?? 0) + operationsWithin(op));
  }
  return [...counts];
}

/** Of a choice between two computations the longer one. */
function operationsWithin(op: Operation): number {
  const branches = op.regions.map((region) =>
    region.blocks.flatMap((block) => [...block.ops()]).reduce((sum, inner) => sum + operationsWithin(inner), 0),
  );
  return operationsIn(op) + Math.max(0, ...branches);
}

/** The values of the statement's first loops. */
function outermost({ domain, dims }: Statement, depth: number): Relation {
  if (depth === dims.length) return domain;
  return projectOut(domain, "output", depth, dims.length - depth, new Work(COUNT_WORK));
}

/** The elements that an access touches. */
function imageOf({ name, dims, domain }: Statement, { indices }: ArrayAccess): Relation {
  const { params } = domain.space;
  const own = params.length + dims.length;
  const columns = own + indices.length;
  const axes = { name: "", dims: indices.map((_, k) => `a${k}`) };
  const space = mapSpace(params, { name, dims }, axes);
  const widen = (row: Row): number[] => Array.from({ length: columns + 1 }, (_, k) => row[k] ?? 0);
  const equal = indices.map((row, k) => ({
    kind: "eq" as const,
    row: combineRows(1, widen(row), -1, rowOf(columns, 0, [own + k, 1])),
  }));
  const basics = domain.basics.map((basic) =>
    basicOf(columns, [...equal, ...constraintsOf(basic).map((c) => ({ ...c, row: widen(c.row) }))]),
  );
  return rangeOf({ space, basics }, new Work(COUNT_WORK));
}

/** The set without the parameters that are numbers, which are put in; all others stay. */
function knownSizes({ space, basics }: Relation, sizes: readonly (Dim | undefined)[]): Relation {
  if (!sizes.every((size) => typeof size === "number")) return { space, basics };
  const put = (row: Row): number[] => {
    const constant = sizes.reduce<number>((sum, size, p) => sum + (size as number) * coefficient(row, p), row[0]!);
    return [constant, ...row.slice(1 + sizes.length)];
  };
  return {
    space: setSpace([], space.output),
    basics: basics.map((basic) =>
      basicOf(
        basic.columns - sizes.length,
        constraintsOf(basic).map((c) => ({ ...c, row: put(c.row) })),
      ),
    ),
  };
}
