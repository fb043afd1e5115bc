/** @file Storage that a task of a contraction has for itself: panels of packed rows and columns, and sums on their way out. */

import type { Builder } from "../../../ir/builder.js";
import * as memref from "../../../ir/dialects/memref/storage.js";
import { type ElementType, elementFacts } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { elementOf } from "../../../ir/types.js";
import { extentOf } from "../../structured/access.js";
import type { Blocking } from "./blocking.js";
import { columnsOf } from "./micro-kernel.js";
import { accessesIn, type Contraction } from "./roles.js";

export class PanelStorage {
  readonly #c: Contraction;
  readonly #blocking: Blocking;
  /** The row dimensions that are tiled as one. */
  readonly #rows: readonly number[];

  constructor(c: Contraction, blocking: Blocking, rows: readonly number[]) {
    this.#c = c;
    this.#blocking = blocking;
    this.#rows = rows;
  }

  /** Rows by summed positions: no more rows than a task has. */
  rowPanel(b: Builder): Value {
    const { rows, kernel, tasks, arithmetic } = this.#blocking;
    const all = this.#product(this.#rows);
    const own =
      all === undefined ? rows : Math.max(1, Math.ceil(Math.ceil(all / kernel.rows) / tasks.rows)) * kernel.rows;
    const length = padded(this.#depth(), elementFacts[arithmetic.panel].storageBytes);
    return scratch(b, [Math.min(rows, own), length], arithmetic.panel);
  }

  /** Summed positions by columns. */
  columnPanel(b: Builder): Value {
    return scratch(b, [this.#depth(), this.#blocking.columns], this.#blocking.arithmetic.panel);
  }

  /** The sums of a tile's rows in a block of columns. */
  sumsOfRows(b: Builder): Value {
    const { kernel, columns } = this.#blocking;
    const size = this.#product([this.#c.column]);
    const step = columnsOf(kernel);
    const most = size === undefined ? columns : Math.ceil(size / step) * step;
    return scratch(b, [kernel.rows, Math.min(columns, most)], elementOf(this.#c.output.value.type));
  }

  /** Summed positions of a panel, at most. */
  #depth(): number {
    const { depth, lines } = this.#blocking;
    const others = this.#c.summed.slice(0, -1);
    if (others.length === 0) return depth;
    const most = Math.min(lines ?? Number.POSITIVE_INFINITY, this.#product(others) ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(most)) throw new Error("a panel of open size cannot be packed");
    return depth * most;
  }

  /** Of the extents; `undefined` where one is open. */
  #product(dims: readonly number[]): number | undefined {
    const sizes = dims.map((d) => extentOf(accessesIn(this.#c), d));
    return sizes.every((d) => typeof d === "number") ? sizes.reduce((x, y) => x * y, 1) : undefined;
  }
}

/** An odd number of lines, so that rows fall on all lines of the first cache in turn. */
function padded(length: number, bytes: number): number {
  const line = 64 / bytes;
  const lines = Math.ceil(length / line);
  return (lines % 2 === 0 ? lines + 1 : lines) * line;
}

function scratch(b: Builder, shape: readonly number[], element: ElementType): Value {
  const type = b.context.types.memref(shape, element);
  return b.value(memref.alloc, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results: [type] });
}
