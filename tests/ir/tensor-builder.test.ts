/** @file What is built over symbolic sizes computes the same as what is built over the numbers they stand for. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContentsMemo, constantOf, contentsOf } from "../../ir/analysis/contents.js";
import { isNeverNegative } from "../../ir/analysis/sign.js";
import { Context } from "../../ir/context.js";
import { Decompositions } from "../../ir/decompositions.js";
import { formatDiagnostic } from "../../ir/diagnostic.js";
import { builtin, newModule } from "../../ir/dialects/builtin.js";
import { chlo } from "../../ir/dialects/chlo/dialect.js";
import { buildFunction, func } from "../../ir/dialects/func.js";
import { stablehlo } from "../../ir/dialects/stablehlo/dialect.js";
import type { Dim } from "../../ir/dim.js";
import type { ElementType } from "../../ir/element.js";
import type { Value } from "../../ir/graph.js";
import { interpret } from "../../ir/interpret.js";
import { buildLoop } from "../../ir/loop-builder.js";
import { fromScalars, type NdArray, sizeOf } from "../../ir/ndarray.js";
import { sameBits } from "../../ir/ndarray-compare.js";
import { TensorBuilder } from "../../ir/tensor-builder.js";
import { verify } from "../../ir/verify.js";

type Body = (t: TensorBuilder, xs: readonly Value[]) => Value | readonly Value[];
interface Operand {
  readonly element: ElementType;
  readonly shape: readonly number[];
}

const f32 = (...shape: readonly number[]): Operand => ({ element: "f32", shape });
const i64 = (...shape: readonly number[]): Operand => ({ element: "i64", shape });

/** Distinct numbers, small enough to be indices of an axis of size 2 where they are integers. */
function example({ element, shape }: Operand): NdArray {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => (element === "i64" ? BigInt(i % 2) : (i * 7) % 11));
  return fromScalars(element, shape, values);
}

/** Builds and runs `body` on operands of these shapes; sizes are numbers, or symbols of one name for each different number. */
function run(operands: readonly Operand[], symbolic: boolean, body: Body): readonly NdArray[] {
  const context = new Context([builtin, func, stablehlo, chlo]);
  const module = newModule(context);
  const size = (n: number): Dim => (symbolic ? context.dims.symbol(`n${n}`) : n);
  const types = operands.map(({ element, shape }) => context.types.tensor(shape.map(size), element));
  buildFunction(context, module, "main", types, (b, args) => {
    const t = new TensorBuilder(b, new Decompositions(module, context));
    for (const arg of args) t.note(arg);
    const results = body(t, args);
    return Array.isArray(results) ? (results as readonly Value[]) : [results as Value];
  });
  expect(verify(module, context).map(formatDiagnostic)).toEqual([]);
  return interpret(module, "main", operands.map(example), context) as readonly NdArray[];
}

/** Each row: operands, and what is built of them. Sizes that are equal numbers become the same symbol. */
const programs: Readonly<Record<string, readonly [readonly Operand[], Body]>> = {
  "reshape to a product": [[f32(2, 3)], (t, [x]) => t.flatten(x!)],
  "reshape with a quotient": [
    [f32(4, 6)],
    (t, [x]) => {
      const [rows, columns] = t.shape(x!) as [Dim, Dim];
      return t.reshape(x!, [rows, t.context.dims.floorDiv(columns, 2), 2]);
    },
  ],
  "broadcast together": [[f32(2, 3), f32(3)], (t, [x, y]) => t.add(x!, y!)],
  "number beside a tensor": [[f32(2, 3)], (t, [x]) => t.mul(t.sub(1, x!), 3)],
  "choice by a comparison": [[f32(2, 3)], (t, [x]) => t.select(t.gt(x!, 4), x!, 0)],
  "slice from the end": [
    [f32(5, 3)],
    (t, [x]) => t.sliceAxis(x!, 0, t.context.dims.sub(t.shape(x!)[0]!, 3), t.shape(x!)[0]!, 2),
  ],
  "padding by a size": [[f32(2, 3)], (t, [x]) => t.pad(x!, t.number(9, "f32"), [t.shape(x!)[1]!, 0], [1, 0], [0, 1])],
  "counting along an axis": [[f32(2, 3)], (t, [x]) => t.iota(t.shape(x!), 1, "i32")],
  "moved axes": [[f32(2, 3, 4)], (t, [x]) => t.moveAxis(x!, 0, 2)],
  "reversed axes": [[f32(2, 3)], (t, [x]) => t.reverse(x!, [0, 1])],
  "mean, keeping the axis": [[f32(2, 3)], (t, [x]) => t.sub(x!, t.mean(x!, [1], true))],
  "place of the largest": [[f32(2, 3)], (t, [x]) => [t.argReduce(x!, 1, "max"), t.argReduce(x!, 0, "min", true)]],
  "matrix product, batched": [[f32(2, 3, 4), f32(2, 4, 5)], (t, [x, y]) => t.matmul(x!, y!)],
  "matrix product, one side broadcast": [[f32(3, 4), f32(2, 4, 5)], (t, [x, y]) => t.matmul(x!, y!)],
  "vector times matrices": [[f32(4), f32(2, 4, 5)], (t, [x, y]) => t.matmul(x!, y!)],
  "entries taken along an axis": [[f32(3, 4), i64(5)], (t, [x, i]) => t.take(x!, i!, 1)],
  "entries taken for each place": [[f32(3, 4), i64(3, 2)], (t, [x, i]) => t.takeAlong(x!, i!, 1)],
  "entries put at places": [
    [f32(3, 4), i64(3, 4), f32(3, 4)],
    (t, [x, i, u]) => t.scatterPlaces(x!, t.placesAlong(i!, 1), u!, "add"),
  ],
  "sorted pairs": [[f32(5)], (t, [x]) => t.sort([x!, t.iota(t.shape(x!), 0, "i64")], 0, (b, [p, q]) => b.gt(p!, q!))],
  "branches of other sizes": [
    [f32(3)],
    (t, [x]) =>
      t.if(
        t.gt(t.item(x!, 1), 4),
        (b) => [b.concat([x!, x!], 0)],
        () => [x!],
      ),
  ],
  "a loop whose state grows": [
    [f32(2)],
    (t, [x]) =>
      buildLoop(t, {
        init: [x!],
        trips: 3,
        body: (b, _, [s]) => ({ state: [b.concat([s!, x!], 0)], stacked: [b.reduce(s!, [0], "add")] }),
      }).state,
  ],
  "values stacked in a loop": [
    [f32(4, 3)],
    (t, [x]) =>
      buildLoop(t, {
        init: [],
        trips: t.shape(x!)[0]!,
        body: (b, i) => ({ state: [], stacked: [b.take(x!, i, 0)] }),
      }).stacked,
  ],
  "a composite": [[f32(2, 3)], (t, [x]) => t.composite("psm.double", [x!], {}, (b, [y]) => [b.concat([y!, y!], 1)])],
};

describe("programs over symbols", () => {
  for (const [name, [operands, body]] of Object.entries(programs)) {
    test(`agree with the same over numbers: ${name}`, () => {
      const [numbers, symbols] = [run(operands, false, body), run(operands, true, body)];
      expect(symbols.map((x) => x.shape)).toEqual(numbers.map((x) => x.shape));
      symbols.forEach((x, i) => expect(sameBits(x, numbers[i]!)).toBe(true));
    });
  }
});

/** Integer arithmetic on sizes, as trees. */
type Tree = number | string | { readonly op: string; readonly a: Tree; readonly b: Tree };
const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -4, max: 9 }),
    fc.constantFrom("p", "q"),
    fc.record({
      op: fc.constantFrom("add", "sub", "mul", "max", "min", "div", "rem", "where"),
      a: tie("tree"),
      b: tie("tree"),
    }),
  ),
})).tree;

function build(t: TensorBuilder, tree: Tree, sizes: Readonly<Record<string, Value>>): Value {
  if (typeof tree === "number") return t.number(tree, "i64");
  if (typeof tree === "string") return sizes[tree]!;
  const [a, b] = [build(t, tree.a, sizes), build(t, tree.b, sizes)];
  switch (tree.op) {
    case "add":
      return t.add(a, b);
    case "sub":
      return t.sub(a, b);
    case "mul":
      return t.mul(a, b);
    case "max":
      return t.max(a, b);
    case "min":
      return t.min(a, b);
    case "div":
      return t.div(a, t.max(b, 1));
    case "rem":
      return t.rem(a, t.max(b, 1));
    default:
      return t.select(t.lt(a, b), a, b);
  }
}

describe("what is found in a tensor before the program runs", () => {
  test("is what the program computes, for any sizes", () => {
    fc.assert(
      fc.property(fc.array(trees, { minLength: 1, maxLength: 4 }), fc.nat(6), fc.nat(6), (forest, p, q) => {
        const context = new Context([builtin, func, stablehlo, chlo]);
        const module = newModule(context);
        const symbols = [context.dims.symbol("p"), context.dims.symbol("q")];
        let found: readonly (Dim | undefined)[] | undefined;
        let positive = false;
        buildFunction(context, module, "main", [context.types.tensor(symbols, "f32")], (b, args) => {
          const t = new TensorBuilder(b, new Decompositions(module, context));
          for (const arg of args) t.note(arg);
          const sizes = { p: t.scalar(symbols[0]!), q: t.scalar(symbols[1]!) };
          const parts = forest.map((tree) => t.reshape(build(t, tree, sizes), [1]));
          const vector = t.reverse(t.concat(parts, 0), [0]);
          found = contentsOf(vector, context, new ContentsMemo());
          positive = isNeverNegative(vector, context);
          return [vector];
        });
        const [result] = interpret(module, "main", [fromScalars("f32", [p, q], new Array(p * q).fill(0))], context);
        const values = Array.from((result as NdArray).data, Number);
        const environment = new Map([
          ["p", p],
          ["q", q],
        ]);
        values.forEach((value, i) => {
          const dim = found?.[i];
          if (dim !== undefined) expect(context.dims.evaluate(dim, environment)).toBe(value);
          if (positive) expect(value).toBeGreaterThanOrEqual(0);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("follows data movement, floats that are whole numbers, and choices that ranges decide", () => {
    run([f32(4, 6)], true, (t, [x]) => {
      const { dims } = t.context;
      const [n, m] = t.shape(x!) as [Dim, Dim];
      const sizes = t.vector([n, m, 7]);
      const half = t.convert(t.floor(t.mul(t.convert(sizes, "f32"), 0.5)), "i64");
      const atLeastOne = t.select(t.lt(sizes, 0), -1, sizes);
      const product = t.reduce(
        t.concat([t.transpose(t.reshape(sizes, [1, 3]), [1, 0]), t.reshape(half, [3, 1])], 1),
        [0],
        "mul",
      );
      expect(contentsOf(half, t.context)).toEqual([dims.floorDiv(n, 2), dims.floorDiv(m, 2), 3]);
      expect(contentsOf(atLeastOne, t.context)).toEqual([n, m, 7]);
      expect(contentsOf(product, t.context)?.[0]).toBe(dims.mul(dims.mul(n, m), 7));
      expect(contentsOf(t.take(sizes, t.vector([2, 0]), 0), t.context)).toEqual([7, n]);
      return x!;
    });
  });

  test("of integers too narrow for it is nothing", () => {
    run([f32(1)], false, (t, [x]) => {
      const large = t.constant(fromScalars("i8", [2], [100, 3]));
      expect(contentsOf(t.add(large, large), t.context)).toEqual([undefined, 6]);
      return x!;
    });
  });

  test("is all elements where no input has a part in it", () => {
    run([f32(2)], false, (t, [x]) => {
      const roots = t.sqrt(t.constant(fromScalars("f32", [3], [4, 9, 2])));
      expect(constantOf(roots, t.context)?.data).toEqual(Float32Array.of(2, 3, Math.SQRT2));
      expect(constantOf(t.add(x!, 1), t.context)).toBeUndefined();
      return x!;
    });
  });
});
