/** @file Calls: composites, which keep the meaning of a decomposition, and calls out of the program. */

import { printSymbol } from "../../attrs.js";
import { type AnyOpDef, defineOp } from "../../define.js";
import type { Operation } from "../../graph.js";
import {
  anyAttr,
  arrayOf,
  bool,
  defaultAttr,
  dictionary,
  i32,
  optionalAttr,
  string,
  symbolRef,
  variadic,
} from "../../kinds.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { printType, type Type } from "../../types.js";
import { moduleOp } from "../builtin.js";
import { funcOp, lookupFunction } from "../func.js";
import { parseTail, printTail } from "./assembly.js";
import { outputOperandAlias } from "./attributes.js";
import { knownTargets } from "./call-targets.js";
import { anyValue } from "./constraints.js";

/** `"name" %a, %b ({region}) {attributes} : types`; most composites have no region. */
const compositeAssembly: Assembly = {
  print(op, printer) {
    printer.text(` ${printer.prettyAttr(op, "name")} `);
    printer.values(op.operands);
    op.regions.forEach((region, i) => {
      printer.text(i === 0 ? " (" : ", ");
      printer.region(region);
      if (i === op.regions.length - 1) printer.text(")");
    });
    printTail(op, printer, ["name"]);
  },
  parse(parser, def) {
    const name = parser.string();
    const operands = parser.operands();
    const regions = parser.peek("(") ? parser.list("(", ")", () => parser.region()) : [];
    return { ...parseTail(parser, def, operands, { name }), regions };
  },
};

export const composite = defineOp("stablehlo.composite", {
  summary: "A named operation whose meaning is a function of the module, which may be inlined or replaced as a whole.",
  operands: { inputs: variadic(anyValue) },
  attrs: {
    name: string,
    composite_attributes: defaultAttr(dictionary, {}),
    decomposition: symbolRef,
    version: defaultAttr(i32, 0),
  },
  results: { outputs: variadic(anyValue) },
  regions: ["composite_regions*"],
  traits: [],
  format: compositeAssembly,
  verify: (op, { decomposition, name }) =>
    /^[^.]+\..+$/.test(name) ? checkDecomposition(op, decomposition) : `'${name}' is not of the form namespace.name`,
  evaluate: ({ inputs }, { decomposition }, evaluation) => ({ outputs: evaluation.call(decomposition, inputs) }),
});

function checkDecomposition(op: Operation, name: string): string | undefined {
  let module: Operation | undefined = op;
  while (module && !moduleOp.matches(module)) module = module.parent;
  if (!module) return undefined; // not in a module yet: there is nothing to look the name up in
  const func = lookupFunction(module, name);
  if (!func) return `there is no function ${printSymbol(name)} to decompose into`;
  const { inputs, results } = funcOp.attrsOf(func).function_type;
  const same = (a: readonly Type[], b: readonly Type[]) =>
    a.length === b.length && a.every((t, i) => printType(t) === printType(b[i]!));
  const fits =
    same(
      inputs,
      op.operands.map((x) => x.type),
    ) &&
    same(
      results,
      op.results.map((x) => x.type),
    );
  return fits ? undefined : `its types are not those of ${printSymbol(name)}, which it decomposes into`;
}

/** `@target(%a, %b) {attributes} : types` */
const customCallAssembly: Assembly = {
  print(op, printer) {
    printer.text(` ${printSymbol(customCall.attrsOf(op).call_target_name)}(`);
    printer.values(op.operands);
    printer.text(")");
    printTail(op, printer, ["call_target_name"]);
  },
  parse(parser: OpParser, def: AnyOpDef) {
    const target = parser.symbolName();
    const operands = parser.list("(", ")", () => parser.operand());
    return parseTail(parser, def, operands, { call_target_name: target });
  },
};

/** API_VERSION_ORIGINAL */
const ORIGINAL_API = 1;

export const customCall = defineOp("stablehlo.custom_call", {
  summary: "A call to something outside the program, by name.",
  operands: { inputs: variadic(anyValue) },
  attrs: {
    call_target_name: string,
    has_side_effect: defaultAttr(bool, false),
    backend_config: optionalAttr(anyAttr),
    api_version: defaultAttr(i32, ORIGINAL_API),
    called_computations: defaultAttr(arrayOf(symbolRef), []),
    operand_layouts: optionalAttr(anyAttr),
    result_layouts: optionalAttr(anyAttr),
    output_operand_aliases: defaultAttr(arrayOf(outputOperandAlias), []),
  },
  results: { outputs: variadic(anyValue) },
  traits: [],
  format: customCallAssembly,
  evaluate({ inputs }, { call_target_name: target, called_computations: called }, evaluation) {
    const run = Object.hasOwn(knownTargets, target) ? knownTargets[target] : undefined;
    if (!run) throw new Error(`the call target ${printSymbol(target)} is not known to the interpreter`);
    return { outputs: run(inputs, { evaluation, called }) };
  },
});
