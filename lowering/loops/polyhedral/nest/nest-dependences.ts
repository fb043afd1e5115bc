/** @file Dependences of one statement on itself within one run of a nest: pairs of points that touch one element. */

import { type Basic, basicOf, type Constraint, constraintsOf, remapBasic } from "../../../../ir/analysis/sets/basic.js";
import { isEmptyBasic } from "../../../../ir/analysis/sets/feasibility.js";
import { type Row, rowOf, Work } from "../../../../ir/analysis/sets/linear.js";
import type { Relation } from "../../../../ir/analysis/sets/relation.js";
import { range } from "../../../../ir/analysis/sets/space.js";
import { type ArrayAccess, type Statement, writeOf } from "../scop.js";

/**
 * `fixed`: rows over [parameters, dims] that have one value in a run. Pairs in both directions; those of a point with itself, and those of a
 * reduction's own element, are left out.
 */
export function dependencesInNest(statement: Statement, fixed: readonly Row[]): Relation[] {
  const write = writeOf(statement);
  const own = statement.reduction?.accumulator;
  return statement.accesses
    .filter((access) => access.array === write.array && !(own && (access === own || access === write)))
    .map((access) => conflict(statement, write, access, fixed));
}

/** Points that write what others access. */
function conflict(
  { name, dims, domain }: Statement,
  write: ArrayAccess,
  access: ArrayAccess,
  fixed: readonly Row[],
): Relation {
  const { params } = domain.space;
  const [p, n] = [params.length, dims.length];
  const columns = p + 2 * n;
  const at = (row: readonly number[], shift: number) => [
    ...row.slice(0, p + 1),
    ...new Array<number>(shift).fill(0),
    ...row.slice(p + 1),
    ...new Array<number>(n - shift).fill(0),
  ];
  const same: Constraint[] = write.indices.map((row, axis) => {
    const other = at(access.indices[axis]!, n);
    return { kind: "eq", row: at(row, 0).map((x, k) => x - other[k]!) };
  });
  const together: Constraint[] = fixed.map((row) => {
    const other = at(row, n);
    return { kind: "eq", row: at(row, 0).map((x, k) => x - other[k]!) };
  });
  const place = (basic: Basic, shift: number): readonly Constraint[] =>
    constraintsOf(remapBasic(basic, columns, [...range(0, p), ...range(p + shift, n)]));
  const pairs = domain.basics.flatMap((x) =>
    domain.basics.map((y) => basicOf(columns, [...place(x, 0), ...place(y, n), ...same, ...together])),
  );
  const differ = (d: number, sign: number): Constraint => ({
    kind: "ge",
    row: rowOf(columns, -1, [p + d, -sign], [p + n + d, sign]),
  });
  // Points that differ somewhere.
  const basics = pairs.flatMap((pair) =>
    range(0, n).flatMap((d) =>
      [1, -1].flatMap((sign) => {
        const before = range(0, d).map(
          (e): Constraint => ({ kind: "eq", row: rowOf(columns, 0, [p + e, 1], [p + n + e, -1]) }),
        );
        const basic = basicOf(columns, [...constraintsOf(pair), ...before, differ(d, sign)]);
        return isEmptyBasic(basic, new Work()) ? [] : [basic];
      }),
    ),
  );
  const tuple = { name, dims };
  return { space: { params, input: tuple, output: tuple }, basics };
}
