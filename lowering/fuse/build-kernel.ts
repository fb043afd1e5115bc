/**
 * @file Makes the function of one kernel from a group of operations: what they read from outside becomes arguments
 * (tensors read, then destinations, then numbers), what is read outside becomes results. Constants and arithmetic on
 * single numbers that only kernels need move into the function, as do tensors without contents that never leave it.
 */

import { Builder } from "../../ir/builder.js";
import { cloneOp, type ValueMap } from "../../ir/clone.js";
import type { Context } from "../../ir/context.js";
import { createOp } from "../../ir/create.js";
import type { AnyOpDef } from "../../ir/define.js";
import { funcOp, returnOp } from "../../ir/dialects/func.js";
import { empty, fromElements } from "../../ir/dialects/tensor/access.js";
import { Block, newRegion, type Operation, type Value } from "../../ir/graph.js";
import { derivedLocation, type Location } from "../../ir/location.js";
import { REMARKS } from "../../ir/names.js";
import { elementOf, type Type } from "../../ir/types.js";
import { destinationOf } from "../bufferize/destinations.js";
import { GROUP, ROWS } from "../kernels.js";
import { valuesReadBy } from "./kernel-groups.js";

export interface Kernel {
  readonly at: Location;
  /** The operations it is made from. */
  readonly group: readonly Operation[];
  /** What the call passes. */
  readonly args: readonly Value[];
  /** The values whose uses outside the call's results replace, in order. */
  readonly results: readonly Value[];
  readonly resultTypes: readonly Type[];
  /** Makes the function, in no module. */
  make(name: string): Operation;
}

/** `maySink` says which numbers nothing but kernels reads. */
export function buildKernel(group: readonly Operation[], maySink: (x: Value) => boolean, context: Context): Kernel {
  const members = new Set(group);
  const results = group.flatMap((op) => op.results.filter((r) => [...r.users].some((u) => !isInside(u, members))));
  const roots = new Set(results.map((r) => destinationRoot(r, members)));
  const isSunk = (x: Value): boolean => isScratch(x, roots) || isSinkable(x, maySink);
  const { captured, sunk } = collect(group, members, isSunk);
  const isTensor = (x: Value): boolean => x.type.kind === "tensor";
  const args = [
    ...captured.filter((x) => isTensor(x) && !roots.has(x)),
    ...captured.filter((x) => isTensor(x) && roots.has(x)),
    ...captured.filter((x) => !isTensor(x)),
  ];
  const at = placeOf(group);
  const resultTypes = results.map((r) => (isTensor(r) ? r.type : context.types.tensor([], elementOf(r.type))));
  return {
    at,
    group,
    args,
    results,
    resultTypes,
    make: (name) => makeFunction(name, { args, sunk, group, results, resultTypes, at }, context),
  };
}

interface Parts {
  readonly args: readonly Value[];
  readonly sunk: readonly Operation[];
  readonly group: readonly Operation[];
  readonly results: readonly Value[];
  readonly resultTypes: readonly Type[];
  readonly at: Location;
}

function makeFunction(name: string, parts: Parts, context: Context): Operation {
  const inputs = parts.args.map((x) => x.type);
  const body = new Block(inputs);
  const map: ValueMap = new Map(parts.args.map((x, i) => [x, body.args[i]!]));
  for (const op of [...parts.sunk, ...parts.group]) {
    const copy = cloneOp(op, map);
    copy.setExtra(GROUP, undefined);
    copy.setExtra(ROWS, undefined);
    copy.setExtra(REMARKS, undefined);
    body.append(copy);
  }
  const builder = new Builder(context, body);
  builder.at = parts.at;
  const values = parts.results.map((r, i) => {
    const value = map.get(r)!;
    if (r.type.kind === "tensor") return value;
    return builder.value(fromElements, { elements: [value] }, {}, { results: [parts.resultTypes[i]!] });
  });
  builder.op(returnOp, { operands: values }, {});
  const attrs = {
    sym_name: name,
    sym_visibility: "private",
    function_type: context.types.func(inputs, parts.resultTypes),
  };
  const func = createOp(context, funcOp as unknown as AnyOpDef, {
    operands: [],
    attrs,
    regions: [newRegion(body)],
    at: parts.at,
  });
  func.setExtra(ROWS, parts.group[0]?.extra[ROWS]);
  return func;
}

function isInside(op: Operation | undefined, members: ReadonlySet<Operation>): boolean {
  for (let at = op; at; at = at.parent) if (members.has(at)) return true;
  return false;
}

function isDefinedInside(x: Value, members: ReadonlySet<Operation>): boolean {
  return isInside(x.owner instanceof Block ? x.owner.parent : x.owner, members);
}

/** The tensor from outside the group whose storage a result takes over, step by step. */
function destinationRoot(result: Value, members: ReadonlySet<Operation>): Value | undefined {
  let at: Value | undefined = result;
  while (at && isDefinedInside(at, members)) at = destinationOf(at);
  return at;
}

/** A tensor without contents that is no result's storage: the kernel's own. */
function isScratch(x: Value, roots: ReadonlySet<Value | undefined>): boolean {
  return empty.matches(x.definingOp) && !roots.has(x);
}

function isSinkable(x: Value, maySink: (x: Value) => boolean): boolean {
  const op = x.definingOp;
  if (!op || x.type.kind !== "scalar" || op.regions.length > 0 || !op.def.traits.includes("pure")) return false;
  if (op.def.traits.includes("constant")) return true;
  return op.name !== "tensor.dim" && maySink(x);
}

/** What the group reads from outside, in order of first use, and operations outside to copy into the kernel. */
function collect(
  group: readonly Operation[],
  members: ReadonlySet<Operation>,
  isSunk: (x: Value) => boolean,
): { readonly captured: readonly Value[]; readonly sunk: readonly Operation[] } {
  const captured = new Set<Value>();
  const sunk = new Set<Operation>();
  const visit = (x: Value): void => {
    if (isDefinedInside(x, members) || captured.has(x)) return;
    if (!isSunk(x)) captured.add(x);
    else if (!sunk.has(x.definingOp!)) {
      x.definingOp!.operands.forEach(visit);
      sunk.add(x.definingOp!);
    }
  };
  for (const op of group) for (const x of valuesReadBy(op)) visit(x);
  return { captured: [...captured], sunk: [...sunk] };
}

function placeOf(group: readonly Operation[]): Location {
  return derivedLocation(
    "outline-kernels",
    group.map((op) => op.at),
  );
}
