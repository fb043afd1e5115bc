/** @file `builtin`: the module, and the cast that marks a conversion in progress. */

import { printSymbol } from "../attrs.js";
import type { Context, Dialect } from "../context.js";
import { createOp } from "../create.js";
import { type AnyOpDef, defineOp } from "../define.js";
import { Block, newRegion, type Operation } from "../graph.js";
import { anyType, optionalAttr, string, variadic } from "../kinds.js";
import { unknownLocation } from "../location.js";
import type { Assembly } from "../text/assembly.js";

const moduleAssembly: Assembly = {
  print(op, printer) {
    const name = op.attrs["sym_name"] as string | undefined;
    if (name !== undefined) printer.text(` ${printSymbol(name)}`);
    printer.attrDict(op, ["sym_name"], "attributes");
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false });
  },
  parse(parser, def) {
    const name = parser.trySymbolName();
    const dict = parser.tryKeyword("attributes") ? parser.attrDict() : {};
    const { attrs, extra } = parser.splitAttrs(def, dict, name === undefined ? {} : { sym_name: name });
    const region = parser.region();
    return { operands: [], attrs, extra, regions: [region.blocks.length === 0 ? newRegion(new Block()) : region] };
  },
};

export const moduleOp = defineOp("builtin.module", {
  summary: "The unit of compilation: functions and other symbols.",
  operands: {},
  attrs: { sym_name: optionalAttr(string) },
  results: {},
  regions: ["body"],
  traits: ["isolated", "symbol-table"],
  format: moduleAssembly,
});

export const unrealizedConversionCast = defineOp("builtin.unrealized_conversion_cast", {
  summary: "A value seen as another type while a conversion is under way.",
  operands: { inputs: variadic(anyType) },
  attrs: {},
  results: { outputs: variadic(anyType) },
  traits: ["pure"],
  format: "($inputs `:` type($inputs))? `to` type($outputs) attr-dict",
});

export const builtin: Dialect = {
  name: "builtin",
  summary: "The module.",
  ops: [moduleOp, unrealizedConversionCast],
};

/** An empty module. */
export function newModule(context: Context): Operation {
  return createOp(context, moduleOp as unknown as AnyOpDef, {
    operands: [],
    attrs: {},
    regions: [newRegion(new Block())],
    at: unknownLocation,
  });
}

/** The block that holds a module's functions. */
export function moduleBody(module: Operation): Block {
  const block = module.region(0).blocks[0];
  if (!block) throw new Error("the module has no body");
  return block;
}
