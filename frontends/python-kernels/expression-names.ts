/** @file What expressions are called where something is said of them, and which elements they name. */

import type { Expression } from "./ast.js";

const kinds: Readonly<Partial<Record<Expression["kind"], string>>> = {
  Attribute: "an attribute",
  Await: "await",
  Dict: "a dictionary",
  JoinedStr: "a string",
  Lambda: "a lambda",
  List: "a list",
  ListComp: "a comprehension",
  NamedExpr: "an assignment within an expression",
  Tuple: "a tuple",
};

/** An expression as the subject of a sentence. */
export function describe(x: Expression): string {
  return x.kind === "Name" ? `'${x.id}'` : (kinds[x.kind] ?? `a ${x.kind}`);
}

/** True where `x` reads elements that `test` has not read already, so that they might lie beyond an array. */
export function readsBeyond(x: Expression, test: Expression): boolean {
  const known = new Set([...elementsIn(test)]);
  return [...elementsIn(x)].some((text) => !known.has(text));
}

function* elementsIn(x: unknown): Generator<string> {
  if (typeof x !== "object" || x === null) return;
  if ("kind" in x && x.kind === "Subscript")
    yield JSON.stringify(x, (key, value: unknown) =>
      key === "at" ? undefined : typeof value === "bigint" ? `${value}` : value,
    );
  for (const inner of Object.values(x)) yield* elementsIn(inner);
}
