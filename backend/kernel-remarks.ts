/** @file What passes decided about a kernel, read off its function for the manifest. lowering/remarks.ts puts it there. */

import type { Attr, AttrDict } from "../ir/attrs.js";
import type { Context } from "../ir/context.js";
import type { Operation } from "../ir/graph.js";
import { REMARKS } from "../ir/names.js";
import type { Remark } from "../runtime-lib/bundle/generated/manifest.js";
import { expressionOfText } from "./expression.js";

/** In the order of the passes. Sizes become expressions. */
export function remarksOn({ extra }: Operation, context: Context): readonly Remark[] {
  const attr = extra[REMARKS];
  return attr?.kind === "array" ? attr.items.map((item) => readRemark(item, context)) : [];
}

function readRemark(attr: Attr, context: Context): Remark {
  if (attr.kind !== "dict") throw new Error("a remark is a dictionary");
  const { numbers } = attr.entries;
  return {
    pass: textOf(attr.entries, "pass"),
    what: textOf(attr.entries, "what"),
    why: textOf(attr.entries, "why"),
    numbers:
      numbers?.kind === "dict"
        ? Object.keys(numbers.entries).map((name) => ({
            name,
            value: sizeText(textOf(numbers.entries, name), context),
          }))
        : [],
  };
}

function textOf(entries: AttrDict, name: string): string {
  const attr = entries[name];
  if (attr?.kind !== "string") throw new Error(`a remark has no ${name}`);
  return attr.value;
}

/** Dimension text as an expression; what is no size stays as it is. */
function sizeText(text: string, context: Context): string {
  const isSize = /[A-Za-z(]/.test(text) && context.dims.parse(text) !== undefined;
  return isSize ? expressionOfText(text, context) : text;
}
