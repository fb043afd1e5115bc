/**
 * @file How a function on tensors is called once it works on memrefs: every tensor result is written to an argument,
 * either one that the function had (its storage is taken over) or one that is added behind the others.
 */

import type { Type } from "../../ir/types.js";

export interface KernelSignature {
  /** Added ones included. */
  readonly args: readonly ArgumentUse[];
  readonly results: readonly ResultPlace[];
}

export interface ArgumentUse {
  /** What it holds at the call matters. */
  readonly isRead: boolean;
  /** A result is written to it. */
  readonly isWritten: boolean;
}

export interface ResultPlace {
  readonly type: Type;
  /** The argument the result is written to. */
  readonly arg: number;
  /** The function did not have the argument before. */
  readonly isAdded: boolean;
}
