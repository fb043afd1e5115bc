/**
 * @file Pass `tile-contractions`: matrix products, batched products and convolutions as one recipe: a micro-kernel whose
 * sums stay in registers, over panels of the summed dimensions that are packed where reading them in place would be slower.
 * `contract/blocking.ts` decides from extents and the processor's description, `contract/tiler.ts` builds the loops.
 */

import { stringAttr } from "../../ir/attrs.js";
import { Builder } from "../../ir/builder.js";
import type { Context } from "../../ir/context.js";
import { functionsOf } from "../../ir/dialects/func.js";
import { generic } from "../../ir/dialects/linalg/structured.js";
import { elementFacts } from "../../ir/element.js";
import type { Operation } from "../../ir/graph.js";
import { SUMMARY } from "../../ir/names.js";
import type { Pass } from "../../ir/pass.js";
import { elementOf } from "../../ir/types.js";
import type { CpuDescription } from "../../machine/cpu.js";
import { remark } from "../remarks.js";
import { extentOf } from "../structured/access.js";
import { mergeAccess, mergeDimensions } from "../structured/merge-dimensions.js";
import { type Blocking, blockingOf, isOnePanel } from "./contract/blocking.js";
import { tileEpilogue } from "./contract/epilogue.js";
import { columnsOf } from "./contract/micro-kernel.js";
import { WeightPacking } from "./contract/pack-weights.js";
import { accessesIn, type Contraction, contractionOf } from "./contract/roles.js";
import { ContractionTiler } from "./contract/tiler.js";
import { eraseStorage, type Surroundings, surroundingsOf } from "./surroundings.js";

export function tileContractions(cpu: CpuDescription): Pass {
  return {
    name: "tile-contractions",
    summary: "Tiles, packs and register-blocks matrix products and convolutions.",
    run(module, context) {
      const weights = new WeightPacking(module, context);
      const found: Found[] = [];
      for (const func of functionsOf(module)) {
        for (const op of [...func.walk()])
          if (generic.matches(op) && op.results.length === 0) found.push(...findIn(op, func, context));
      }
      for (const { func, op, c } of found) if (isWorthPacking(c, cpu)) weights.propose(func, op, c, cpu);
      weights.decide();
      for (const x of found) tile(x, { cpu, weights }, context);
      weights.finish();
    },
  };
}

interface Means {
  readonly cpu: CpuDescription;
  readonly weights: WeightPacking;
}

/** A contraction over merged dimensions, and what stands around it. */
interface Found extends Surroundings {
  readonly func: Operation;
  readonly op: Operation;
  readonly c: Contraction;
  /** The dimensions that each merged one stands for, which the epilogue has. */
  readonly runs: readonly (readonly number[])[];
}

/** The contraction that `op` is, in its place with dimensions merged; none, where it is something else. */
function findIn(op: Operation, func: Operation, context: Context): readonly Found[] {
  if (!contractionOf(op)) return [];
  const { fill, epilogue } = surroundingsOf(op);
  const others = epilogue ? [...epilogue.inputs, epilogue.output].map((x) => x.map) : [];
  const { op: merged, runs } = mergeDimensions(op, others, context);
  const c = contractionOf(merged);
  return c ? [{ func, op: merged, c, runs, fill, epilogue }] : [];
}

function tile(found: Found, { cpu, weights }: Means, context: Context): void {
  const { func, op, c, runs, fill, epilogue } = found;
  const packed = weights.argumentFor(func, c);
  if (!packed && !isWorthTiling(c, cpu)) return;
  const b = Builder.before(context, op);
  const blocking = blockingOf(c, cpu, { isPacked: packed !== undefined, isAlone: op.parent === func });
  const keepsSums = epilogue !== undefined && elementOf(epilogue.output.value.type) !== elementOf(c.output.value.type);
  const isPossible = epilogue !== undefined && (!keepsSums || isOnePanel(c, blocking));
  const tiled = isPossible ? tileEpilogue(b, epilogue, c, runs, cpu) : undefined;
  const output = tiled && !keepsSums && mergeAccess(b, epilogue!.output, runs).value;
  const whole = output ? { ...c, output: { value: output, map: c.output.map } } : c;
  const around = {
    initial: fill?.value,
    epilogue: tiled,
    weights: packed,
    keepsSums: tiled !== undefined && keepsSums,
  };
  new ContractionTiler(whole, blocking, around, b).build(b);
  fill?.op.erase();
  if (tiled) epilogue!.op.erase();
  describe(func, blocking, elementOf(op.operand(0).type), packed !== undefined);
  const intermediate = c.output.value;
  op.erase();
  if (tiled) eraseStorage(intermediate);
}

function describe(func: Operation, blocking: Blocking, element: string, hasWeights: boolean): void {
  const { kernel, packsRows, depth, rows, columns, tasks } = blocking;
  const columnSide = hasWeights ? "packed weights" : "packed columns";
  const rowSide = packsRows ? ", packed rows" : "";
  func.setExtra(
    SUMMARY,
    stringAttr(`contraction ${kernel.rows}x${columnsOf(kernel)} ${element}, ${columnSide}${rowSide}`),
  );
  remark(func, {
    pass: "tile-contractions",
    what: `sums of ${kernel.rows} rows by ${kernel.vectors} vectors stay in registers`,
    why: "of the micro-kernels that the registers hold, it takes the fewest cycles on these extents",
    numbers: { rows: kernel.rows, columns: columnsOf(kernel), depth, taskRows: tasks.rows, taskColumns: tasks.columns },
  });
  remark(func, {
    pass: "tile-contractions",
    what: packsRows ? `rows are packed, ${rows} at a time` : "rows are read where they lie",
    why: packsRows
      ? "read in place they would fall on the same lines of the first cache, or tiles would cover less"
      : "copying them would cost more than it saves",
    numbers: { columnsAtOnce: columns },
  });
}

/** Few rows leave packing at run time unpaid, however many columns there are. Symbolic sizes are taken to be large. */
function isWorthTiling(c: Contraction, cpu: CpuDescription): boolean {
  const rows = c.rows.map((d) => sizeOf(c, d)).reduce((x, y) => x * y, 1);
  return rows >= 4 && isWorthPacking(c, cpu);
}

/** Fewer columns leave most lanes idle. */
function isWorthPacking(c: Contraction, cpu: CpuDescription): boolean {
  const lanes = cpu.vectorBits / elementFacts[elementOf(c.output.value.type)].bits;
  return 2 * sizeOf(c, c.column) >= lanes;
}

function sizeOf(c: Contraction, dim: number): number {
  const size = extentOf(accessesIn(c), dim);
  return typeof size === "number" ? size : Number.POSITIVE_INFINITY;
}
