/**
 * @file Prints sets and relations in isl's notation, such as `[n] -> { S[i] -> T[j] : i = 2j and 0 <= i < n }`.
 * isl and text-parse.ts read it back to the same points; congruences are printed with `mod`.
 */

import { type Basic, type Constraint, constraintsOf } from "./basic.js";
import type { Row } from "./linear.js";
import type { Relation } from "./relation.js";
import type { Tuple } from "./space.js";

/** Dims are named by column where two of them share a name. */
export function printRelation(a: Relation): string {
  const { params, input, output } = a.space;
  const given = [...params, ...(input?.dims ?? []), ...output.dims];
  const names = given.map((name, i) => (given.indexOf(name) === i ? name : freshName(given, name)));
  const inputs = names.slice(params.length, params.length + (input?.dims.length ?? 0));
  const outputs = names.slice(params.length + inputs.length);
  const tuple = (t: Tuple, dims: readonly string[]) => `${t.name}[${dims.join(", ")}]`;
  const point = `${input === undefined ? "" : `${tuple(input, inputs)} -> `}${tuple(output, outputs)}`;
  const pieces = a.basics.map((basic) => `${point}${printBasic(basic, names)}`);
  const body = pieces.length === 0 ? `${point} : false` : pieces.join("; ");
  return `${params.length === 0 ? "" : `[${params.join(", ")}] -> `}{ ${body} }`;
}

function freshName(given: readonly string[], name: string): string {
  let fresh = `${name}'`;
  while (given.includes(fresh)) fresh += "'";
  return fresh;
}

function printBasic(basic: Basic, names: readonly string[]): string {
  const constraints = constraintsOf(basic).map((c) => printConstraint(c, names));
  return constraints.length === 0 ? "" : ` : ${constraints.join(" and ")}`;
}

function printConstraint(constraint: Constraint, names: readonly string[]): string {
  if (constraint.kind === "mod") return `(${printRow(constraint.row, names)}) mod ${constraint.modulus} = 0`;
  return `${printRow(constraint.row, names)} ${constraint.kind === "eq" ? "=" : ">="} 0`;
}

/** The row as a sum, the constant last. */
export function printRow(row: Row, names: readonly string[]): string {
  const terms = names.map((name, i) => [row[i + 1]!, name] as const).filter(([value]) => value !== 0);
  let text = "";
  for (const [value, name] of [...terms, ...(row[0] === 0 ? [] : [[row[0]!, ""] as const])]) {
    const size = Math.abs(value);
    const term = name === "" ? String(size) : size === 1 ? name : `${size}*${name}`;
    text += text === "" ? `${value < 0 ? "-" : ""}${term}` : ` ${value < 0 ? "-" : "+"} ${term}`;
  }
  return text === "" ? "0" : text;
}
