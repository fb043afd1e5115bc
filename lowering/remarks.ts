/**
 * @file Remarks: what a pass decided about a kernel, why, and the numbers it decided by, kept on the kernel's function for
 * `persimmons explain`. They are for people: no pass reads another's, and equal kernels stay equal whatever is said of them.
 */

import { type Attr, arrayAttr, stringAttr } from "../ir/attrs.js";
import type { Operation } from "../ir/graph.js";
import { REMARKS } from "../ir/names.js";

export interface Remark {
  /** The pass that decided. */
  readonly pass: string;
  /** What it did, or did not do: "two operations become one loop over rows". */
  readonly what: string;
  /** The reason, as a sentence of its own: "a row of 4 KiB stays in the first cache". */
  readonly why: string;
  /** What was compared, by name with its unit: numbers, or sizes as dimension text. */
  readonly numbers?: Readonly<Record<string, number | string>>;
}

/** Adds a remark to what is said of `op`: a kernel's function, or an operation that will be in one. */
export function remark(op: Operation, said: Remark): void {
  addRemarks(op, [remarkAttr(said)]);
}

/** The remarks of `from` are those of `to` as well, behind its own. */
export function copyRemarks(from: Operation, to: Operation): void {
  const attr = from.extra[REMARKS];
  if (attr?.kind === "array") addRemarks(to, attr.items);
}

function addRemarks(op: Operation, added: readonly Attr[]): void {
  const before = op.extra[REMARKS];
  op.setExtra(REMARKS, arrayAttr([...(before?.kind === "array" ? before.items : []), ...added]));
}

function remarkAttr({ pass, what, why, numbers = {} }: Remark): Attr {
  const entries = { pass: stringAttr(pass), what: stringAttr(what), why: stringAttr(why) };
  const listed = Object.entries(numbers).map(([name, value]) => [name, stringAttr(String(value))] as const);
  if (listed.length === 0) return { kind: "dict", entries };
  return { kind: "dict", entries: { ...entries, numbers: { kind: "dict", entries: Object.fromEntries(listed) } } };
}
