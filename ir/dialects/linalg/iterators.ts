/** @file How an axis of a structured operation's iteration space may be run. */

import type { AttrKind } from "../../slots.js";

export const iteratorKinds = ["parallel", "reduction", "window"] as const;
/** `parallel`: each point writes its own element; `reduction`: points are combined in order; `window`: of a stencil. */
export type IteratorKind = (typeof iteratorKinds)[number];

function isKind(text: string): text is IteratorKind {
  return (iteratorKinds as readonly string[]).includes(text);
}

/** Words in the pretty form, `#linalg.iterator_type<…>` in the generic one. */
export const iteratorTypes: AttrKind<readonly IteratorKind[]> = {
  describe: `a list, each one of ${iteratorKinds.join(", ")}`,
  read(a) {
    if (a.kind !== "array") return undefined;
    const words = a.items.map((x) =>
      x.kind === "string" ? x.value : x.kind === "dialect" && x.name === "linalg.iterator_type" ? x.body : "",
    );
    return words.every(isKind) ? words : undefined;
  },
  write: (words) => ({
    kind: "array",
    items: words.map((body) => ({ kind: "dialect", name: "linalg.iterator_type", body })),
  }),
};
