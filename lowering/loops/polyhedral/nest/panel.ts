/**
 * @file Copies of what a nest reads again and again along its lanes, with the lanes side by side: promotion to a panel that
 * stays in a cache.
 */

import type { Builder } from "../../../../ir/builder.js";
import * as memref from "../../../../ir/dialects/memref/storage.js";
import * as vector from "../../../../ir/dialects/vector/memory.js";
import type { Value } from "../../../../ir/graph.js";
import { elementOf } from "../../../../ir/types.js";
import { countedLoop, type Range, upTo } from "../../../structured/build-loops.js";
import { IndexArithmetic, type Position } from "../../../structured/index-arithmetic.js";
import { transposeSquare } from "../../../vectorize/lanes.js";
import { copyLine } from "../../contract/copy-line.js";
import type { Place } from "../../contract/point.js";
import type { LaneMotion } from "./lane-access.js";

/** Positions of a dim that a panel has. */
export interface PanelAxis {
  /** Of the nest's points. */
  readonly column: number;
  readonly from: Position;
  readonly to: Position;
}

export interface Panel {
  /** Of shape [steps, lanes]. */
  readonly array: Value;
  readonly axes: readonly PanelAxis[];
}

export interface PanelCopy {
  readonly array: Value;
  /** Indices into the array. */
  readonly source: (at: IndexArithmetic, step: Position, column: Position) => readonly Position[];
  readonly lanes: number;
  readonly alongSteps: LaneMotion;
  readonly alongLanes: LaneMotion;
}

/** `shape`: the most positions that the axes have. */
export function buildPanel(
  b: Builder,
  copy: PanelCopy,
  axes: readonly [PanelAxis, PanelAxis],
  shape: readonly [number, number],
): Panel {
  const { lanes } = copy;
  const width = Math.ceil(shape[1] / lanes) * lanes;
  const type = b.context.types.memref([shape[0], width], elementOf(copy.array.type));
  const array = b.value(memref.alloc, { dynamicSizes: [], symbolOperands: [] }, { alignment: 64 }, { results: [type] });
  const at = new IndexArithmetic(b);
  const [steps, columns] = axes.map(({ from, to }) => at.value(at.max(at.sub(to, from), 0))) as [Value, Value];
  const from = (here: Builder, step: Position, column: Position): Place => {
    const index = new IndexArithmetic(here);
    const place = copy.source(index, index.add(axes[0].from, step), index.add(axes[1].from, column));
    return { base: copy.array, indices: place.map((x) => index.value(x)) };
  };
  if (copy.alongLanes === "contiguous") {
    countedLoop(b, upTo(b, steps), (here, step) =>
      copyLine(here, {
        from: (inner, column) => from(inner, step, column),
        to: (_, column) => ({ base: array, indices: [step, column] }),
        count: columns,
        lanes,
      }),
    );
  } else turned(b, { copy, array, steps, columns, from });
  return { array, axes };
}

interface Turning {
  readonly copy: PanelCopy;
  readonly array: Value;
  readonly steps: Value;
  readonly columns: Value;
  readonly from: (b: Builder, step: Position, column: Position) => Place;
}

/** Square blocks are read along the steps, where those are neighbours, and turned in registers; the rest goes one by one. */
function turned(b: Builder, { copy, array, steps, columns, from }: Turning): void {
  const at = new IndexArithmetic(b);
  const { lanes } = copy;
  const unit = copy.alongSteps === "contiguous" ? lanes : undefined;
  const wholeOf = (x: Value): Value => (unit ? at.value(at.sub(x, at.mod(x, unit))) : at.value(0));
  const whole = { steps: wholeOf(steps), columns: wholeOf(columns) };
  const element = elementOf(copy.array.type);
  const square = (here: Builder, column: Value, step: Value): void => {
    const index = new IndexArithmetic(here);
    const rows = Array.from({ length: lanes }, (_, i) => {
      const type = here.context.types.vector([lanes], element);
      return here.value(vector.load, from(here, step, index.add(column, i)), {}, { results: [type] });
    });
    transposeSquare(here, rows).forEach((row, i) => {
      const indices = [index.value(index.add(step, i)), column];
      here.op(vector.store, { valueToStore: row, base: array, indices }, {});
    });
  };
  const single = (here: Builder, column: Value, step: Value): void => {
    const { base, indices } = from(here, step, column);
    const value = here.value(memref.load, { memref: base, indices }, {});
    here.op(memref.store, { value, memref: array, indices: [step, column] }, {});
  };
  const over = (across: Range, down: Range, fill: typeof single): void =>
    countedLoop(b, across, (outer, column) => countedLoop(outer, down, (here, step) => fill(here, column, step)));
  if (unit) over(upTo(b, whole.columns, unit), upTo(b, whole.steps, unit), square);
  over(upTo(b, whole.columns), { from: whole.steps, to: steps, step: 1 }, single);
  over({ from: whole.columns, to: columns, step: 1 }, upTo(b, steps), single);
}
