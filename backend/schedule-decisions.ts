/**
 * @file Which loads of a host function the schedule needs no step for: those that only say which branch is taken. The
 * schedule's conditions name a buffer, whose first byte is read when the step runs; so a load may stand for that byte
 * only where it is of that byte, and nothing happens between it and the decision that could change it.
 */

import { elementFacts } from "../ir/element.js";
import type { Operation, Value } from "../ir/graph.js";
import type { MemRefType } from "../ir/types.js";

/** Operations whose first operand decides, and not where it is a number. */
const decisions: ReadonlySet<string> = new Set(["scf.if", "scf.condition", "cf.assert"]);

/** The load whose byte decides `decision`, where the byte alone does. */
export function decidingLoad(decision: Operation): Operation | undefined {
  const load = loadOfTruth(decision.operand(0));
  return load !== undefined && isQuietBetween(load, decision) ? load : undefined;
}

/** True where all that a load gives is decisions that read the byte themselves. */
export function feedsDecisionsAlone(load: Operation): boolean {
  return load.result.isUsed && everyUseDecides(load.result, load);
}

function everyUseDecides(value: Value, load: Operation): boolean {
  return [...value.users].every((user) => {
    if (user.operands.some((x, k) => x === value && k > 0)) return false;
    if (decisions.has(user.name)) return decidingLoad(user) === load;
    return isTruthOf(user) && everyUseDecides(user.result, load);
  });
}

/** The load of a byte, 0 where `value` is false, the first of its buffer. */
function loadOfTruth(value: Value): Operation | undefined {
  let op = value.definingOp;
  while (op && isTruthOf(op)) op = op.operand(0).definingOp;
  if (op?.name !== "memref.load") return undefined;
  const { element } = op.operand(0).type as MemRefType;
  const isByte = elementFacts[element].storageBytes === 1 && elementFacts[element].kind !== "float";
  return isByte && op.operands.slice(1).every((index) => constantOf(index) === 0n) ? op : undefined;
}

/** Makes a truth value of a byte that is 0 or 1, or one of a truth value. */
function isTruthOf(op: Operation): boolean {
  if (op.name === "arith.trunci") return op.result.type.kind === "scalar" && op.result.type.element === "i1";
  return op.name === "arith.cmpi" && op.attrs["predicate"] === "ne" && constantOf(op.operand(1)) === 0n;
}

function constantOf(value: Value): bigint | undefined {
  const op = value.definingOp;
  if (op?.name !== "arith.constant") return undefined;
  const { value: number } = op.attrs["value"] as { readonly value?: unknown };
  return typeof number === "bigint" ? number : undefined;
}

/** True where nothing behind `load` and before `decision` writes, calls or frees what was loaded from. */
function isQuietBetween(load: Operation, decision: Operation): boolean {
  if (load.block !== decision.block) return false;
  const storage = storageOf(load.operand(0));
  for (let op = load.next; op !== decision; op = op.next) {
    if (op === undefined || op.regions.length > 0) return false;
    const { traits } = op.def;
    const freesOther = op.name === "memref.dealloc" && storageOf(op.operand(0)) !== storage;
    const isQuiet = traits.includes("pure") || traits.includes("allocates") || freesOther || quiet.has(op.name);
    if (!isQuiet) return false;
  }
  return true;
}

/** Operations that look, and change nothing. */
const quiet: ReadonlySet<string> = new Set(["memref.load", "cf.assert"]);

/** What a memref is a view of in the end. */
function storageOf(value: Value): Value {
  const op = value.definingOp;
  const [source] = op?.operands ?? [];
  return source?.type.kind === "memref" && op?.def.traits.includes("pure") ? storageOf(source) : value;
}
