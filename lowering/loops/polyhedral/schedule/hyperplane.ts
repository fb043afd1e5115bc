/**
 * @file One more member of a band: a row for each statement, of small coefficients, that no dependence runs against, with
 * the least distance between dependent points (Bondhugula, Hartono, Ramanujam and Sadayappan, PLDI 2008).
 * Instead of multipliers of Farkas the program has the corners of the dependences; the exact sets judge every proposal.
 */

import { type Basic, basicOf, constraintsOf } from "../../../../ir/analysis/sets/basic.js";
import { sampleBasic } from "../../../../ir/analysis/sets/feasibility.js";
import { offsetRow, type Row, SetsTooLarge, scaleRow, Work } from "../../../../ir/analysis/sets/linear.js";
import type { Dependence } from "../dependences.js";
import { distanceRow } from "../legality.js";
import type { Statement } from "../scop.js";
import { nullSpace } from "./independence.js";
import { type Cut, minimise } from "./integer-program.js";

/** What relates points of two statements. */
export type Pairs = Pick<Dependence, "source" | "target" | "relation">;

/** A dependence and its corners, without the values of the parameters: points of the source, then of the target. */
export interface Corners {
  readonly dependence: Pairs;
  readonly points: readonly (readonly number[])[];
  /** `order`: must be kept. `free`: may change, as within a reduction. `reuse`: both only read, best close together. */
  readonly role: "order" | "free" | "reuse";
}

export interface HyperplaneQuestion {
  readonly parameters: number;
  readonly statements: readonly Statement[];
  readonly deps: readonly Corners[];
  /** Rows that each statement has already. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  readonly negative: boolean;
}

const MOST_COEFFICIENT = 3;
const MOST_SHIFT = 4;
const MOST_DISTANCE = 24;
const MOST_CORRECTIONS = 12;
const CHECK_WORK = 400_000;
/** Costs of a size of the nest between uses of what is only read, and between dependent points, of one step, and so on. */
const COST = { reuse: 1.5e4, sizes: 1e4, steps: 100, coefficient: 1, shift: 0.1, depth: 0.01 };

/** The rows by statement; undefined where no small ones exist or none was found in time. */
export function findHyperplane(question: HyperplaneQuestion): ReadonlyMap<string, Row> | undefined {
  const layout = layoutOf(question);
  const program = programOf(question, layout);
  const extra: Cut[] = [];
  for (let i = 0; i < MOST_CORRECTIONS; i++) {
    const x = minimise({ ...program, cuts: [...program.cuts, ...extra] });
    if (x === undefined) return undefined;
    const rows = rowsOf(question, layout, x);
    const wrong = question.deps
      .filter((d) => d.role === "order")
      .flatMap((d) => counterexample(d.dependence, rows) ?? []);
    if (wrong.length === 0) return rows;
    if (wrong.some((w) => w.point === undefined)) return undefined;
    for (const { dependence, point } of wrong)
      extra.push(forward(layout, dependence, point!.slice(question.parameters)));
  }
  return undefined;
}

interface Layout {
  /** First variable of each statement: coefficients, their opposites where allowed, then the shift. */
  readonly first: ReadonlyMap<string, number>;
  readonly negative: boolean;
  readonly sizes: number;
  readonly steps: number;
  readonly reuse: number;
  readonly count: number;
}

function layoutOf({ statements, negative }: HyperplaneQuestion): Layout {
  const first = new Map<string, number>();
  let next = 0;
  for (const s of statements) {
    first.set(s.name, next);
    next += s.dims.length * (negative ? 2 : 1) + 1;
  }
  return { first, negative, sizes: next, reuse: next + 1, steps: next + 2, count: next + 3 };
}

/** Adds `factor` times the value of the statement's row at a point. */
function addValue(to: number[], layout: Layout, s: Statement, point: readonly number[], factor: number): void {
  const first = layout.first.get(s.name)!;
  point.forEach((x, i) => {
    to[first + i] = to[first + i]! + factor * x;
    if (layout.negative) to[first + point.length + i] = to[first + point.length + i]! - factor * x;
  });
  const shift = first + point.length * (layout.negative ? 2 : 1);
  to[shift] = to[shift]! + factor;
}

/** The distance of the pair is at least 0. */
function forward(layout: Layout, { source, target }: Pairs, pair: readonly number[]): Cut {
  const coefficients = new Array<number>(layout.count).fill(0);
  addValue(coefficients, layout, target, pair.slice(source.dims.length), 1);
  addValue(coefficients, layout, source, pair.slice(0, source.dims.length), -1);
  return { coefficients, bound: 0 };
}

/** The distance is at most what is paid for. */
function near(cut: Cut, layout: Layout, size: number, paid: number): Cut {
  const coefficients = cut.coefficients.map((c) => -c + 0);
  coefficients[paid] = size;
  coefficients[layout.steps] = 1;
  return { coefficients, bound: 0 };
}

function programOf(question: HyperplaneQuestion, layout: Layout) {
  const { statements, deps } = question;
  const points = deps.flatMap((d) => d.points);
  const size = Math.max(8, ...points.map((p) => Math.max(...p.map(Math.abs), 0)));
  const all = deps.flatMap((d) =>
    d.points.flatMap((pair) => {
      const cut = forward(layout, d.dependence, pair);
      const opposite = { coefficients: cut.coefficients.map((c) => -c), bound: 0 };
      const paid = d.role === "reuse" ? layout.reuse : layout.sizes;
      return [d.role === "order" ? cut : near(opposite, layout, size, paid), near(cut, layout, size, paid)];
    }),
  );
  const pool = withoutDoubles(all);
  const separate = (x: readonly number[]) => {
    const missed = pool.map((cut) => ({ cut, by: slackOf(cut, x) })).filter(({ by }) => by < -1e-6);
    return missed
      .sort((a, b) => a.by - b.by)
      .slice(0, 8)
      .map(({ cut }) => cut);
  };
  const integers = Array.from({ length: layout.steps }, (_, i) => i);
  const branch = question.negative ? (x: readonly number[]) => sides(question, layout, x) : undefined;
  return {
    costs: costsOf(statements, layout),
    integers,
    cuts: [...limits(statements, layout), ...(question.negative ? [] : independent(question, layout))],
    separate,
    ...(branch ? { branch } : {}),
  };
}

/** By how much a point is on the right side of a cut. */
function slackOf({ coefficients, bound }: Cut, x: readonly number[]): number {
  let slack = -bound;
  for (let i = 0; i < coefficients.length; i++) slack += coefficients[i]! * x[i]!;
  return slack;
}

function withoutDoubles(cuts: readonly Cut[]): Cut[] {
  return [...new Map(cuts.map((cut) => [cut.coefficients.map((c) => Math.round(c * 1e3)).join(), cut])).values()];
}

function costsOf(statements: readonly Statement[], layout: Layout): number[] {
  const costs = new Array<number>(layout.count).fill(COST.shift);
  for (const s of statements) {
    const first = layout.first.get(s.name)!;
    const n = s.dims.length;
    for (let i = 0; i < n * (layout.negative ? 2 : 1); i++) {
      costs[first + i] = COST.coefficient + COST.depth * (i % n) + (i >= n ? COST.shift : 0);
    }
  }
  costs[layout.reuse] = COST.reuse;
  costs[layout.sizes] = COST.sizes;
  costs[layout.steps] = COST.steps;
  return costs;
}

function limits(statements: readonly Statement[], layout: Layout): Cut[] {
  const most = new Array<number>(layout.count).fill(MOST_COEFFICIENT);
  for (const s of statements) {
    most[layout.first.get(s.name)! + s.dims.length * (layout.negative ? 2 : 1)] = MOST_SHIFT;
  }
  most[layout.sizes] = Number.POSITIVE_INFINITY;
  most[layout.reuse] = Number.POSITIVE_INFINITY;
  most[layout.steps] = MOST_DISTANCE;
  return most.flatMap((limit, variable) =>
    limit === Number.POSITIVE_INFINITY ? [] : [{ coefficients: unit(layout, variable, -1), bound: -limit }],
  );
}

const unit = (layout: Layout, variable: number, value: number): number[] =>
  Array.from({ length: layout.count }, (_, i) => (i === variable ? value : 0));

/** What must not all be 0 for the new row of a statement to be independent of those it has; none where it has all. */
function freeDirections({ rows, parameters }: HyperplaneQuestion, s: Statement): number[][] {
  return nullSpace(
    (rows.get(s.name) ?? []).map((row) => row.slice(parameters + 1)),
    s.dims.length,
  );
}

function directionCut(layout: Layout, s: Statement, direction: readonly number[], bound: number): Cut {
  const coefficients = new Array<number>(layout.count).fill(0);
  addValue(coefficients, layout, s, direction, 1);
  coefficients[layout.first.get(s.name)! + s.dims.length * (layout.negative ? 2 : 1)] = 0;
  return { coefficients, bound };
}

/** New directions, of the half of them with positive coefficients. */
function independent(question: HyperplaneQuestion, layout: Layout): Cut[] {
  return question.statements.flatMap((s) => {
    const directions = freeDirections(question, s);
    if (directions.length === 0) return [];
    const sum = s.dims.map((_, i) => directions.reduce((total, d) => total + d[i]!, 0));
    return [directionCut(layout, s, sum, 1), ...directions.map((d) => directionCut(layout, s, d, 0))];
  });
}

/** Where the row of a statement is not independent: each way to make it so. */
function sides(question: HyperplaneQuestion, layout: Layout, x: readonly number[]): Cut[][] | undefined {
  for (const s of question.statements) {
    const cuts = freeDirections(question, s).map((d) => directionCut(layout, s, d, 1));
    if (cuts.length === 0) continue;
    const value = (cut: Cut) => cut.coefficients.reduce((sum, c, i) => sum + c * x[i]!, 0);
    if (cuts.some((cut) => Math.abs(value(cut)) > 0.5)) continue;
    return cuts.flatMap((cut) => [[cut], [{ coefficients: cut.coefficients.map((c) => -c), bound: 1 }]]);
  }
  return undefined;
}

function rowsOf({ statements, parameters }: HyperplaneQuestion, layout: Layout, x: readonly number[]) {
  return new Map<string, Row>(
    statements.map((s) => {
      const [first, n] = [layout.first.get(s.name)!, s.dims.length];
      const at = (i: number) => Math.round(x[first + i]!);
      const dims = s.dims.map((_, i) => at(i) - (layout.negative ? at(n + i) : 0));
      const shift = at(n * (layout.negative ? 2 : 1));
      return [s.name, [shift, ...new Array<number>(parameters).fill(0), ...dims]];
    }),
  );
}

/** A pair that the rows turn around; without a point where that is not known. */
function counterexample(dependence: Pairs, rows: ReadonlyMap<string, Row>) {
  const backward = offsetRow(scaleRow(-1, distanceRow(rows, dependence)), -1);
  for (const basic of dependence.relation.basics) {
    const wrong: Basic = basicOf(basic.columns, [...constraintsOf(basic), { kind: "ge", row: backward }]);
    try {
      const point = sampleBasic(wrong, new Work(CHECK_WORK));
      if (point !== undefined) return { dependence, point };
    } catch (error) {
      if (!(error instanceof SetsTooLarge)) throw error;
      return { dependence, point: undefined };
    }
  }
  return undefined;
}
