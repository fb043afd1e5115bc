/**
 * @file Blocks of steps that update a matrix in place from its own rows and columns (see step-panels.ts): instead of once
 * a step, the matrix goes through the caches once a block, and its elements stay in registers for all steps of one.
 */

import { Builder } from "../../../ir/builder.js";
import type { Context } from "../../../ir/context.js";
import { constantIndex } from "../../../ir/dialects/arith/constant.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import type { CpuDescription } from "../../../machine/cpu.js";
import { rangeOfDim } from "./dim-ranges.js";
import type { Expanded } from "./expansions.js";
import type { Band, Filter, ScheduleNode } from "./schedule-tree.js";
import { type ArrayAccess, type Scop, type Statement, writeOf } from "./scop.js";
import { SIDES, StepParts, type Steps, stepsOf } from "./step-panels.js";
import { tileExtent } from "./tile-band.js";

/** How many blocks pay for what is done apart from the rest. */
const LEAST_BLOCKS = 4;
const ENDS = ["before", "behind"] as const;

/** The scop in blocks of steps, with its order; `undefined` where it is none, or too small. */
export function blockedSteps(func: Operation, scop: Scop, cpu: CpuDescription, context: Context): Expanded | undefined {
  const steps = stepsOf(scop);
  if (!steps) return undefined;
  const ranges = steps.statement.dims.map((_, dim) => rangeOfDim(steps.statement, dim));
  const extent = tileExtent(cpu);
  if (ranges.some((r) => !r || r.low < 0 || r.high - r.low + 1 < LEAST_BLOCKS * extent)) return undefined;
  const [rows, columns] = [ranges[1]!.high + 1, ranges[2]!.high + 1];
  const maker = new Maker(func, context, steps);
  const copies = {
    rows: { before: maker.storage([extent, columns]), behind: maker.storage([extent, columns]) },
    columns: { before: maker.storage([rows, extent]), behind: maker.storage([rows, extent]) },
  };
  const parts = new StepParts(steps, extent, copies, maker.number());
  const tree = treeOf(parts, maker);
  const remarks = [
    {
      what: `${steps.statement.name} runs in blocks of steps`,
      why: "a step reads one row and one column, of which copies before and after it say what the rest of the matrix reads",
      numbers: { steps: `${extent}`, copies: `${2 * extent * (rows + columns)}` },
    },
  ];
  return { scop: { ...scop, ...tree }, made: maker.made, finish: () => {}, remarks };
}

class Maker {
  readonly made: Operation[] = [];
  readonly #front: Builder;
  readonly #context: Context;
  readonly #steps: Steps;

  constructor(func: Operation, context: Context, steps: Steps) {
    this.#front = Builder.before(context, func.region(0).blocks[0]!.first!);
    this.#context = context;
    this.#steps = steps;
  }

  storage(shape: readonly number[]): Value {
    const element = elementOf(writeOf(this.#steps.statement).array.type);
    const results = [this.#context.types.memref(shape, element)];
    const op = this.#front.op(memref.alloc, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results });
    this.made.push(op);
    return op.result;
  }

  number(): Value {
    const value = constantIndex(this.#front, 0);
    this.made.push(value.definingOp!);
    return value;
  }

  /** Stands for the store of what a read gives; goes with the loops that the scop was read from. */
  storeOf({ op }: ArrayAccess): Operation {
    const b = Builder.before(this.#context, op.next!);
    const zero = constantIndex(b, 0);
    const store = b.op(memref.store, { value: op.result, memref: op.operand(0), indices: [zero, zero] }, {});
    this.made.push(store, zero.definingOp!);
    return store;
  }

  get steps(): Steps {
    return this.#steps;
  }
}

/** Panels of rows, panels of columns, and the rest, block by block. */
function treeOf(parts: StepParts, maker: Maker): Pick<Scop, "statements" | "schedule"> {
  const [rowStore, columnStore] = [maker.storeOf(maker.steps.row[0]!), maker.storeOf(maker.steps.column[0]!)];
  const kept = ENDS.map((when) => parts.rowKept(`keepRow_${when}`, when, rowStore));
  const panel = SIDES.map((side) => parts.part(`rows_${side}`, "inside", side));
  const inRows = [kept[0]!, ...panel, kept[1]!];
  const rowPanel = filter(
    inRows,
    band(inRows, 1, sequence(inRows.map((s) => [s, loops(s, s.dims.length === 4 ? [2, 3] : [2])] as const))),
  );
  const columnPanels = ENDS.map((side) => {
    const [old, fresh] = ENDS.map((when) => parts.columnKept(`keepColumn_${side}_${when}`, side, when, columnStore));
    const update = parts.part(`columns_${side}`, side, "inside");
    const own = [old!, update, fresh!];
    const order = own.map((s) => [s, s === update ? loops(s, [3]) : LEAF] as const);
    return { own, node: filter(own, band(own, 2, band(own, 1, sequence(order)))) };
  });
  const rest = ENDS.flatMap((row) => ENDS.map((column) => parts.part(`rest_${row}_${column}`, row, column)));
  const children: Filter[] = [
    rowPanel,
    ...columnPanels.map(({ node }) => node),
    ...rest.map((s) => filter([s], loops(s, [2, 3, 1]))),
  ];
  const statements = [...inRows, ...columnPanels.flatMap(({ own }) => own), ...rest];
  return { statements, schedule: band(statements, 0, { kind: "sequence", children }) };
}

const LEAF: ScheduleNode = { kind: "leaf" };

/** One loop over a dim that all statements have at the same place. */
function band(statements: readonly Statement[], dim: number, child: ScheduleNode): Band {
  const rows = new Map(
    statements.map(({ name, dims }) => [name, new Array<number>(dims.length + 1).fill(0).with(dim + 1, 1)]),
  );
  return { kind: "band", members: [{ rows, tile: 1, coincident: false }], permutable: false, child };
}

function loops(statement: Statement, dims: readonly number[]): ScheduleNode {
  return dims.reduceRight<ScheduleNode>((child, dim) => band([statement], dim, child), LEAF);
}

function filter(statements: readonly Statement[], child: ScheduleNode): Filter {
  return { kind: "filter", statements: statements.map(({ name }) => name), child };
}

function sequence(order: readonly (readonly [Statement, ScheduleNode])[]): ScheduleNode {
  return { kind: "sequence", children: order.map(([statement, child]) => filter([statement], child)) };
}
