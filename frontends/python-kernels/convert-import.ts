/** @file Imports. */

import type { Alias, Statement } from "./ast.js";
import { type Node, partsOf, spanOf } from "./syntax.js";

/** The names of an import, with what they are called here. */
export function aliases(node: Node): readonly Alias[] {
  return node
    .childrenForFieldName("name")
    .filter((n) => n?.isNamed === true)
    .map((n): Alias => {
      const at = spanOf(n!);
      const plain = (x: Node | null): string => (x?.text ?? "").replaceAll(/\s/g, "");
      if (n!.type !== "aliased_import") return { kind: "alias", at, name: plain(n) };
      return {
        kind: "alias",
        at,
        name: plain(n!.childForFieldName("name")),
        asname: n!.childForFieldName("alias")?.text,
      };
    });
}

/** `from … import …`. */
export function importFrom(node: Node): Statement {
  const source = node.childForFieldName("module_name");
  const text = (source?.text ?? "").replaceAll(/\s/g, "");
  const level = /^\.*/.exec(text)![0].length;
  const wildcard = partsOf(node).find((n) => n.type === "wildcard_import");
  const star: readonly Alias[] = wildcard ? [{ kind: "alias", at: spanOf(wildcard), name: "*" }] : [];
  const module = text.slice(level);
  return {
    kind: "ImportFrom",
    at: spanOf(node),
    module: module === "" ? undefined : module,
    names: [...aliases(node), ...star],
    level,
  };
}
