/**
 * @file Steps that update a matrix in place from one of its own rows and columns, `for k, i, j: A[i, j] = f(A[i, j], A[i, k],
 * A[k, j])`: which statements are that, and the parts of a block of steps. All steps of a block first run on the rows and
 * columns that they read themselves. The row and the column of each step are copied as they are before and after the step
 * (the four copies of Chowdhury and Ramachandran's C-GEP, "The cache-oblivious Gaussian elimination paradigm", 2010): points
 * before `k` read the one and points behind it the other, as in the order of the program. What is left of the matrix then
 * reads nothing that a step of the block writes, so that each of its elements can take all steps of the block at once.
 */

import { type Basic, basicOf, type Constraint, constraintsOf, remapBasic } from "../../../ir/analysis/sets/basic.js";
import { offsetRow, type Row, rowOf, scaleRow } from "../../../ir/analysis/sets/linear.js";
import { setSpace } from "../../../ir/analysis/sets/space.js";
import type { Value } from "../../../ir/graph.js";
import { reductionOf } from "./reductions.js";
import { type ArrayAccess, readsOf, type Scop, type Statement, writeOf } from "./scop.js";

/** A statement that is such steps. Its dims are the step, the row and the column. */
export interface Steps {
  readonly statement: Statement;
  /** Reads of the element itself, of the step's column and of the step's row. */
  readonly column: readonly ArrayAccess[];
  readonly row: readonly ArrayAccess[];
}

/** The only statement of a scop, where it is steps over a box; `undefined` for all others. */
export function stepsOf({ statements, parameters }: Scop): Steps | undefined {
  const [statement, ...others] = statements;
  if (!statement || others.length > 0 || parameters.length > 0 || statement.dims.length !== 3) return undefined;
  const { basics } = statement.domain;
  if (basics.length !== 1 || basics[0]!.congruences.length > 0) return undefined;
  if (constraintsOf(basics[0]!).some(({ row }) => row.slice(1).filter((x) => x !== 0).length > 1)) return undefined;
  const write = writeOf(statement);
  const [step, row, column] = [0, 1, 2].map((dim) => rowOf(3, 0, [dim, 1]));
  const isAt = (access: ArrayAccess, ...indices: readonly (Row | undefined)[]): boolean =>
    access.indices.length === 2 && access.indices.every((index, axis) => `${index}` === `${indices[axis]}`);
  if (!isAt(write, row, column)) return undefined;
  const reads = readsOf(statement).filter(({ array }) => array === write.array);
  const own = reads.filter((read) => isAt(read, row, column));
  const ofColumn = reads.filter((read) => isAt(read, row, step));
  const ofRow = reads.filter((read) => isAt(read, step, column));
  const isAll = own.length === 1 && own.length + ofColumn.length + ofRow.length === reads.length;
  return isAll && ofColumn.length > 0 && ofRow.length > 0 ? { statement, column: ofColumn, row: ofRow } : undefined;
}

/** Where a row or column is, seen from the steps of a block. */
export type Side = "before" | "inside" | "behind";
export const SIDES: readonly Side[] = ["before", "inside", "behind"];

/** Copies of what a step reads, as it is before and after that step. */
export interface Copies {
  readonly rows: Readonly<Record<"before" | "behind", Value>>;
  readonly columns: Readonly<Record<"before" | "behind", Value>>;
}

/** Columns of the parts' rows: the block, then the dims of the steps. */
export const BLOCK = 0;
export const [STEP, ROW, COLUMN] = [1, 2, 3] as const;
const COLUMNS = 4;

export class StepParts {
  readonly #steps: Steps;
  readonly #extent: number;
  readonly #copies: Copies;
  readonly #block: Value;

  /** `block`: a value for the number of the block, which no statement uses. */
  constructor(steps: Steps, extent: number, copies: Copies, block: Value) {
    this.#steps = steps;
    this.#extent = extent;
    this.#copies = copies;
    this.#block = block;
  }

  /** The steps on rows and columns of these sides; what is not read in place is read from copies. */
  part(name: string, row: Side, column: Side): Statement {
    const { statement, row: rowReads, column: columnReads } = this.#steps;
    const copied = (access: ArrayAccess): ArrayAccess => {
      if (rowReads.includes(access) && row !== "inside") return this.#rowCopy(access, row);
      // Whatever is in a column of the block is updated there, one step after the other.
      if (columnReads.includes(access) && row !== "inside" && column !== "inside")
        return this.#columnCopy(access, column);
      return this.#inBlock(access);
    };
    const accesses = statement.accesses.map(copied);
    const constraints = [...this.#base(), ...this.#side(ROW, row), ...this.#side(COLUMN, column)];
    return this.#made(name, [STEP, ROW, COLUMN], constraints, accesses, statement.body);
  }

  /** Keeps the row of each step, with the columns of the box. */
  rowKept(name: string, when: "before" | "behind", store: ArrayAccess["op"]): Statement {
    const read = this.#steps.row[0]!;
    return this.#kept(name, [STEP, COLUMN], this.#base().filter(isWithout(ROW)), read, {
      ...this.#rowCopy(read, when),
      kind: "write",
      op: store,
    });
  }

  /** Keeps the column of each step, in rows of one side. */
  columnKept(name: string, side: "before" | "behind", when: "before" | "behind", store: ArrayAccess["op"]): Statement {
    const read = this.#steps.column[0]!;
    const constraints = [...this.#base().filter(isWithout(COLUMN)), ...this.#side(ROW, side)];
    return this.#kept(name, [STEP, ROW], constraints, read, {
      ...this.#columnCopy(read, when),
      kind: "write",
      op: store,
    });
  }

  #kept(
    name: string,
    dims: readonly number[],
    constraints: readonly Constraint[],
    read: ArrayAccess,
    write: ArrayAccess,
  ): Statement {
    return this.#made(name, dims, constraints, [this.#inBlock(read), write], []);
  }

  /** A statement over the block and some of the steps' dims. */
  #made(
    name: string,
    dims: readonly number[],
    constraints: readonly Constraint[],
    accesses: readonly ArrayAccess[],
    body: Statement["body"],
  ): Statement {
    const { statement } = this.#steps;
    const columns = [BLOCK, ...dims];
    const target = Array.from({ length: COLUMNS }, (_, c) => (columns.includes(c) ? columns.indexOf(c) : undefined));
    const basic: Basic = remapBasic(basicOf(COLUMNS, constraints), columns.length, target);
    const names = ["block", ...dims.map((c) => statement.dims[c - 1]!)];
    const domain = { space: setSpace([], { name, dims: names }), basics: [basic] };
    const narrow = (row: Row): Row => [row[0]!, ...columns.map((c) => row[c + 1]!)];
    const own = accesses.map((access) => ({ ...access, indices: access.indices.map(narrow) }));
    const induction = [this.#block, ...dims.map((c) => statement.induction[c - 1]!)];
    const reduction = reductionOf(domain, own, body);
    return { name, dims: names, domain, accesses: own, body, induction, ...(reduction && { reduction }) };
  }

  #base(): Constraint[] {
    const [box] = this.#steps.statement.domain.basics;
    const wide = constraintsOf(remapBasic(box!, COLUMNS, [STEP, ROW, COLUMN]));
    return [...wide, ...this.#side(STEP, "inside")];
  }

  /** Where the dim is, seen from the block. */
  #side(dim: number, side: Side): Constraint[] {
    const from = rowOf(COLUMNS, 0, [dim, 1], [BLOCK, -this.#extent]);
    const behind = offsetRow(from, -this.#extent);
    const below = (row: Row): Constraint => ({ kind: "ge", row: offsetRow(scaleRow(-1, row), -1) });
    if (side === "before") return [below(from)];
    if (side === "behind") return [{ kind: "ge", row: behind }];
    return [{ kind: "ge", row: from }, below(behind)];
  }

  #inBlock(access: ArrayAccess): ArrayAccess {
    return { ...access, indices: access.indices.map((row) => [row[0]!, 0, ...row.slice(1)]) };
  }

  get #stepInBlock(): Row {
    return rowOf(COLUMNS, 0, [STEP, 1], [BLOCK, -this.#extent]);
  }

  #rowCopy(access: ArrayAccess, when: "before" | "behind"): ArrayAccess {
    return { ...access, array: this.#copies.rows[when], indices: [this.#stepInBlock, rowOf(COLUMNS, 0, [COLUMN, 1])] };
  }

  #columnCopy(access: ArrayAccess, when: "before" | "behind"): ArrayAccess {
    return { ...access, array: this.#copies.columns[when], indices: [rowOf(COLUMNS, 0, [ROW, 1]), this.#stepInBlock] };
  }
}

const isWithout =
  (dim: number) =>
  ({ row }: Constraint): boolean =>
    row[dim + 1] === 0;
