/** @file What gives tile programs their shape: counted loops that carry values, and the addresses of a kernel's buffers. */

import { defineOp } from "../../define.js";
import type { Operation } from "../../graph.js";
import { anyMemRef, anyType, variadic } from "../../kinds.js";
import type { Assembly } from "../../text/assembly.js";
import { declare, parseBindings, printBindings, printTypeList } from "../../text/bindings.js";
import { printType, type Type } from "../../types.js";
import { registerType, scalarRegister } from "./types.js";

/** Hardware loops, which is how deep loops nest; the encoding's limit, a machine may have fewer. */
const deepest = 4;

export const addressOf = defineOp("tile.address_of", {
  summary: "Where a buffer that the kernel was given begins in HBM.",
  operands: { buffer: anyMemRef },
  attrs: {},
  results: { address: scalarRegister },
  traits: ["pure"],
  format: "$buffer attr-dict `:` type($buffer)",
  infer: (_, __, { context }) => ({ address: registerType("s", context) }),
});

export const yieldOp = defineOp("tile.yield", {
  summary: "Ends a turn of a loop and gives the values of the next one.",
  operands: { values: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($values `:` type($values))?",
});

const loopAssembly: Assembly = {
  print(op, printer) {
    const [count, ...inits] = op.operands;
    printer.text(" ");
    printer.value(count!);
    const { args } = op.region(0).blocks[0]!;
    if (args.length > 0) {
      printer.text(" iter_args");
      printBindings(printer, args, inits);
      printer.text(" -> ");
      printTypeList(
        printer,
        inits.map((x) => x.type),
      );
    }
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false, hideTerminator: args.length === 0 });
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const count = parser.operand();
    const carried = parser.tryKeyword("iter_args") ? parseBindings(parser) : { names: [], values: [] };
    if (carried.names.length > 0) parser.punct("->");
    const results = carried.names.length > 0 ? parser.resultTypes() : [];
    parser.expectTypes(carried.values, results);
    const region = parser.region(declare(carried.names, results), parser.opNamed("tile.yield"));
    const rest = parser.splitAttrs(def, parser.attrDict());
    return { operands: [count, ...carried.values], results, regions: [region], ...rest };
  },
};

export const loop = defineOp("tile.loop", {
  summary:
    "Runs its body `count` times on a hardware loop, carrying values from turn to turn; not at all for 0 or less.",
  operands: { count: scalarRegister, inits: variadic(anyType) },
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: ["loop"],
  format: loopAssembly,
  infer: ({ inits }) => ({ results: inits }),
  verify(op) {
    const [, ...inits] = op.operands;
    const body = op.region(0).blocks[0];
    const last = body?.last;
    const wanted = list(inits.map((x) => x.type));
    const problems: string[] = [];
    if (depthOf(op) > deepest) problems.push(`loops nest ${depthOf(op)} deep; there are ${deepest} hardware loops`);
    if (!yieldOp.matches(last)) return [...problems, "the body must end with tile.yield"];
    const takes = list((body?.args ?? []).map((x) => x.type));
    const yields = list(last!.operands.map((x) => x.type));
    if (takes !== wanted) problems.push(`the body takes (${takes}) instead of (${wanted})`);
    if (yields !== wanted) problems.push(`the body yields (${yields}) instead of (${wanted})`);
    return problems;
  },
});

const list = (types: readonly Type[]): string => types.map((t) => printType(t)).join(", ");

/** How many loops an operation is in, itself counted. */
function depthOf(op: Operation): number {
  let depth = 0;
  for (let at: Operation | undefined = op; at !== undefined; at = at.parent) if (loop.matches(at)) depth++;
  return depth;
}
