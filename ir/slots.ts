/**
 * @file Slots: how an operation definition names its operands, results and attributes, and how flat lists are
 * split into those named groups.
 */

import type { Attr } from "./attrs.js";
import type { Context } from "./context.js";
import type { Value } from "./graph.js";
import type { OpParser } from "./text/assembly.js";
import type { Type } from "./types.js";

/** A predicate on types, with the words the verifier and the docs use for it. */
export interface TypeConstraint<T extends Type = Type> {
  readonly describe: string;
  accepts(type: Type): type is T;
}

/** Any number of operands or results, or at most one. At most one group of each kind per operation, unless it keeps segment sizes. */
export interface Variadic<T extends Type = Type> {
  readonly variadic: true;
  readonly of: TypeConstraint<T>;
}
export interface Optional<T extends Type = Type> {
  readonly optional: true;
  readonly of: TypeConstraint<T>;
}

export type Slot = TypeConstraint | Variadic | Optional;
export type Slots = Readonly<Record<string, Slot>>;

/** How one kind of attribute is read from, and written to, MLIR's attribute tree. */
export interface AttrKind<T> {
  readonly describe: string;
  read(attr: Attr, context: Context): T | undefined;
  write(value: T, context: Context): Attr;
  /** Text inside a pretty form, where it differs from the attribute's own: `[1, 0]` for a dense array. */
  readonly pretty?: {
    print(value: T, context: Context): string;
    /**
     * The attribute tree that the text at the parser's position stands for. A function may answer `undefined`, having
     * read nothing, which leaves out the optional group that begins with the attribute.
     */
    readonly parse: "bracketed-i64" | "integer" | "keyword" | "symbol" | ((parser: OpParser) => Attr | undefined);
  };
}
export interface OptionalAttr<T> {
  readonly optional: true;
  readonly of: AttrKind<T>;
}
/** Left out of the text where it equals `value`. */
export interface DefaultAttr<T> {
  readonly default: T;
  readonly of: AttrKind<T>;
  /** Written all the same: upstream has no default there. */
  readonly written?: true;
}
// biome-ignore lint/suspicious/noExplicitAny: attribute kinds are invariant in T; this is the one existential
export type AttrSlot = AttrKind<any> | OptionalAttr<any> | DefaultAttr<any>;
export type AttrSlots = Readonly<Record<string, AttrSlot>>;

export type PerSlot<S, One, Many, Maybe> = S extends Variadic ? Many : S extends Optional ? Maybe : One;
export type SlotType<S> =
  S extends Variadic<infer T> ? T : S extends Optional<infer T> ? T : S extends TypeConstraint<infer T> ? T : never;

/** The static types that a record of slots stands for. */
export type TypesOf<S> = {
  readonly [K in keyof S]: PerSlot<S[K], SlotType<S[K]>, readonly SlotType<S[K]>[], SlotType<S[K]> | undefined>;
};
export type ValuesOf<S> = { readonly [K in keyof S]: PerSlot<S[K], Value, readonly Value[], Value | undefined> };
export type AttrsOf<A> = {
  readonly [K in keyof A]: A[K] extends OptionalAttr<infer T>
    ? T | undefined
    : A[K] extends DefaultAttr<infer T>
      ? T
      : A[K] extends AttrKind<infer T>
        ? T
        : never;
};
type Lenient<A> = {
  readonly [K in keyof A as A[K] extends OptionalAttr<unknown> | DefaultAttr<unknown>
    ? never
    : K]: A[K] extends AttrKind<infer T> ? T : never;
} & {
  readonly [K in keyof A as A[K] extends OptionalAttr<unknown> | DefaultAttr<unknown> ? K : never]?:
    | (A[K] extends OptionalAttr<infer T> | DefaultAttr<infer T> ? T : never)
    | undefined;
};
/** What a builder call must give: optional and defaulted attributes may be left out. */
export type AttrsIn<A> = { readonly [K in keyof Lenient<A>]: Lenient<A>[K] };

export function isVariadic(slot: Slot): slot is Variadic {
  return "variadic" in slot;
}
export function isOptional(slot: Slot): slot is Optional {
  return "optional" in slot;
}
export function isOptionalAttr(slot: AttrSlot): slot is OptionalAttr<unknown> {
  return "optional" in slot;
}
export function isDefaultAttr(slot: AttrSlot): slot is DefaultAttr<unknown> {
  return "default" in slot;
}
/** Whether two values of an attribute are the same data. */
export function sameAttrValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const text = (value: unknown) => JSON.stringify(value, (_, x: unknown) => (typeof x === "bigint" ? `${x}n` : x));
  return text(a) === text(b);
}
export function attrKindOf(slot: AttrSlot): AttrKind<unknown> {
  return "of" in slot ? (slot.of as AttrKind<unknown>) : (slot as AttrKind<unknown>);
}

/**
 * Splits a flat list into its named groups: a value each, a list for a variadic slot, a value or `undefined`
 * for an optional one. With more than one such slot `segments` gives the length of every group.
 */
export function groupBySlot<T>(
  slots: Slots,
  names: readonly string[],
  flat: readonly T[],
  segments: readonly number[] | undefined,
): Record<string, T | readonly T[] | undefined> {
  const grouped: Record<string, T | readonly T[] | undefined> = {};
  const sizes = segments ?? segmentSizes(slots, names, flat.length);
  let next = 0;
  for (let i = 0; i < names.length; i++) {
    const slot = slots[names[i]!]!;
    const size = sizes[i]!;
    if (isVariadic(slot)) grouped[names[i]!] = flat.slice(next, next + size);
    else grouped[names[i]!] = size === 0 ? undefined : flat[next];
    next += size;
  }
  return grouped;
}

/** Lengths of the groups where at most one slot is variadic or optional; a wrong `count` shows as a negative or short group. */
export function segmentSizes(slots: Slots, names: readonly string[], count: number): readonly number[] {
  const free = names.filter((n) => isVariadic(slots[n]!) || isOptional(slots[n]!));
  if (free.length > 1) throw new Error(`segment sizes are needed for ${free.join(", ")}`);
  const rest = count - (names.length - free.length);
  return names.map((n) => (n === free[0] ? rest : 1));
}

/** Lengths of the groups where all variadic ones have the same; `undefined` where `count` does not divide so. */
export function equalSegments(slots: Slots, names: readonly string[], count: number): readonly number[] | undefined {
  const groups = names.filter((n) => isVariadic(slots[n]!)).length;
  const each = (count - (names.length - groups)) / groups;
  return Number.isInteger(each) && each >= 0 ? names.map((n) => (isVariadic(slots[n]!) ? each : 1)) : undefined;
}

/** True where operand groups cannot be told apart by counting. */
export function needsSegments(slots: Slots): boolean {
  let free = 0;
  for (const name in slots) if (isVariadic(slots[name]!) || isOptional(slots[name]!)) free++;
  return free > 1;
}
