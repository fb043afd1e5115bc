/**
 * @file Small integer programs: minimise a sum of costs that are not negative over variables that are not negative, under
 * cuts that may be found on the way. Dual simplex in floating point with branch and bound. Answers are proposals:
 * callers check them exactly, so an error of rounding, or a limit reached, costs quality and never correctness.
 */

/** `coefficients · x >= bound`. */
export interface Cut {
  readonly coefficients: readonly number[];
  readonly bound: number;
}

export interface Program {
  /** One per variable, at least 0. */
  readonly costs: readonly number[];
  /** Variables that must be integers. */
  readonly integers: readonly number[];
  readonly cuts: readonly Cut[];
  /** Cuts that `x` does not meet, of which there may be too many to list before; none when all are met. */
  readonly separate: (x: readonly number[]) => readonly Cut[];
  /** For a point of integers that meets all cuts but not the rest: alternatives, each some cuts; absent when it does. */
  readonly branch?: (x: readonly number[]) => readonly (readonly Cut[])[] | undefined;
}

const EPSILON = 1e-7;
const MOST_PIVOTS = 2000;
const MOST_NODES = 300;
const MOST_CUTS = 400;

/** The cheapest point found; undefined where there is none, or none was found in time. */
export function minimise(program: Program): number[] | undefined {
  const search = { best: Number.POSITIVE_INFINITY, point: undefined as number[] | undefined, nodes: 0 };
  const visit = (given: Dictionary): void => {
    if (++search.nodes > MOST_NODES) return;
    const x = settle(program, given, search.best);
    if (x === undefined) return;
    const fractional = program.integers.find((i) => Math.abs(x[i]! - Math.round(x[i]!)) > 1e-5);
    const choices = fractional === undefined ? program.branch?.(x) : sidesOf(x, fractional);
    if (choices === undefined) {
      search.best = given.cost;
      search.point = x;
    }
    for (const cuts of choices ?? []) {
      const child = given.copy();
      for (const cut of cuts) child.add(cut);
      visit(child);
    }
  };
  const root = new Dictionary(program.costs);
  for (const cut of program.cuts) root.add(cut);
  visit(root);
  return search.point;
}

/** Solves the relaxation with the cuts that it needs. */
function settle(program: Program, dictionary: Dictionary, best: number): number[] | undefined {
  for (let round = 0; round < MOST_CUTS; round++) {
    if (!dictionary.solve() || dictionary.cost >= best - EPSILON) return undefined;
    const x = dictionary.point();
    const cuts = program.separate(x);
    if (cuts.length === 0) return x;
    for (const cut of cuts) dictionary.add(cut);
  }
  return undefined;
}

/** At most the integer below, or at least the one above. */
function sidesOf(x: readonly number[], variable: number): Cut[][] {
  const unit = (sign: number) => x.map((_, i) => (i === variable ? sign : 0));
  const low = Math.floor(x[variable]!);
  return [[{ coefficients: unit(-1), bound: -low }], [{ coefficients: unit(1), bound: low + 1 }]];
}

/** Each basic variable as a constant and a sum of the others, which are 0; costs never turn negative. */
class Dictionary {
  readonly #size: number;
  #objective: Float64Array;
  #rows: Float64Array[] = [];
  /** Variable of each row and each column; slacks count on from the variables. */
  #basic: number[] = [];
  #free: number[];

  constructor(costs: readonly number[]) {
    this.#size = costs.length;
    this.#objective = Float64Array.from([0, ...costs]);
    this.#free = costs.map((_, i) => i);
  }

  get cost(): number {
    return this.#objective[0]!;
  }

  copy(): Dictionary {
    const other = new Dictionary(new Array<number>(this.#size).fill(0));
    other.#objective = this.#objective.slice();
    other.#rows = this.#rows.map((row) => row.slice());
    other.#basic = [...this.#basic];
    other.#free = [...this.#free];
    return other;
  }

  point(): number[] {
    const x = new Array<number>(this.#size).fill(0);
    this.#basic.forEach((variable, r) => {
      if (variable < this.#size) x[variable] = this.#rows[r]![0]!;
    });
    return x;
  }

  add({ coefficients, bound }: Cut): void {
    const row = new Float64Array(this.#size + 1);
    row[0] = -bound;
    coefficients.forEach((c, variable) => {
      if (c === 0) return;
      const column = this.#free.indexOf(variable);
      if (column >= 0) row[column + 1] = row[column + 1]! + c;
      else addMultiple(row, c, this.#rows[this.#basic.indexOf(variable)]!);
    });
    this.#basic.push(this.#size + this.#rows.length);
    this.#rows.push(row);
  }

  /** False where no point meets all cuts, or it takes too long. */
  solve(): boolean {
    for (let pivots = 0; pivots < MOST_PIVOTS; pivots++) {
      const leaving = this.#mostNegative();
      if (leaving === undefined) return true;
      const entering = this.#cheapest(this.#rows[leaving]!);
      if (entering === undefined) return false;
      this.#pivot(leaving, entering);
    }
    return false;
  }

  #mostNegative(): number | undefined {
    let [at, least]: [number | undefined, number] = [undefined, -EPSILON];
    this.#rows.forEach((row, r) => {
      if (row[0]! < least) [at, least] = [r, row[0]!];
    });
    return at;
  }

  #cheapest(row: Float64Array): number | undefined {
    let [at, least]: [number | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (let j = 1; j <= this.#size; j++) {
      if (row[j]! <= EPSILON) continue;
      const ratio = this.#objective[j]! / row[j]!;
      if (ratio < least - 1e-12) [at, least] = [j, ratio];
    }
    return at;
  }

  #pivot(leaving: number, entering: number): void {
    const row = this.#rows[leaving]!;
    const pivot = row[entering]!;
    // basic = c + pivot * free + …, so free = (basic - c - …) / pivot.
    for (let j = 0; j <= this.#size; j++) row[j] = -row[j]! / pivot;
    row[entering] = 1 / pivot;
    for (const other of [...this.#rows, this.#objective]) {
      if (other === row) continue;
      const factor = other[entering]!;
      if (factor === 0) continue;
      other[entering] = 0;
      addMultiple(other, factor, row);
    }
    const variable = this.#basic[leaving]!;
    this.#basic[leaving] = this.#free[entering - 1]!;
    this.#free[entering - 1] = variable;
  }
}

function addMultiple(to: Float64Array, factor: number, row: Float64Array): void {
  for (let j = 0; j < to.length; j++) to[j] = to[j]! + factor * row[j]!;
}
