/**
 * @file Making operations: constraints are checked, result types inferred and joined with what was asked for.
 * Text, builders and rewrite rules all come through `createOp`.
 */

import type { AttrDict } from "./attrs.js";
import type { Context } from "./context.js";
import type { AnyOpDef } from "./define.js";
import { compileError } from "./diagnostic.js";
import { type AttrValues, type Block, Operation, type Region, type Value } from "./graph.js";
import type { Location } from "./location.js";
import {
  attrKindOf,
  groupBySlot,
  isDefaultAttr,
  isOptional,
  isOptionalAttr,
  isVariadic,
  needsSegments,
  type Slots,
  segmentSizes,
} from "./slots.js";
import { printType, type Type } from "./types.js";

export interface OpParts {
  readonly operands: readonly Value[];
  readonly segments?: readonly number[] | undefined;
  readonly attrs: AttrValues;
  readonly extra?: AttrDict | undefined;
  /** Result types as written; sizes may be unknown. */
  readonly results?: readonly Type[] | undefined;
  readonly regions?: readonly Region[] | undefined;
  readonly successors?: readonly Block[] | undefined;
  readonly at: Location;
}

/** @throws CompileError PS1001 (a constraint), PS1002 (inference), PS1003 (attributes), PS1004 (result types). */
export function createOp(context: Context, def: AnyOpDef, parts: OpParts): Operation {
  const attrs = withDefaults(def, parts.attrs, parts.at);
  const problem = checkOperands(
    def,
    parts.operands.map((x) => x.type),
    parts.segments,
  );
  if (problem) throw compileError("PS1001", `${def.name}: ${problem}`, { at: parts.at });
  const resultTypes = resultTypesOf(context, def, attrs, parts);
  const bad = checkSlots(def.results as Slots, def.resultNames, resultTypes, undefined, "result");
  if (bad) throw compileError("PS1001", `${def.name}: ${bad}`, { at: parts.at });
  const { operands, extra, regions, successors, segments, at } = parts;
  // Written out, so that all have one shape: spreading `parts` costs more than all the checks.
  return new Operation({ def, operands, attrs, extra, resultTypes, regions, successors, segments, at });
}

function withDefaults(def: AnyOpDef, given: AttrValues, at: Location): AttrValues {
  const attrs: Record<string, unknown> = {};
  for (const name of def.attrNames) {
    const slot = def.attrs[name]!;
    const value = given[name];
    if (value !== undefined) attrs[name] = value;
    else if (isDefaultAttr(slot)) attrs[name] = slot.default;
    else if (!isOptionalAttr(slot))
      throw compileError(
        "PS1003",
        `${def.name}: attribute '${name}' is missing; it must be ${attrKindOf(slot).describe}`,
        { at },
      );
  }
  for (const name in given)
    if (!Object.hasOwn(def.attrs, name)) throw new Error(`${def.name} declares no attribute '${name}'`);
  return attrs;
}

function resultTypesOf(context: Context, def: AnyOpDef, attrs: AttrValues, parts: OpParts): readonly Type[] {
  const given = parts.results;
  if (!def.infer) {
    if (given) return given.map((t) => context.fillUnknown(t, () => context.freshSymbol("data")));
    if (def.resultNames.length === 0) return [];
    throw new Error(`${def.name} does not infer its result types; they must be given`);
  }
  const types = groupBySlot(
    def.operands as Slots,
    def.operandNames,
    parts.operands.map((x) => x.type),
    parts.segments,
  );
  const regions = (parts.regions ?? []).map(regionSignature);
  const inferred = def.infer(types, attrs, { context, op: def.name, given, regions }) as
    | Record<string, Type | readonly Type[] | undefined>
    | string;
  if (typeof inferred === "string") throw compileError("PS1002", `${def.name}: ${inferred}`, { at: parts.at });
  const flat = def.resultNames.flatMap((name) => inferred[name] ?? []) as Type[];
  return mergeResults(context, def, given, flat, parts.at).map((t) =>
    context.fillUnknown(t, () => context.freshSymbol("data")),
  );
}

function mergeResults(
  context: Context,
  def: AnyOpDef,
  given: readonly Type[] | undefined,
  inferred: readonly Type[],
  at: Location,
): readonly Type[] {
  if (!given) return inferred;
  if (given.length !== inferred.length)
    throw compileError("PS1004", `${def.name} has ${inferred.length} results, the text gives ${given.length}`, { at });
  return inferred.map((type, i) => {
    const merged = context.mergeTypes(given[i]!, type);
    if (!merged)
      throw compileError(
        "PS1004",
        `${def.name}: result ${i} is given as ${printType(given[i]!)} but must be ${printType(type)}`,
        { at },
      );
    return merged;
  });
}

/** Types of the entry block's arguments and of what the last terminator yields. */
export function regionSignature(region: Region): { readonly args: readonly Type[]; readonly yields: readonly Type[] } {
  const entry = region.blocks[0];
  const last = region.blocks.at(-1)?.last;
  const yields = last?.def.traits.includes("terminator") ? last.operands.map((x) => x.type) : [];
  return { args: entry ? entry.args.map((x) => x.type) : [], yields };
}

/** What is wrong with the operand types of an operation, or `undefined`. */
export function checkOperands(
  def: AnyOpDef,
  types: readonly Type[],
  segments: readonly number[] | undefined,
): string | undefined {
  if (needsSegments(def.operands) && !segments) return "the sizes of its operand groups are missing";
  return checkSlots(def.operands as Slots, def.operandNames, types, segments, "operand");
}

export function checkSlots(
  slots: Slots,
  names: readonly string[],
  types: readonly Type[],
  segments: readonly number[] | undefined,
  what: "operand" | "result",
): string | undefined {
  const sizes = segments ?? segmentSizes(slots, names, types.length);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== types.length || sizes.some((n) => n < 0))
    return `takes ${describeCount(slots, names)} ${what}s, not ${types.length}`;
  let next = 0;
  for (let i = 0; i < names.length; i++) {
    const slot = slots[names[i]!]!;
    if (isOptional(slot) && sizes[i]! > 1) return `${what} '${names[i]}' may be given once`;
    const constraint = isVariadic(slot) || isOptional(slot) ? slot.of : slot;
    for (let k = 0; k < sizes[i]!; k++, next++) {
      const type = types[next]!;
      if (!constraint.accepts(type))
        return `${what} '${names[i]}' must be ${constraint.describe}, not ${printType(type)}`;
    }
  }
  return undefined;
}

function describeCount(slots: Slots, names: readonly string[]): string {
  const fixed = names.filter((n) => !isVariadic(slots[n]!) && !isOptional(slots[n]!)).length;
  return fixed === names.length ? String(fixed) : `at least ${fixed}`;
}
