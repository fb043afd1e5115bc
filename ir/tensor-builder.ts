/**
 * @file The builder front ends work with: everything its bases build, reductions, contractions, control flow and
 * composites. A composite's decomposition is a private function that is built by the same code and shared by all calls
 * with the same attributes and types.
 */

import type { AttrDict } from "./attrs.js";
import { Builder } from "./builder.js";
import type { Decompositions } from "./decompositions.js";
import { compileError } from "./diagnostic.js";
import { composite } from "./dialects/stablehlo/calls.js";
import { ifOp, whileOp } from "./dialects/stablehlo/control-flow.js";
import { dotGeneral } from "./dialects/stablehlo/dot.js";
import { dynamicReshape } from "./dialects/stablehlo/dynamic-shape.js";
import { reduce } from "./dialects/stablehlo/reduce.js";
import { returnOp } from "./dialects/stablehlo/return.js";
import { sort } from "./dialects/stablehlo/sort.js";
import type { ElementType } from "./element.js";
import { elementFacts } from "./element.js";
import { Block, newRegion, type Region, type Value } from "./graph.js";
import { IndexBuilder, type Joining } from "./index-builder.js";
import { numericsOf, type Scalar } from "./scalar.js";
import { printType, type TensorType, type Type } from "./types.js";

/** Fills a region or function; gives what it returns. */
export type Fill = (t: TensorBuilder, args: readonly Value[]) => readonly Value[];

/** A block that is being built. */
export interface OpenBlock {
  readonly block: Block;
  readonly t: TensorBuilder;
  /** Undoes what was learnt of sizes since the block was opened: it holds inside only. */
  readonly forget: () => void;
  /** Ends the block with these results, and forgets. */
  readonly close: (results: readonly Value[]) => Region;
  /** Throws the block away, and forgets. */
  readonly discard: () => void;
}

export interface ContractionAxes {
  /** Axes of either side that go together and stay. */
  readonly batch?: readonly [readonly number[], readonly number[]];
  /** Axes of either side that are summed over. */
  readonly contract: readonly [readonly number[], readonly number[]];
}

export class TensorBuilder extends IndexBuilder {
  readonly decompositions: Decompositions;
  readonly #isDecomposition: boolean;

  /** `parent` builds the block around this one; a decomposition leaves the checks of its sizes to its callers. */
  constructor(builder: Builder, decompositions: Decompositions, parent?: TensorBuilder, isDecomposition = false) {
    super(builder, parent);
    this.decompositions = decompositions;
    this.#isDecomposition = parent === undefined ? isDecomposition : parent.#isDecomposition;
  }

  protected override get makesChecks(): boolean {
    return !this.#isDecomposition;
  }

  /** The elements along `axes` joined; with `keep` those axes stay, of size 1. */
  reduce(x: Value, axes: readonly number[], how: Joining, keep = false): Value {
    if (axes.length === 0) return x;
    const element = this.element(x);
    const init = this.splat(identityOf(how, element), [], element);
    const regions = [this.joiningRegion(how, element)];
    const reduced = this.emit(reduce, { inputs: [x], init_values: [init] }, { dimensions: sorted(axes) }, { regions });
    return keep ? this.unsqueeze(reduced, axes) : reduced;
  }

  sum = (x: Value, axes: readonly number[], keep = false): Value => this.reduce(x, axes, "add", keep);

  /** The number of elements along `axes`, as a tensor of rank 0. */
  countAlong(x: Value, axes: readonly number[], element: ElementType): Value {
    const shape = this.shape(x);
    const size = this.context.dims.product(axes.map((axis) => shape[axis]!));
    if (typeof size === "number") return this.number(size, element);
    return this.convert(this.scalar(size), element);
  }

  mean(x: Value, axes: readonly number[], keep = false): Value {
    const element = this.element(x);
    const total = this.sum(x, axes, keep);
    return this.div(total, this.countAlong(x, axes, element));
  }

  /** Index (i64) of the largest or smallest element along `axis`, the first or last of equals; a NaN counts as both. */
  argReduce(x: Value, axis: number, which: "max" | "min", last = false): Value {
    const best = this.reduce(x, [axis], which, true);
    const hit = this.eq(x, best);
    const isFloat = elementFacts[this.element(x)].kind === "float";
    const chosen = isFloat ? this.or(hit, this.ne(x, x)) : hit;
    const places = this.iota(this.shape(x), axis, "i64");
    const none = this.fillLike(last ? -1 : Number.MAX_SAFE_INTEGER, places);
    return this.reduce(this.select(chosen, places, none), [axis], last ? "max" : "min");
  }

  /** Tensors of one shape put in one order along `axis`, stably; `before` says of two entries of each which comes first. */
  sort(
    xs: readonly Value[],
    axis: number,
    before: (t: TensorBuilder, pairs: readonly Value[]) => Value,
  ): readonly Value[] {
    const types = xs.flatMap((x) => new Array(2).fill(this.tensorType([], this.element(x))) as Type[]);
    const body = this.builder.region(types, (b, args) => {
      b.op(returnOp, { results: [before(new TensorBuilder(b, this.decompositions), args)] }, {});
    });
    return this.emitOp(sort, { inputs: xs }, { dimension: axis, is_stable: true }, { regions: [body] }).results;
  }

  /** Sums of products; the result has the batch axes, then what is left of `a`, then of `b`. */
  dot(a: Value, b: Value, axes: ContractionAxes, element: ElementType = this.element(a)): Value {
    const { batch = [[], []], contract } = axes;
    const [left, right] = [this.shape(a), this.shape(b)];
    for (const [x, y] of [batch, contract]) x.forEach((axis, i) => this.unify(left[axis]!, right[y[i]!]!));
    const numbers = {
      lhsBatchingDimensions: batch[0],
      rhsBatchingDimensions: batch[1],
      lhsContractingDimensions: contract[0],
      rhsContractingDimensions: contract[1],
    };
    const rest = (shape: typeof left, side: 0 | 1) =>
      shape.filter((_, i) => !batch[side].includes(i) && !contract[side].includes(i));
    const shape = [...batch[0].map((axis) => left[axis]!), ...rest(left, 0), ...rest(right, 1)];
    const results = [this.tensorType(shape, element)];
    return this.emit(dotGeneral, { lhs: a, rhs: b }, { dot_dimension_numbers: numbers }, { results });
  }

  /** NumPy's matmul: products of the last two axes, the ones before broadcast; vectors are rows on the left, columns on the right. */
  matmul(a: Value, b: Value, element: ElementType = this.element(a)): Value {
    const [rankA, rankB] = [this.rank(a), this.rank(b)];
    if (rankA === 1 || rankB === 1 || rankA === 2 || rankB === 2) {
      const shared = rankB === 1 ? 0 : rankB - 2;
      if (rankB <= 2) return this.dot(a, b, { contract: [[rankA - 1], [shared]] }, element);
      // [m, k] x [..., k, n]: what is left of a comes first, and belongs before the last axis.
      const product = this.dot(a, b, { contract: [[rankA - 1], [shared]] }, element);
      return rankA === 1 ? product : this.moveAxis(product, 0, rankB - 2);
    }
    const lead = this.broadcastShapes(this.shape(a).slice(0, -2), this.shape(b).slice(0, -2));
    const [x, y] = [a, b].map((v) => this.broadcast(v, [...lead, ...this.shape(v).slice(-2)])) as [Value, Value];
    const axes = lead.map((_, i) => i);
    const rank = lead.length;
    return this.dot(x, y, { batch: [axes, axes], contract: [[rank + 1], [rank]] }, element);
  }

  /** A new block inside this one, and what builds it; values from around it may be used there. */
  open(argTypes: readonly Type[]): OpenBlock {
    const forget = this.facts.snapshot();
    const block = new Block(argTypes);
    const b = new Builder(this.context, block);
    b.at = this.builder.at;
    const t = new TensorBuilder(b, this.decompositions, this);
    for (const arg of block.args) t.note(arg);
    return {
      block,
      t,
      forget,
      close(results) {
        b.op(returnOp, { results }, {});
        forget();
        return newRegion(block);
      },
      discard() {
        for (const op of block.ops()) op.dropReferences();
        forget();
      },
    };
  }

  /** A region of one block; what `fill` gives is returned. */
  region(argTypes: readonly Type[], fill: Fill): Region {
    const { block, t, close } = this.open(argTypes);
    return close(fill(t, block.args));
  }

  /**
   * Runs one of two branches, which give as many values of the same elements and ranks; sizes in which they differ become
   * symbols. `pred` is an i1 of rank 0.
   */
  if(pred: Value, then: Fill, otherwise: Fill): readonly Value[] {
    const first = this.open([]);
    const firstValues = then(first.t, []).map((x) => first.t.settle(x));
    // What the first branch takes to be equal need not be so in the second.
    first.forget();
    const second = this.open([]);
    const secondValues = otherwise(second.t, []).map((x) => second.t.settle(x));
    this.#checkAlike([firstValues, secondValues].map((list) => list.map((x) => this.type(x))));
    // Each branch has sizes of its own; where they differ, the result has others.
    const opened = (t: TensorBuilder, values: readonly Value[], others: readonly Value[]) =>
      values.map((x, i) => t.openedTo(x, this.type(others[i]!)));
    const regions = [
      first.close(opened(first.t, firstValues, secondValues)),
      second.close(opened(second.t, secondValues, firstValues)),
    ];
    return this.emitOp(ifOp, { pred }, {}, { regions }).results;
  }

  /** @throws CompileError PS1203 where the lists differ in more than sizes. */
  #checkAlike([first = [], ...rest]: readonly (readonly TensorType[])[]): void {
    first.forEach((type, i) => {
      const others = rest.map((list) => list[i]);
      const odd = others.find((t) => t?.element !== type.element || t.shape.length !== type.shape.length);
      if (odd === undefined && !others.includes(undefined)) return;
      const texts = [type, ...others].map((t) => (t ? printType(t) : "nothing"));
      throw compileError("PS1203", `the branches give ${texts.join(" and ")} as result ${i}`);
    });
  }

  /** `x` with a symbol for each size that is a number, but not that of `type`: text of control flow has one type for both. */
  openedTo(x: Value, type: TensorType): Value {
    const shape = this.shape(x).map((d, axis) =>
      typeof d === "number" && d !== type.shape[axis] ? this.context.freshSymbol("data") : d,
    );
    return this.withType(x, this.tensorType(shape, type.element));
  }

  /** `x` with sizes named as in `type`, where those leave open what they are. */
  withType(x: Value, type: TensorType): Value {
    if (x.type === type) return x;
    const output_shape = this.vector(this.shape(x));
    return this.emit(dynamicReshape, { operand: x, output_shape }, {}, { results: [type] });
  }

  /** Runs `body` on its own results for as long as `condition` gives true. */
  while(
    init: readonly Value[],
    condition: (t: TensorBuilder, args: readonly Value[]) => Value,
    body: Fill,
  ): readonly Value[] {
    const types = init.map((x) => x.type);
    const regions = [this.region(types, (t, args) => [condition(t, args)]), this.region(types, body)];
    return this.emitOp(whileOp, { operand: init }, {}, { regions }).results;
  }

  /** An operation kept whole under `name` (`psm.softmax`), with the meaning that `fill` builds. */
  composite(name: string, operands: readonly Value[], attributes: AttrDict, fill: Fill): readonly Value[] {
    const inputs = operands.map((x) => this.settle(x));
    const { symbol, results } = this.decompositions.find(this, { name, operands: inputs, attributes, fill });
    const attrs = { name, composite_attributes: attributes, decomposition: symbol };
    return this.emitOp(composite, { inputs }, attrs, { results }).results;
  }

  /** One element of a vector (or any tensor of rank 1), as a tensor of rank 0. */
  item(vector: Value, index: number): Value {
    return this.reshape(this.sliceAxis(vector, 0, index, index + 1), []);
  }

  /** Whether any element along `axes` is true. */
  any = (x: Value, axes: readonly number[], keep = false): Value => this.reduce(x, axes, "or", keep);
  all = (x: Value, axes: readonly number[], keep = false): Value => this.reduce(x, axes, "and", keep);
}

const sorted = (axes: readonly number[]): number[] => [...axes].sort((a, b) => a - b);

/** The value that changes nothing when joined in. */
export function identityOf(how: Joining, element: ElementType): Scalar {
  const n = numericsOf(element);
  switch (how) {
    case "add":
      return n.zero;
    case "mul":
      return n.one;
    case "max":
      return n.minValue;
    case "min":
      return n.maxValue;
    case "or":
      return n.zero;
    case "and":
      return n.not(n.zero);
  }
}
