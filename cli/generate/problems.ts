/** @file What can be wrong when a bundle is to write text. */

import type { DiagnosticCode } from "../../ir/diagnostic.js";

/** PS603x: generation. */
export const generateCode = {
  /** The bundle has no entries that read a prompt and write on, or they are not as they must be. */
  bundle: "PS6030",
  /** The prompt is missing, empty, longer than the cache, or has tokens that the model does not know. */
  prompt: "PS6031",
  /** A tokenizer.json is missing, malformed, or of a kind that is not supported. */
  tokenizer: "PS6032",
  /** The logits are not numbers. */
  logits: "PS6033",
  /** The cache is full before the text has ended. */
  full: "PS6034",
} as const satisfies Record<string, DiagnosticCode>;
