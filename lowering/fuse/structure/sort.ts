/**
 * @file Structured form of `sort`: per line a merge sort from the bottom up, stable, between the tensors themselves and
 * as many of working storage. Two merges make a turn, so that the sorted line ends where it began.
 */

import * as i from "../../../ir/dialects/arith/integer.js";
import * as hlo from "../../../ir/dialects/stablehlo/sort.js";
import type { Operation, Value } from "../../../ir/graph.js";
import type { TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { sizePosition } from "./data-movement.js";
import { emptyTensor } from "./generic.js";
import { countedLoop, loopNest, loopsOver, read, whileLoop, write } from "./loops.js";
import { scalarRegion } from "./scalar-region.js";
import { select } from "./scalars.js";

/** One line of the tensors: where it lies, and how long it is. */
interface Line {
  readonly op: Operation;
  readonly length: Position;
  /** The position of element `k` of the line. */
  at(k: Value): readonly Value[];
}

const sort: Structure = (op, to) => {
  const { dimension } = hlo.sort.attrsOf(op);
  const tensors = to.operands(op);
  const type = tensors[0]!.type as TensorType;
  const axis = dimension < 0 ? dimension + type.shape.length : dimension;
  const size = type.shape[axis]!;
  if (typeof size === "number" && size <= 1) return tensors;
  const length = sizePosition(to, size);
  const storage = tensors.map((x) => emptyTensor(to, x.type as TensorType));
  const results = loopNest(
    to,
    loopsOver(to, tensors[0]!, true).toSpliced(axis, 1),
    [...tensors, ...storage],
    (others, carried) => sortLine(to, { op, length, at: (k) => others.toSpliced(axis, 0, k) }, carried),
    "sort",
  );
  return results.slice(0, tensors.length);
};

function sortLine(to: Converter, line: Line, carried: readonly Value[]): readonly Value[] {
  const half = carried.length / 2;
  const one = new IndexArithmetic(to.builder).value(1);
  const [, ...sorted] = whileLoop(
    to,
    [one, ...carried],
    ([width]) => new IndexArithmetic(to.builder).compare("slt", width!, line.length),
    ([width, ...values]) => {
      const at = new IndexArithmetic(to.builder);
      const [tensors, storage] = [values.slice(0, half), values.slice(half)];
      const double = at.mul(width!, 2);
      const there = mergeRuns(to, line, { from: tensors, into: storage, width: width! });
      const back = mergeRuns(to, line, { from: there, into: tensors, width: at.value(double) });
      return [at.value(at.mul(width!, 4)), ...back, ...there];
    },
  );
  return sorted;
}

interface Merge {
  readonly from: readonly Value[];
  readonly into: readonly Value[];
  /** The length of the runs that are sorted already. */
  readonly width: Value;
}

function mergeRuns(to: Converter, line: Line, { from, into, width }: Merge): readonly Value[] {
  const step = new IndexArithmetic(to.builder).mul(width, 2);
  return countedLoop(to, { until: line.length, step }, into, (start, values) => {
    const at = new IndexArithmetic(to.builder);
    const middle = at.min(at.add(start, width), line.length);
    const end = at.min(at.add(start, step), line.length);
    const last = at.sub(line.length, 1);
    const [, , ...merged] = countedLoop(
      to,
      { from: start, until: end },
      [start, at.value(middle), ...values],
      (place, [left, right, ...partial]) => {
        const inner = new IndexArithmetic(to.builder);
        // Beyond the end of a run nothing is chosen, so any element may be read there.
        const ours = from.map((x) => read(to, x, line.at(inner.value(inner.min(left!, last)))));
        const theirs = from.map((x) => read(to, x, line.at(inner.value(inner.min(right!, last)))));
        const takesRight = comesFirst(to, line.op, { ours, theirs }, { left: left!, middle, right: right!, end });
        const next = (k: Value, stays: Value): Value => select(to.builder, stays, inner.value(inner.add(k, 1)), k);
        const takesLeft = inner.not(takesRight);
        const written = partial.map((x, k) =>
          write(to, x, line.at(place), select(to.builder, takesRight, theirs[k]!, ours[k]!)),
        );
        return [next(left!, takesLeft), next(right!, takesRight), ...written];
      },
    );
    return merged;
  });
}

/** Whether the right run's element goes next: it comes before the left one's, or there is none on the left. */
function comesFirst(
  to: Converter,
  op: Operation,
  { ours, theirs }: { readonly ours: readonly Value[]; readonly theirs: readonly Value[] },
  { left, middle, right, end }: Readonly<Record<"left" | "middle" | "right" | "end", Position>>,
): Value {
  const at = new IndexArithmetic(to.builder);
  const pairs = theirs.flatMap((x, k) => [x, ours[k]!]);
  const [isBefore] = scalarRegion(to, op.region(0).blocks[0]!, pairs);
  const isAlone = at.compare("sge", left, middle);
  const wins = to.builder.value(i.ori, { lhs: isBefore!, rhs: isAlone }, {});
  return at.and(at.compare("slt", right, end), wins);
}

export const sorts: Readonly<Record<string, Structure>> = { "stablehlo.sort": sort };
