/** @file Structured form of `select_and_scatter`: loops over windows, and inside over the elements under each. */

import { constantOf } from "../../../ir/dialects/arith/constant.js";
import { selectAndScatter } from "../../../ir/dialects/stablehlo/reduce-window.js";
import { type WindowAxis, windowAxes } from "../../../ir/dialects/stablehlo/window.js";
import type { Dim } from "../../../ir/dim.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { sizePosition } from "./data-movement.js";
import { filledTensor } from "./generic.js";
import { branch, type Loop, loopNest, loopsOver, read, write } from "./loops.js";
import { scalarRegion } from "./scalar-region.js";
import { placesOf, presentElement } from "./windows.js";

const shapeOf = (x: Value): readonly Dim[] => (x.type as TensorType).shape;

/** For each window in order: the element that `select` prefers is found, then the source's joined to it. */
const selection: Structure = (op, to) => {
  const attrs = selectAndScatter.attrsOf(op);
  const [operand, source] = to.operands(op) as [Value, Value, Value];
  const extents = shapeOf(operand);
  const sizes = attrs.window_dimensions ?? extents.map(() => 1);
  const axes = windowAxes({ sizes, strides: attrs.window_strides, padding: attrs.padding });
  if (typeof axes === "string") throw new Error(axes);
  const init = filledTensor(to, to.resultType(op), to.elementOfScalarTensor(op.operand(2)));
  const bounds = extents.map((d) => sizePosition(to, d));
  const isOwn = (w: WindowAxis): boolean => w.size === 1 && w.stride === 1;
  const loops = loopsOver(to, source, true).map((l, k): Loop => ({ ...l, parallel: isOwn(axes[k]!) }));
  return loopNest(
    to,
    loops,
    [init],
    (point, [result]) => {
      const { found, places } = preferred(to, op, operand, { axes, bounds, point });
      const joined = () => {
        const pair = [read(to, result!, places), read(to, source, point)];
        return [write(to, result!, places, scalarRegion(to, op.region(1).blocks[0]!, pair)[0]!)];
      };
      return branch(to, found, [result!.type], joined, () => [result!]);
    },
    "select_and_scatter",
  );
};

interface OneWindow {
  readonly axes: readonly WindowAxis[];
  readonly bounds: readonly Position[];
  readonly point: readonly Value[];
}

/** Whether the window holds an element, and where the preferred one is. */
function preferred(
  to: Converter,
  op: Operation,
  operand: Value,
  { axes, bounds, point }: OneWindow,
): { readonly found: Value; readonly places: readonly Value[] } {
  const start = new IndexArithmetic(to.builder);
  const none = constantOf(to.builder, 0, to.context.types.scalar("i1"));
  const [found, , ...places] = loopNest(
    to,
    axes.map((w): Loop => ({ until: w.size })),
    [none, to.zero(to.context.types.scalar(elementOf(operand.type))), ...axes.map(() => start.value(0))],
    (offsets, [has, best, ...at]) => {
      const arithmetic = new IndexArithmetic(to.builder);
      const under = [...point, ...offsets];
      const { positions, isPresent } = presentElement(arithmetic, axes.map(placesOf), bounds, under);
      const carried = [has!, best!, ...at];
      const types = carried.map((x) => x.type);
      const compared = (): readonly Value[] => {
        const inner = new IndexArithmetic(to.builder);
        const next = read(to, operand, positions);
        const [keeps] = scalarRegion(to, op.region(0).blocks[0]!, [best!, next]);
        const stays = inner.and(has!, keeps!);
        const yes = constantOf(to.builder, 1, to.context.types.scalar("i1"));
        const replaced = [yes, next, ...positions.map((p) => inner.value(p))];
        return branch(
          to,
          stays,
          types,
          () => carried,
          () => replaced,
        );
      };
      return branch(to, isPresent, types, compared, () => carried);
    },
  );
  return { found: found!, places };
}

export const selections: Readonly<Record<string, Structure>> = { "stablehlo.select_and_scatter": selection };
