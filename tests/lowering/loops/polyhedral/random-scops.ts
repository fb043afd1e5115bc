/**
 * @file Random nests and random schedule trees of them. Statements log their instances as the interpreter runs them, so that
 * which points run, how often and in which order is seen from outside.
 */

import * as fc from "fast-check";
import type { Row } from "../../../../ir/analysis/sets/linear.js";
import { allocate } from "../../../../ir/buffer.js";
import type { Context } from "../../../../ir/context.js";
import { functionsOf } from "../../../../ir/dialects/func.js";
import type { Operation } from "../../../../ir/graph.js";
import { floorDivide } from "../../../../ir/integer.js";
import { interpret } from "../../../../ir/interpret.js";
import { parseModule } from "../../../../ir/text/module.js";
import { newContext } from "../../../../lowering/dialects.js";
import { type BandMember, leaf, type ScheduleNode } from "../../../../lowering/loops/polyhedral/schedule-tree.js";
import type { Scop } from "../../../../lowering/loops/polyhedral/scop.js";

/** One point of one statement: its name with the values of its dims. */
export interface Instance {
  readonly statement: string;
  readonly point: readonly number[];
}

export interface Program {
  readonly context: Context;
  readonly module: Operation;
  readonly func: Operation;
}

/** A function of `%n` with nests as text. */
export function programOf(nests: readonly string[]): Program {
  const context = newContext();
  const text = `func.func @f(%n: index, %out: memref<i64>) attributes {psm.loops} {\n${nests.join("\n")}\nreturn\n}`;
  const module = parseModule(text, "random.mlir", context);
  return { context, module, func: [...functionsOf(module)][0]! };
}

/** The instances in the order in which they run. */
export function logOf({ module, context }: Program, n: number): Instance[] {
  const log: Instance[] = [];
  const point: number[] = [];
  interpret(module, "f", [n, allocate("i64", [])], context, {
    onValue(value, datum) {
      const mark = value.definingOp?.extra["log"];
      if (mark?.kind !== "string") return;
      const [statement, dim, count] = mark.value.split(" ");
      point[Number(dim)] = Number(datum);
      if (Number(dim) + 1 === Number(count)) log.push({ statement: statement!, point: point.slice(0, Number(count)) });
    },
  });
  return log;
}

/** A statement that logs itself at the loops `%<prefix>0`, `%<prefix>1`, … */
function logging(statement: string, prefix: string, depth: number): string {
  const lines = [`%${prefix}v = arith.constant 0 : i64`];
  let value = `%${prefix}v`;
  for (let d = 0; d < depth; d++) {
    lines.push(`%${prefix}c${d} = arith.index_cast %${prefix}${d} {log = "${statement} ${d} ${depth}"} : index to i64`);
    lines.push(`%${prefix}s${d} = arith.addi ${value}, %${prefix}c${d} : i64`);
    value = `%${prefix}s${d}`;
  }
  return [...lines, `affine.store ${value}, %out[] : memref<i64>`].join("\n");
}

const shift = (name: string, by: number): string => (by < 0 ? `${name} - ${-by}` : `${name} + ${by}`);

/** An expression of the loops around and `n` for a bound of the loop at `depth`. */
function boundAt(depth: number, constants: fc.Arbitrary<number>): fc.Arbitrary<string> {
  const names = ["s0", ...Array.from({ length: depth }, (_, d) => `d${d}`)];
  const sum = fc.tuple(fc.constantFrom(...names), fc.integer({ min: -3, max: 3 })).map(([x, by]) => shift(x, by));
  const twice = fc.constantFrom(...names).map((x) => `${x} * 2 - 3`);
  return fc.oneof(constants.map(String), sum, sum, twice);
}

interface Loop {
  readonly lower: readonly string[];
  readonly upper: readonly string[];
  readonly step: number;
}

const loopAt = (depth: number): fc.Arbitrary<Loop> =>
  fc.record({
    lower: fc.array(boundAt(depth, fc.integer({ min: -2, max: 3 })), { minLength: 1, maxLength: 2 }),
    upper: fc.array(boundAt(depth, fc.integer({ min: 2, max: 8 })), { minLength: 1, maxLength: 2 }),
    step: fc.constantFrom(1, 1, 1, 2, 3),
  });

/** A nest around one statement, in which a condition may stand with an else. */
function nestText(name: string, loops: readonly Loop[], condition: string | undefined): string {
  const prefix = name.toLowerCase();
  const dims = (depth: number) => Array.from({ length: depth }, (_, d) => `d${d}`).join(", ");
  const values = (depth: number) => Array.from({ length: depth }, (_, d) => `%${prefix}${d}`).join(", ");
  const map = (results: readonly string[], depth: number) =>
    `affine_map<(${dims(depth)})[s0] -> (${results.join(", ")})>(${values(depth)})[%n]`;
  let text = logging(name, prefix, loops.length);
  if (condition !== undefined) {
    const set = `affine_set<(${dims(loops.length)})[s0] : (${condition})>(${values(loops.length)})[%n]`;
    text = `affine.if ${set} {\n${text}\n}`;
  }
  for (const [depth, { lower, upper, step }] of [...loops.entries()].reverse()) {
    const bounds = `max ${map(lower, depth)} to min ${map(upper, depth)} step ${step}`;
    text = `affine.for %${prefix}${depth} = ${bounds} {\n${text}\n}`;
  }
  return text;
}

const nestOf = (name: string): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: 3 }).chain((depth) =>
    fc
      .record({
        loops: fc.tuple(...Array.from({ length: depth }, (_, d) => loopAt(d))),
        condition: fc.option(
          fc.constantFrom("d0 - 2 >= 0", "s0 - d0 - 1 >= 0", "d0 mod 3 == 0", "d0 - s0 + 3 >= 0, -d0 + 4 >= 0"),
          { nil: undefined, freq: 2 },
        ),
      })
      .map(({ loops, condition }) => nestText(name, loops, condition)),
  );

/** One to three nests of one statement each. */
export const nests: fc.Arbitrary<readonly string[]> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => nestOf(`S${i}`))));

/** Numbers from which a tree is made; any will do. */
export interface Choices {
  readonly numbers: readonly number[];
}

export const choices: fc.Arbitrary<Choices> = fc.record({
  numbers: fc.array(fc.nat(10_000), { minLength: 60, maxLength: 60 }),
});

/** A tree of all statements in one band, or of tiles of it, with rows that permute, skew, shift, reverse and stretch. */
export function treeOf(scop: Scop, { numbers }: Choices): ScheduleNode {
  let at = 0;
  const choose = <T>(...options: readonly T[]): T => options[numbers[at++ % numbers.length]! % options.length]!;
  const depth = Math.max(...scop.statements.map((s) => s.dims.length));
  const members = Array.from({ length: choose(depth, depth, 1, depth + 1) }, () => new Map<string, Row>());
  for (const { name, dims } of scop.statements) {
    const order = dims.map((_, i) => i).sort(() => choose(-1, 1));
    members.forEach((rows, m) => {
      const row = new Array<number>(1 + scop.parameters.length + dims.length).fill(0);
      row[0] = choose(0, 0, 1, -2, 5);
      if (scop.parameters.length > 0) row[1] = choose(0, 0, 0, 1, -1);
      const set = (dim: number | undefined, c: number) => {
        if (dim !== undefined) row[1 + scop.parameters.length + dim] = c;
      };
      if (m > 0) set(order[m - 1], choose(0, 0, 1, -1));
      set(order[m], choose(1, 1, 1, -1, 2, -3));
      rows.set(name, row);
    });
  }
  const band = (tile: (m: number) => number, child: ScheduleNode): ScheduleNode => ({
    kind: "band",
    members: members.map((rows, m): BandMember => ({ rows, tile: tile(m), coincident: false })),
    permutable: true,
    child,
  });
  const last = sequenceOf(scop, choose);
  const points = band(() => 1, choose<ScheduleNode>(last, { kind: "mark", name: "points", child: last }));
  const sizes = members.map(() => choose(2, 3, 4, 1));
  const tiled = choose(true, false, true);
  return tiled
    ? band(
        (m) => sizes[m]!,
        choose(
          points,
          band((m) => (sizes[m] === 4 ? 2 : 1), points),
        ),
      )
    : points;
}

function sequenceOf(scop: Scop, choose: <T>(...options: readonly T[]) => T): ScheduleNode {
  return choose(true, false) ? leaf : split(scop, leaf, choose);
}

/** The last statements under a node, then the first one under the same. */
function split(scop: Scop, child: ScheduleNode, choose: <T>(...options: readonly T[]) => T): ScheduleNode {
  const names = scop.statements.map((s) => s.name);
  if (names.length < 2) return child;
  const [first, ...rest] = choose(names, names.toReversed());
  return {
    kind: "sequence",
    children: [
      { kind: "filter", statements: rest, child },
      { kind: "filter", statements: [first!], child },
    ],
  };
}

/** The numbers by which the tree orders an instance. */
export function keyOf(scop: Scop, node: ScheduleNode, { statement, point }: Instance, n: number): number[] {
  if (node.kind === "leaf") return [];
  if (node.kind === "mark" || node.kind === "filter") return keyOf(scop, node.child, { statement, point }, n);
  if (node.kind === "sequence") {
    const i = node.children.findIndex((child) => child.statements.includes(statement));
    return [i, ...keyOf(scop, node.children[i]!, { statement, point }, n)];
  }
  const columns = [...scop.parameters.map(() => n), ...point];
  const values = node.members.map(({ rows, tile }) => {
    const row = rows.get(statement)!;
    const value = columns.reduce((sum, x, i) => sum + x * row[i + 1]!, row[0]!);
    return tile * floorDivide(value, tile);
  });
  return [...values, ...keyOf(scop, node.child, { statement, point }, n)];
}

export function compareKeys(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((x, k) => x !== b[k]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}
