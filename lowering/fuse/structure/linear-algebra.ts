/**
 * @file Structured forms of `cholesky` and `triangular_solve`: loops over the matrices of a batch. Narrow floats are
 * computed in f32 and rounded once.
 */

import * as complex from "../../../ir/dialects/complex/complex.js";
import * as hlo from "../../../ir/dialects/stablehlo/linear-algebra.js";
import { type ElementType, elementFacts, partOf } from "../../../ir/element.js";
import type { Operation, Value } from "../../../ir/graph.js";
import { elementOf, type TensorType } from "../../../ir/types.js";
import { IndexArithmetic, type Position } from "../../structured/index-arithmetic.js";
import type { Converter, Structure } from "./converter.js";
import { sizePosition } from "./data-movement.js";
import { filledTensor } from "./generic.js";
import { branch, countedLoop, type Loop, loopNest, read, write } from "./loops.js";
import { accumulatorOf, convertTensor } from "./reductions.js";
import { compareFloats, constantLike, scalarRow, select } from "./scalars.js";

/** Arithmetic on numbers of one element, at the converter's builder. */
class Arithmetic {
  readonly #to: Converter;
  readonly #element: ElementType;

  constructor(to: Converter, element: ElementType) {
    this.#to = to;
    this.#element = element;
  }

  #row(name: string, ...args: readonly Value[]): Value {
    const row = scalarRow(name, this.#element);
    if (!row) throw new Error(`there is no ${name} of ${this.#element}`);
    return row({ b: this.#to.builder, element: this.#element }, ...args);
  }

  minus = (x: Value, y: Value): Value => this.#row("subtract", x, y);
  times = (x: Value, y: Value): Value => this.#row("multiply", x, y);
  over = (x: Value, y: Value): Value => this.#row("divide", x, y);

  get #isComplex(): boolean {
    return elementFacts[this.#element].kind === "complex";
  }

  get #part(): Arithmetic {
    return new Arithmetic(this.#to, partOf(this.#element));
  }

  parts(x: Value): readonly [Value, Value] {
    const results = [this.#to.context.types.scalar(partOf(this.#element))];
    const of = (def: typeof complex.re) => this.#to.builder.value(def, { complex: x }, {}, { results });
    return [of(complex.re), of(complex.im)];
  }

  complexOf(real: Value, imaginary: Value): Value {
    const results = [this.#to.context.types.scalar(this.#element)];
    return this.#to.builder.value(complex.create, { real, imaginary }, {}, { results });
  }

  conjugate(x: Value): Value {
    if (!this.#isComplex) return x;
    const [re, im] = this.parts(x);
    return this.complexOf(re, this.#part.#row("negate", im));
  }

  /** Root of the real part where that is positive, else NaN; and whether it is. */
  pivotRoot(x: Value): { readonly root: Value; readonly isPositive: Value } {
    const b = this.#to.builder;
    const real = this.#isComplex ? this.parts(x)[0] : x;
    const isPositive = compareFloats(b, "ogt", real, constantLike(b, 0, real));
    const root = select(b, isPositive, this.#part.#row("sqrt", real), constantLike(b, Number.NaN, real));
    return { root: this.#isComplex ? this.complexOf(root, constantLike(b, 0, root)) : root, isPositive };
  }

  nan(): Value {
    const b = this.#to.builder;
    const part = this.#to.zero(this.#to.context.types.scalar(partOf(this.#element)));
    const nan = constantLike(b, Number.NaN, part);
    return this.#isComplex ? this.complexOf(nan, part) : nan;
  }
}

/** The loops over all matrices. */
function batchLoops(to: Converter, x: Value): readonly Loop[] {
  return (x.type as TensorType).shape.slice(0, -2).map((d) => ({ until: sizePosition(to, d), parallel: true }));
}

/** One matrix of a batch, or its adjoint, being read and written. */
interface Matrix {
  readonly numbers: Arithmetic;
  readonly size: Position;
  at(row: Position, column: Position): readonly Position[];
  get(x: Value, row: Position, column: Position): Value;
  set(x: Value, row: Position, column: Position, value: Value): Value;
}

const cholesky: Structure = (op, to) => {
  const { lower } = hlo.cholesky.attrsOf(op);
  const own = elementOf(op.result.type);
  const element = accumulatorOf(own);
  const a = convertTensor(to, to.value(op.operand(0)), own, element);
  const numbers = new Arithmetic(to, element);
  const size = sizePosition(to, (a.type as TensorType).shape.at(-1)!);
  const zeros = filledTensor(to, a.type as TensorType, to.zero(to.context.types.scalar(element)));
  const [factor] = loopNest(
    to,
    batchLoops(to, a),
    [zeros],
    (batch, [result]) => {
      // The upper factor is the adjoint of the lower one of the adjoint.
      const at = (row: Position, column: Position) => [...batch, ...(lower ? [row, column] : [column, row])];
      const adjoint = (x: Value): Value => (lower ? x : numbers.conjugate(x));
      return [
        factorize(to, a, result!, {
          numbers,
          size,
          at,
          get: (x, row, column) => adjoint(read(to, x, at(row, column))),
          set: (x, row, column, value) => write(to, x, at(row, column), adjoint(value)),
        }),
      ];
    },
    "cholesky",
  );
  return [convertTensor(to, factor!, element, own)];
};

/** Column after column. Where a pivot is not positive there is no factor, and all of it becomes NaN. */
function factorize(to: Converter, a: Value, result: Value, m: Matrix): Value {
  const fine = new IndexArithmetic(to.builder).compare("eq", 0, 0);
  const [ok, factor] = countedLoop(to, { until: m.size }, [fine, result], (j, [isFine, l]) => {
    const { root, isPositive } = m.numbers.pivotRoot(reduced(to, m, { a, l: l!, row: j, column: j }));
    const at = new IndexArithmetic(to.builder);
    const below: Loop = { from: at.add(j, 1), until: m.size, parallel: true };
    const [column] = countedLoop(to, below, [m.set(l!, j, j, root)], (i, [x]) => {
      const value = reduced(to, m, { a, l: x!, row: i, column: j });
      return [m.set(x!, i, j, m.numbers.over(value, root))];
    });
    return [at.and(isFine!, isPositive), column!];
  });
  const spoiled = () => {
    const nan = m.numbers.nan();
    return countedLoop(to, { until: m.size, parallel: true }, [factor!], (i, [x]) =>
      countedLoop(to, { until: new IndexArithmetic(to.builder).add(i, 1), parallel: true }, [x!], (j, [y]) => [
        m.set(y!, i, j, nan),
      ]),
    );
  };
  return branch(to, ok!, [factor!.type], () => [factor!], spoiled)[0]!;
}

interface Entry {
  readonly a: Value;
  readonly l: Value;
  readonly row: Value;
  readonly column: Value;
}

/** a[row, column] - sum over k < column of l[row, k] * conj(l[column, k]) */
function reduced(to: Converter, m: Matrix, { a, l, row, column }: Entry): Value {
  return countedLoop(to, { until: column }, [m.get(a, row, column)], (k, [sum]) => {
    const product = m.numbers.times(m.get(l, row, k), m.numbers.conjugate(m.get(l, column, k)));
    return [m.numbers.minus(sum!, product)];
  })[0]!;
}

const triangularSolve: Structure = (op, to) => {
  const { left_side: left } = hlo.triangularSolve.attrsOf(op);
  const own = elementOf(op.result.type);
  const element = accumulatorOf(own);
  const [a, b] = op.operands.map((x) => convertTensor(to, to.value(x), own, element)) as [Value, Value];
  const system = new System(to, op, new Arithmetic(to, element), a);
  const [rows, columns] = (b.type as TensorType).shape.slice(-2).map((d) => sizePosition(to, d));
  const solve = (batch: readonly Value[], x: Value): Value =>
    left ? solveRows(to, system, batch, x, columns!) : solveColumns(to, system, batch, x, rows!);
  const [solution] = loopNest(to, batchLoops(to, b), [b], (batch, [x]) => [solve(batch, x!)], "triangular_solve");
  return [convertTensor(to, solution!, element, own)];
};

/** The triangular matrix op(a), transposed where it stands on the right: x op(a) = b is op(a)^T x^T = b^T. */
class System {
  readonly numbers: Arithmetic;
  readonly size: Position;
  readonly hasUnitDiagonal: boolean;
  readonly #to: Converter;
  readonly #a: Value;
  readonly #isTransposed: boolean;
  readonly #isConjugated: boolean;
  readonly #isLower: boolean;

  constructor(to: Converter, op: Operation, numbers: Arithmetic, a: Value) {
    const attrs = hlo.triangularSolve.attrsOf(op);
    this.#to = to;
    this.#a = a;
    this.numbers = numbers;
    this.size = sizePosition(to, (a.type as TensorType).shape.at(-1)!);
    this.hasUnitDiagonal = attrs.unit_diagonal;
    this.#isTransposed = (attrs.transpose_a !== "NO_TRANSPOSE") === attrs.left_side;
    this.#isConjugated = attrs.transpose_a === "ADJOINT";
    this.#isLower = attrs.lower !== this.#isTransposed;
  }

  at(batch: readonly Value[], row: Position, column: Position): Value {
    const place = this.#isTransposed ? [column, row] : [row, column];
    const x = read(this.#to, this.#a, [...batch, ...place]);
    return this.#isConjugated ? this.numbers.conjugate(x) : x;
  }

  /** The unknowns in the order in which they can be found, and those found before each. */
  forEach(
    carried: readonly Value[],
    body: (i: Value, before: Loop, carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    return countedLoop(this.#to, { until: this.size }, carried, (step, values) => {
      if (this.#isLower) return body(step, { until: step }, values);
      const at = new IndexArithmetic(this.#to.builder);
      const i = at.value(at.sub(at.sub(this.size, 1), step));
      return body(i, { from: at.add(i, 1), until: this.size }, values);
    });
  }
}

/** op(a) x = b, all columns of b at once: from each row the rows found before are taken away. */
function solveRows(to: Converter, system: System, batch: readonly Value[], b: Value, columns: Position): Value {
  const { numbers } = system;
  const across: Loop = { until: columns, parallel: true };
  const solved = system.forEach([b], (i, before, [x]) => {
    const [reducedRow] = countedLoop(to, before, [x!], (k, [y]) => {
      const factor = system.at(batch, i, k);
      return countedLoop(to, across, [y!], (c, [z]) => {
        const product = numbers.times(factor, read(to, z!, [...batch, k, c]));
        const value = numbers.minus(read(to, z!, [...batch, i, c]), product);
        return [write(to, z!, [...batch, i, c], value)];
      });
    });
    if (system.hasUnitDiagonal) return [reducedRow!];
    const pivot = system.at(batch, i, i);
    return countedLoop(to, across, [reducedRow!], (c, [z]) => {
      const place = [...batch, i, c];
      return [write(to, z!, place, numbers.over(read(to, z!, place), pivot))];
    });
  });
  return solved[0]!;
}

/** x op(a) = b, each row of b by itself. */
function solveColumns(to: Converter, system: System, batch: readonly Value[], b: Value, rows: Position): Value {
  const { numbers } = system;
  return countedLoop(to, { until: rows, parallel: true }, [b], (r, [x]) =>
    system.forEach([x!], (i, before, [y]) => {
      const place = [...batch, r, i];
      const [value] = countedLoop(to, before, [read(to, y!, place)], (k, [sum]) => {
        const product = numbers.times(system.at(batch, i, k), read(to, y!, [...batch, r, k]));
        return [numbers.minus(sum!, product)];
      });
      const found = system.hasUnitDiagonal ? value! : numbers.over(value!, system.at(batch, i, i));
      return [write(to, y!, place, found)];
    }),
  )[0]!;
}

export const linearAlgebra: Readonly<Record<string, Structure>> = {
  "stablehlo.cholesky": cholesky,
  "stablehlo.triangular_solve": triangularSolve,
};
