/** @file Faults of the compiler itself: branches that the type system proves dead, and invariants found broken. */

import { formatLocation, type Location } from "./location.js";

export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}

/** A fault of ours, with the place in the user's program that led to it. */
export function brokenInvariant(message: string, at: Location): Error {
  return new Error(at.kind === "unknown" ? message : `${message}, at ${formatLocation(at)}`);
}
