/**
 * @file Fields of JSON objects with their types checked. What is wrong is thrown as a `FieldError` that names the path; the
 * reader catches it at each node, so that one run reports every node that is wrong.
 */

import { integerOf, type Json } from "./json.js";

export type JsonObject = { readonly [key: string]: Json };

/** A record is not as the schema says. */
export class FieldError extends Error {
  override readonly name = "FieldError";

  /** The same fault, seen from the object around. */
  within(key: string): FieldError {
    return new FieldError(
      `${key}${this.message.startsWith("[") || this.message.startsWith(":") ? "" : "."}${this.message}`,
    );
  }
}

const wrong = (wanted: string, x: Json | undefined): FieldError =>
  new FieldError(`: ${wanted} is expected, not ${x === undefined ? "nothing" : describe(x)}`);

function describe(x: Json): string {
  if (Array.isArray(x)) return "a list";
  if (typeof x === "object") return x === null ? "null" : "an object";
  return JSON.stringify(x).slice(0, 60);
}

export function objectOf(x: Json | undefined): JsonObject {
  if (typeof x === "object" && x !== null && !Array.isArray(x)) return x as JsonObject;
  throw wrong("an object", x);
}

export function listOf(x: Json | undefined): readonly Json[] {
  if (Array.isArray(x)) return x as readonly Json[];
  throw wrong("a list", x);
}

export function textOf(x: Json | undefined): string {
  if (typeof x === "string" && integerOf(x) === undefined) return x;
  throw wrong("a text", x);
}

export function flagOf(x: Json | undefined): boolean {
  if (typeof x === "boolean") return x;
  throw wrong("true or false", x);
}

/** An integer that a number holds exactly. */
export function countOf(x: Json | undefined): number {
  const value = integerOf(x);
  if (value !== undefined && Number.isSafeInteger(Number(value))) return Number(value);
  throw wrong("an integer", x);
}

/** `read` of a field; faults in it get its name. */
export function field<T>(object: JsonObject, key: string, read: (x: Json | undefined) => T): T {
  try {
    return read(Object.hasOwn(object, key) ? object[key] : undefined);
  } catch (error) {
    throw error instanceof FieldError ? error.within(key) : error;
  }
}

/** `read` of a field that may be absent or null. */
export function optionalField<T>(object: JsonObject, key: string, read: (x: Json) => T): T | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return value === undefined || value === null ? undefined : inside(key, () => read(value));
}

export function items<T>(x: Json | undefined, read: (x: Json) => T): readonly T[] {
  const list = listOf(x);
  const made: T[] = [];
  try {
    for (const item of list) made.push(read(item));
  } catch (error) {
    throw error instanceof FieldError ? error.within(`[${made.length}]`) : error;
  }
  return made;
}

export function entries<T>(x: Json | undefined, read: (x: Json) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(objectOf(x)).map(([key, value]) => [key, inside(key, () => read(value))]));
}

/** The only field that is set of an object that is one of several things. */
export function variant(x: Json | undefined): readonly [string, Json] {
  const object = objectOf(x);
  let only: string | undefined;
  let count = 0;
  for (const key of Object.keys(object)) {
    if (object[key] === null) continue;
    only = key;
    count++;
  }
  if (only === undefined || count > 1) throw new FieldError(`: one field is expected to be set, not ${count}`);
  return [only, object[only]!];
}

function inside<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FieldError ? error.within(key) : error;
  }
}
