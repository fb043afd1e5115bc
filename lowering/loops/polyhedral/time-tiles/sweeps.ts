/**
 * @file Finds groups of statements that sweep over large arrays again and again (stencils in time): an outermost dim that
 * no element of those arrays depends on, and, from the group's permutable band, the members that may run in tiles with it.
 * Rows along which elements lie side by side stay whole, unskewed, and without tiles.
 */

import type { Row } from "../../../../ir/analysis/sets/linear.js";
import type { Value } from "../../../../ir/graph.js";
import type { MemRefType } from "../../../../ir/types.js";
import { bytesOf } from "../array-bytes.js";
import { dimsOfAccess } from "../nest/dependence-on-dims.js";
import type { Band, BandMember } from "../schedule-tree.js";
import { type ArrayAccess, type Statement, writeOf } from "../scop.js";

export interface Sweep {
  readonly statements: readonly Statement[];
  /** The member that counts sweeps: the same dim of every statement, which is its outermost. */
  readonly time: BandMember;
  /** Members across the arrays, but for the one of the rows: the outermost axis first. */
  readonly across: readonly BandMember[];
  /** The large arrays. */
  readonly arrays: readonly Value[];
}

/** The position of the dim that counts sweeps. */
export const TIME = 0;

/** `large`: bytes from which on an array counts. A reason where the band is no sweep. */
export function findSweep(band: Band, statements: readonly Statement[], large: number): Sweep | string {
  const [time, ...others] = band.members;
  if (!band.permutable || !time || others.length < 2) return "no two members besides that of time may run in tiles";
  if (!statements.every((s) => s.dims.length > 1 && isDim(time.rows.get(s.name)!, s, TIME)))
    return "its outermost loop is not that of one dim";
  const accesses = statements.flatMap((statement) =>
    statement.accesses
      .filter(({ array }) => bytesOf(array.type as MemRefType) > large)
      .map((access) => ({ statement, access })),
  );
  if (accesses.length === 0) return "its arrays are small";
  if (accesses.some(({ statement, access }) => dimsOfAccess(statement, access).has(TIME)))
    return "the elements that it touches change with its outermost loop";
  const across = others.filter(({ rows }) =>
    statements.every((s) => {
      const lane = rowDim(s);
      return lane !== undefined && coefficientOf(rows.get(s.name)!, s, lane) === 0;
    }),
  );
  if (across.length !== others.length - 1) return "its rows have no member of their own";
  const arrays = [...new Set(accesses.map(({ access }) => access.array))];
  return { statements, time, across: across.toSorted((x, y) => axisOf(x, statements) - axisOf(y, statements)), arrays };
}

/** The dim along which the statement writes elements side by side. */
function rowDim(statement: Statement): number | undefined {
  const write = writeOf(statement);
  const isAlong = (access: ArrayAccess, d: number): boolean =>
    access.indices.every((row, axis) => {
      const c = coefficientOf(row, statement, d);
      return axis === access.indices.length - 1 ? c === 1 : c === 0;
    });
  const found = [...statement.dims.keys()].find((d) => isAlong(write, d));
  return found === TIME ? undefined : found;
}

export function coefficientOf(row: Row, { dims }: Statement, dim: number): number {
  return row.at(dim - dims.length)!;
}

function isDim(row: Row, statement: Statement, dim: number): boolean {
  return statement.dims.every((_, d) => coefficientOf(row, statement, d) === (d === dim ? 1 : 0));
}

/** The dim other than that of time that the member runs through; `undefined` where there is none or several. */
export function dimAcross({ rows }: BandMember, statement: Statement): number | undefined {
  const row = rows.get(statement.name)!;
  const found = [...statement.dims.keys()].filter((d) => d !== TIME && coefficientOf(row, statement, d) !== 0);
  return found.length === 1 ? found[0] : undefined;
}

/** The outermost axis that the member runs through in any statement. */
function axisOf(member: BandMember, statements: readonly Statement[]): number {
  return Math.min(
    ...statements
      .map((s) => {
        const dim = dimAcross(member, s);
        return writeOf(s).indices.findIndex((row) => dim !== undefined && coefficientOf(row, s, dim) !== 0);
      })
      .map((axis) => (axis < 0 ? Number.POSITIVE_INFINITY : axis)),
  );
}
