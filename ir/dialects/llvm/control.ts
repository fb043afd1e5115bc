/** @file `llvm`: functions, calls and branches. */

import { type Attr, type AttrDict, printAttrDict, printSymbol } from "../../attrs.js";
import { type AnyOpDef, type Datum, defineOp } from "../../define.js";
import { newRegion, type Value } from "../../graph.js";
import {
  anyAttr,
  defaultAttr,
  i32Array,
  i64,
  optionalAttr,
  scalarLike,
  string,
  symbolRef,
  typeKind,
  variadic,
} from "../../kinds.js";
import type { Assembly, DeclaredArg, OpParser, ParsedOp } from "../../text/assembly.js";
import { checkSuccessors } from "../../text/successors.js";
import type { Type } from "../../types.js";
import { branchAssembly, conditionalAssembly } from "../cf/branch.js";
import { type CaseValues, caseValues, groupsOfCases, parseCases, printCases } from "../cf/cases.js";
import { wordKind } from "./attributes.js";
import { firstClass } from "./memory.js";
import type { Pointer } from "./pointer.js";
import { llvmFunctionType, llvmSignature } from "./signature.js";

const integer = scalarLike("an integer", "int", "bool");
const condition = scalarLike("an i1", "bool");

function dictionaries(attr: Attr | undefined): readonly AttrDict[] {
  return attr?.kind === "array" ? attr.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
}

function nonEmpty(dict: AttrDict | undefined): string {
  return dict && Object.keys(dict).length > 0 ? ` ${printAttrDict(dict)}` : "";
}

const SHOWN = ["sym_name", "function_type", "linkage", "arg_attrs", "res_attrs"];

const funcAssembly: Assembly = {
  print(op, printer) {
    const { sym_name: name, function_type: type, linkage, arg_attrs, res_attrs } = func.attrsOf(op);
    const signature = llvmSignature(printer.context, type);
    const entry = op.region(0).blocks[0];
    const word = linkage?.kind === "dialect" && linkage.body !== "external" ? `${linkage.body} ` : "";
    printer.text(` ${word}${printSymbol(name)}(`);
    const attrs = dictionaries(arg_attrs);
    (signature?.inputs ?? []).forEach((t, i) => {
      if (i > 0) printer.text(", ");
      if (entry) printer.text(`${printer.nameOf(entry.args[i]!)}: `);
      printer.type(t);
      printer.text(nonEmpty(attrs[i]));
    });
    if (signature?.isVariadic) printer.text(signature.inputs.length > 0 ? ", ..." : "...");
    printer.text(")");
    const [resultAttrs] = dictionaries(res_attrs);
    if (signature?.result) {
      printer.text(resultAttrs ? " -> (" : " -> ");
      printer.type(signature.result);
      printer.text(resultAttrs ? `${nonEmpty(resultAttrs)})` : "");
    }
    printer.attrDict(op, SHOWN, "attributes");
    if (!entry) return;
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false });
  },
  parse: (parser, def) => parseFunction(parser, def),
};

function parseFunction(parser: OpParser, def: AnyOpDef): ParsedOp {
  const word = parser.peek("@") ? undefined : parser.identifier("a linkage");
  const name = parser.symbolName();
  const args: (DeclaredArg & { readonly attrs: AttrDict })[] = [];
  let isVariadic = false;
  parser.list("(", ")", () => {
    if (parser.tryPunct("...")) {
      isVariadic = true;
      return;
    }
    const at = parser.location();
    const argName = parser.peek("%") ? parser.valueName() : "";
    if (argName !== "") parser.punct(":");
    args.push({ name: argName, type: parser.type(), at, attrs: parser.attrDict() });
  });
  const results = parser.tryPunct("->") ? parseResult(parser) : { type: undefined, attrs: undefined };
  const dict = parser.tryKeyword("attributes") ? parser.attrDict() : {};
  const region = parser.peek("{") ? parser.functionBody(args) : newRegion();
  const known = {
    sym_name: name,
    function_type: llvmFunctionType(parser.context, {
      inputs: args.map((a) => a.type),
      result: results.type,
      isVariadic,
    }),
    ...(word === undefined ? {} : { linkage: { kind: "dialect", name: "llvm.linkage", body: word } satisfies Attr }),
    ...(args.some((a) => Object.keys(a.attrs).length > 0) ? { arg_attrs: listOf(args.map((a) => a.attrs)) } : {}),
    ...(results.attrs ? { res_attrs: listOf([results.attrs]) } : {}),
  };
  return { operands: [], regions: [region], ...parser.splitAttrs(def, dict, known) };
}

function parseResult(parser: OpParser): { readonly type: Type; readonly attrs: AttrDict | undefined } {
  if (!parser.peek("(")) return { type: parser.type(), attrs: undefined };
  const [result] = parser.list("(", ")", () => ({ type: parser.type(), attrs: parser.attrDict() }));
  return result ?? parser.fail("expected a result type");
}

function listOf(dicts: readonly AttrDict[]): Attr {
  return { kind: "array", items: dicts.map((entries) => ({ kind: "dict", entries })) };
}

/** `function_type` is `!llvm.func<result (args)>`; arguments are the entry block's. */
export const func = defineOp("llvm.func", {
  summary: "A function with a body of blocks, or a declaration without.",
  operands: {},
  attrs: {
    sym_name: string,
    function_type: typeKind,
    linkage: optionalAttr(anyAttr),
    arg_attrs: optionalAttr(anyAttr),
    res_attrs: optionalAttr(anyAttr),
    passthrough: optionalAttr(anyAttr),
    target_cpu: optionalAttr(anyAttr),
    target_features: optionalAttr(anyAttr),
    CConv: defaultAttr(wordKind("cconv"), "ccc"),
    unnamed_addr: defaultAttr(i64, 0),
    visibility_: defaultAttr(i64, 0),
  },
  results: {},
  regions: ["body"],
  traits: ["isolated", "symbol"],
  format: funcAssembly,
});

export const returnOp = defineOp("llvm.return", {
  summary: "Ends the function.",
  operands: { arg: variadic(firstClass) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($arg^ `:` type($arg))?",
});

export const unreachableOp = defineOp("llvm.unreachable", {
  summary: "A place that is never reached.",
  operands: {},
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict",
  evaluate: () => {
    throw new Error("reached what may not be reached");
  },
});

export const br = defineOp("llvm.br", {
  summary: "Goes to a block.",
  operands: { destOperands: variadic(firstClass) },
  attrs: {},
  results: {},
  successors: ["dest"],
  traits: ["terminator"],
  format: branchAssembly,
  verify: (op) => checkSuccessors(op, [op.operands]),
  branch: ({ destOperands }) => ({ successor: 0, args: destOperands }),
});

export const condBr = defineOp("llvm.cond_br", {
  summary: "Goes to one of two blocks.",
  operands: { condition, trueDestOperands: variadic(firstClass), falseDestOperands: variadic(firstClass) },
  attrs: { branch_weights: optionalAttr(anyAttr) },
  results: {},
  successors: ["trueDest", "falseDest"],
  traits: ["terminator"],
  format: conditionalAssembly,
  verify(op) {
    const { trueDestOperands, falseDestOperands } = op.def.operandsOf(op) as Readonly<Record<string, readonly Value[]>>;
    return checkSuccessors(op, [trueDestOperands!, falseDestOperands!]);
  },
  branch: ({ condition, trueDestOperands, falseDestOperands }) =>
    condition ? { successor: 0, args: trueDestOperands } : { successor: 1, args: falseDestOperands },
});

const callAssembly: Assembly = {
  print(op, printer) {
    const { callee, var_callee_type: variadicType } = call.attrsOf(op);
    const [target] = op.operands;
    const args = callee === undefined ? op.operands.slice(1) : op.operands;
    printer.text(" ");
    if (callee !== undefined) printer.text(printSymbol(callee));
    else printer.value(target!);
    printer.text("(");
    printer.values(args);
    printer.text(")");
    if (variadicType) {
      printer.text(" vararg(");
      printer.type(variadicType);
      printer.text(")");
    }
    printer.attrDict(op, ["callee", "callee_type", "var_callee_type", "op_bundle_sizes"]);
    printer.text(" : ");
    if (callee === undefined) {
      printer.type(target!.type);
      printer.text(", ");
    }
    printer.functionType(
      args.map((x) => x.type),
      op.results.map((r) => r.type),
    );
  },
  parse(parser, def) {
    const callee = parser.trySymbolName();
    const target = callee === undefined ? [parser.operand()] : [];
    const args = parser.list("(", ")", () => parser.operand());
    const [variadicType] = parser.tryKeyword("vararg") ? parser.list("(", ")", () => parser.type()) : [];
    const dict = parser.attrDict();
    parser.punct(":");
    if (target.length > 0) {
      parser.expectTypes(target, [parser.type()]);
      parser.punct(",");
    }
    const { inputs, results } = parser.functionType();
    parser.expectTypes(args, inputs);
    const known = {
      ...(callee === undefined ? {} : { callee }),
      ...(variadicType ? { var_callee_type: variadicType } : {}),
    };
    return { operands: [...target, ...args], results, ...parser.splitAttrs(def, dict, known) };
  },
};

/** Calls a function by name, or through a pointer that is then the first operand. */
export const call = defineOp("llvm.call", {
  summary: "Calls a function.",
  operands: { callee_operands: variadic(firstClass) },
  attrs: {
    callee: optionalAttr(symbolRef),
    callee_type: optionalAttr(typeKind),
    var_callee_type: optionalAttr(typeKind),
    fastmathFlags: optionalAttr(anyAttr),
    op_bundle_sizes: optionalAttr(i32Array),
    CConv: defaultAttr(wordKind("cconv"), "ccc"),
    TailCallKind: defaultAttr(wordKind("tailcallkind"), "none"),
  },
  results: { result: variadic(firstClass) },
  traits: [],
  format: callAssembly,
  evaluate({ callee_operands: operands }, { callee }, evaluation) {
    if (callee !== undefined) return { result: evaluation.call(callee, operands) };
    const [target, ...args] = operands;
    const { symbol } = target as Pointer;
    if (symbol === undefined) throw new Error("the call's target is no function");
    return { result: evaluation.call(symbol, args as readonly Datum[]) };
  },
});

const switchAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(" : ");
    printer.type(op.operand(0).type);
    printer.text(", ");
    printCases(op, printer, false);
    printer.attrDict(op, ["case_values", "case_operand_segments", "*segments"]);
  },
  parse(parser, def) {
    const value = parser.operand();
    parser.punct(":");
    const type = parser.type();
    parser.expectTypes([value], [type]);
    parser.punct(",");
    const { attrs, ...cases } = parseCases(parser, value, type, false);
    return { ...cases, ...parser.splitAttrs(def, parser.attrDict(), attrs) };
  },
};

/** A multiway branch on an integer. */
export const switchOp = defineOp("llvm.switch", {
  summary: "Goes to the block of the case that equals a value, or to the default one.",
  operands: { value: integer, defaultOperands: variadic(firstClass), caseOperands: variadic(firstClass) },
  attrs: {
    case_values: optionalAttr(caseValues),
    case_operand_segments: i32Array,
    branch_weights: optionalAttr(anyAttr),
  },
  results: {},
  successors: ["defaultDestination", "caseDestinations*"],
  traits: ["terminator"],
  format: switchAssembly,
  verify: (op) => checkSuccessors(op, groupsOfCases(op)),
  branch({ value, defaultOperands, caseOperands }, { case_values: cases, case_operand_segments: segments }) {
    const i = caseOf(cases, value as number | bigint);
    if (i < 0) return { successor: 0, args: defaultOperands };
    const start = segments.slice(0, i).reduce((a, b) => a + b, 0);
    return { successor: i + 1, args: caseOperands.slice(start, start + segments[i]!) };
  },
});

function caseOf(cases: CaseValues | undefined, value: number | bigint): number {
  return cases?.values.indexOf(BigInt(value)) ?? -1;
}
