/**
 * @file Scops from a few lines of text, for tests of what works on them. Two spaces indent what is inside of a loop:
 *
 *     for i = 0 .. n            n not included
 *       for -j = i + 1 .. n     downwards
 *         if i - j >= 1
 *           C[i, j] += A[i, k] * B[k, j]
 *
 * `+=` and `*=` are reductions. Names that no loop binds are parameters where `params` lists them.
 */

import { basicOf, type Constraint } from "../../ir/analysis/sets/basic.js";
import { combineRows, offsetRow, type Row, rowOf, scaleRow } from "../../ir/analysis/sets/linear.js";
import { setSpace } from "../../ir/analysis/sets/space.js";
import { Context } from "../../ir/context.js";
import { defineOp } from "../../ir/define.js";
import { Block, Operation, type Value } from "../../ir/graph.js";
import { unknownLocation } from "../../ir/location.js";

import { leaf, type ScheduleNode } from "../../lowering/loops/polyhedral/schedule-tree.js";
import type { ArrayAccess, Scop, Statement } from "../../lowering/loops/polyhedral/scop.js";

const access = defineOp("test.access", {
  summary: "Stands for a load or a store.",
  operands: {},
  attrs: {},
  results: {},
  traits: [],
});
const REFERENCE = /([A-Za-z]\w*)\[([^\]]*)\]/g;

interface Loop {
  readonly name: string;
  readonly down: boolean;
}

interface Frame {
  readonly indent: number;
  readonly loops: readonly Loop[];
  /** Over names, as constraints of the dims known so far: constant, then parameters, then dims. */
  readonly constraints: readonly Constraint[];
}

interface Item {
  readonly depth: number;
  readonly loop?: Loop;
  readonly statement?: string;
}

/** Two statements of one array name share its elements; `arrays` says which value each name became. */
export interface TextScop extends Scop {
  readonly arrays: ReadonlyMap<string, Value>;
}

export function scopOfText(text: string, params: readonly string[] = []): TextScop {
  const arrays = new Map<string, Value>();
  const block = new Block();
  const type = new Context([]).types.scalar("f64");
  const arrayOf = (name: string): Value => {
    const known = arrays.get(name) ?? block.addArg(type);
    arrays.set(name, known);
    return known;
  };
  const statements: Statement[] = [];
  const items: Item[] = [];
  let frames: Frame[] = [{ indent: -1, loops: [], constraints: [] }];
  for (const line of text.split("\n").filter((l) => l.trim() !== "")) {
    const indent = line.length - line.trimStart().length;
    frames = frames.filter((frame) => frame.indent < indent);
    const outer = frames.at(-1)!;
    const names = [...params, ...outer.loops.map((loop) => loop.name)];
    const head = line.trim().match(/^for (-?)(\w+) = (.*) \.\. (.*)$/);
    const guard = line.trim().match(/^if (.*) >= 0$/);
    if (head) {
      const loop = { name: head[2]!, down: head[1] === "-" };
      const inner = [...names, loop.name];
      const self = rowOf(inner.length, 0, [inner.length - 1, 1]);
      const low = combineRows(1, self, -1, affine(head[3]!, inner));
      const high = offsetRow(combineRows(1, affine(head[4]!, inner), -1, self), -1);
      const bounds: Constraint[] = [low, high].map((row) => ({ kind: "ge", row }));
      frames.push({ indent, loops: [...outer.loops, loop], constraints: [...outer.constraints, ...bounds] });
      items.push({ depth: outer.loops.length, loop });
    } else if (guard) {
      const row = affine(guard[1]!, names);
      frames.push({ ...outer, indent, constraints: [...outer.constraints, { kind: "ge", row }] });
    } else {
      const name = `S${statements.length}`;
      statements.push(statementOf(name, line.trim(), params, outer, arrayOf));
      items.push({ depth: outer.loops.length, statement: name });
    }
  }
  const parameters = params.map((name) => ({ name, value: block.addArg(type) }));
  const byName = new Map(statements.map((s) => [s.name, s]));
  return { parameters, statements, schedule: treeOf(items, params.length, 0, byName), arrays };
}

/** A sum of numbers and multiples of names, as a row over the names. */
export function affine(text: string, names: readonly string[]): number[] {
  const row = new Array<number>(names.length + 1).fill(0);
  for (const [, sign, factor, name] of text.replaceAll(" ", "").matchAll(/([+-]?)(\d*)\*?([A-Za-z]\w*)?/g)) {
    if (factor === "" && name === undefined) continue;
    const at = name === undefined ? 0 : names.indexOf(name) + 1;
    if (name !== undefined && at === 0) throw new Error(`${name} is not in scope`);
    row[at] = row[at]! + (sign === "-" ? -1 : 1) * (factor === "" ? 1 : Number(factor));
  }
  return row;
}

function statementOf(
  name: string,
  line: string,
  params: readonly string[],
  { loops, constraints }: Frame,
  arrayOf: (name: string) => Value,
): Statement {
  const dims = loops.map((loop) => loop.name);
  const columns = params.length + dims.length;
  const [, left, operator, right] = line.match(/^(\w+\[[^\]]*\]) ([+*]?)= (.*)$/)!;
  const touch = (kind: "read" | "write", array: string, indices: string): ArrayAccess => ({
    kind,
    op: new Operation({ def: access, operands: [], attrs: {}, resultTypes: [], at: unknownLocation }),
    array: arrayOf(array),
    indices: indices.trim() === "" ? [] : indices.split(",").map((index) => affine(index, [...params, ...dims])),
  });
  const written = [...left!.matchAll(REFERENCE)][0]!;
  const reads = [...right!.matchAll(REFERENCE)].map((m) => touch("read", m[1]!, m[2]!));
  const accumulator = operator === "" ? undefined : touch("read", written[1]!, written[2]!);
  const padded = constraints.map((c) => ({ ...c, row: pad(c.row, columns) }));
  return {
    name,
    dims,
    domain: { space: setSpace(params, { name, dims }), basics: [basicOf(columns, padded)] },
    accesses: [...(accumulator ? [accumulator] : []), ...reads, touch("write", written[1]!, written[2]!)],
    body: [],
    induction: [],
    ...(accumulator ? { reduction: { kind: operator === "+" ? "add" : "multiply", accumulator } } : {}),
  };
}

const pad = (row: Row, columns: number): number[] => Array.from({ length: columns + 1 }, (_, i) => row[i] ?? 0);

/** The order of the text: a band of one member for each loop, a sequence where a loop holds more than one thing. */
function treeOf(
  items: readonly Item[],
  params: number,
  depth: number,
  statements: ReadonlyMap<string, Statement>,
): ScheduleNode {
  const starts = items.flatMap((item, i) => (item.depth === depth ? [i] : []));
  const groups = starts.map((start, i) => items.slice(start, starts[i + 1]));
  const nodes = groups.map((group): ScheduleNode => {
    const { loop } = group[0]!;
    if (loop === undefined) return leaf;
    const inside = group.slice(1);
    const rows = new Map(
      namesIn(inside).map((name) => {
        const columns = params + statements.get(name)!.dims.length;
        return [name, scaleRow(loop.down ? -1 : 1, rowOf(columns, 0, [params + depth, 1]))] as const;
      }),
    );
    const child = treeOf(inside, params, depth + 1, statements);
    return { kind: "band", members: [{ rows, tile: 1, coincident: false }], permutable: false, child };
  });
  if (nodes.length === 1) return nodes[0]!;
  return {
    kind: "sequence",
    children: nodes.map((child, i) => ({ kind: "filter", statements: namesIn(groups[i]!), child })),
  };
}

const namesIn = (items: readonly Item[]): string[] => items.flatMap(({ statement }) => statement ?? []);
