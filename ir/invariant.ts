/** @file What is thrown where an invariant of the compiler turns out broken: a fault of ours, not of the user's program. */

import { formatLocation, type Location } from "./location.js";

/** With the place in the user's program that led to it. */
export function brokenInvariant(message: string, at: Location): Error {
  return new Error(at.kind === "unknown" ? message : `${message}, at ${formatLocation(at)}`);
}
