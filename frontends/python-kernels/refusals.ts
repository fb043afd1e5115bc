/** @file Statements that a kernel cannot have, and what may be written for them. */

import type { Statement } from "./ast.js";
import { describe } from "./expression-names.js";

/** What is wrong with the statement, and a way out where there is one. */
export function refusal(s: Statement): readonly [message: string, fix?: string] {
  switch (s.kind) {
    case "Expr":
      return [`${describe(s.value)} by itself does nothing in a kernel`];
    case "Return":
      return ["a kernel returns nothing, and ends at its end", "write results into arrays that are parameters"];
    case "While":
      return ["a kernel cannot use while", "use for … in range(…)"];
    default:
      return [`${statementNames[s.kind] ?? s.kind} cannot be part of a kernel`];
  }
}

const statementNames: Readonly<Partial<Record<Statement["kind"], string>>> = {
  Assert: "assert",
  AsyncFor: "async",
  AsyncWith: "async",
  Break: "break",
  ClassDef: "a class",
  Continue: "continue",
  Delete: "del",
  FunctionDef: "a function",
  Import: "an import",
  ImportFrom: "an import",
  Match: "match",
  Raise: "raise",
  Try: "try",
  With: "with",
};
