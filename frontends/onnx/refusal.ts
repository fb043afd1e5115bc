/** @file What an importer cannot do: the codes. */

import type { DiagnosticCode } from "../../ir/diagnostic.js";

/** PS22xx: turning an ONNX graph into a program. */
export const importCode = {
  /** There is no such operator, or none that is supported. */
  operator: "PS2201",
  /** An operator is used in a way that is not supported. */
  form: "PS2202",
  /** A node contradicts its operator's definition. */
  node: "PS2203",
  /** An input or output of the model has a type that programs cannot have. */
  interface: "PS2204",
  /** A declared type disagrees with what the node computes. */
  declared: "PS2205",
} as const satisfies Record<string, DiagnosticCode>;
