/** @file `func`: functions, calls and returns. */

import { type Attr, type AttrDict, arrayAttr, printAttrDict, printSymbol } from "../attrs.js";
import { Builder } from "../builder.js";
import type { Context, Dialect } from "../context.js";
import { type AnyOpDef, defineOp } from "../define.js";
import { Block, newRegion, type Operation, type Value } from "../graph.js";
import { anyAttr, anyType, functionType, optionalAttr, string, symbolRef, variadic } from "../kinds.js";
import { type Location, unknownLocation } from "../location.js";
import type { Assembly, DeclaredArg, OpParser, ParsedOp } from "../text/assembly.js";
import type { FunctionType, Type } from "../types.js";
import { moduleBody } from "./builtin.js";

const funcAssembly: Assembly = {
  print(op, printer) {
    const type = op.attrs["function_type"] as FunctionType;
    const visibility = op.attrs["sym_visibility"] as string | undefined;
    printer.text(` ${visibility === undefined ? "" : `${visibility} `}${printSymbol(op.attrs["sym_name"] as string)}(`);
    const entry = op.region(0).blocks[0];
    const argAttrs = dictionaries(op.attrs["arg_attrs"]);
    type.inputs.forEach((t, i) => {
      if (i > 0) printer.text(", ");
      if (entry) {
        printer.value(entry.args[i]!);
        printer.text(": ");
      }
      printer.type(t);
      printer.text(printNonEmpty(argAttrs[i]));
    });
    printer.text(")");
    printResults(
      type.results,
      dictionaries(op.attrs["res_attrs"]),
      (t) => printer.type(t),
      (s) => printer.text(s),
    );
    printer.attrDict(op, ["sym_name", "sym_visibility", "function_type", "arg_attrs", "res_attrs"], "attributes");
    if (!entry) return;
    printer.text(" ");
    printer.region(op.region(0), { entryArgs: false });
  },
  parse: (parser, def) => parseFunction(parser, def),
};

function printResults(
  types: readonly Type[],
  attrs: readonly AttrDict[],
  type: (t: Type) => void,
  text: (s: string) => void,
): void {
  if (types.length === 0) return;
  const bare = types.length === 1 && attrs.length === 0 && types[0]!.kind !== "function";
  text(bare ? " -> " : " -> (");
  types.forEach((t, i) => {
    if (i > 0) text(", ");
    type(t);
    text(printNonEmpty(attrs[i]));
  });
  if (!bare) text(")");
}

function printNonEmpty(dict: AttrDict | undefined): string {
  return dict && Object.keys(dict).length > 0 ? ` ${printAttrDict(dict)}` : "";
}

function dictionaries(attr: unknown): readonly AttrDict[] {
  const a = attr as Attr | undefined;
  return a?.kind === "array" ? a.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
}

function parseFunction(parser: OpParser, def: AnyOpDef): ParsedOp {
  const visibility = ["public", "private", "nested"].find((v) => parser.tryKeyword(v));
  const name = parser.symbolName();
  const args: (DeclaredArg & { readonly attrs: AttrDict })[] = [];
  parser.list("(", ")", () => {
    const at = parser.location();
    const argName = parser.peek("%") ? parser.valueName() : "";
    if (argName !== "") parser.punct(":");
    const [type, attrs] = [parser.type(), parser.attrDict()];
    args.push({ name: argName, type, at: parser.trailingLocation() ?? at, attrs });
  });
  const results = parser.tryPunct("->") ? parseResults(parser) : [];
  const dict = parser.tryKeyword("attributes") ? parser.attrDict() : {};
  const region = parser.peek("{") ? parser.functionBody(args) : newRegion();
  const inputs = region.blocks[0]?.args.map((a) => a.type) ?? args.map((a) => a.type);
  const known = {
    sym_name: name,
    function_type: parser.context.types.func(
      inputs,
      results.map((r) => r.type),
    ),
    ...(visibility === undefined ? {} : { sym_visibility: visibility }),
    ...packed("arg_attrs", args),
    ...packed("res_attrs", results),
  };
  const { attrs, extra } = parser.splitAttrs(def, dict, known);
  return { operands: [], attrs, extra, regions: [region] };
}

function parseResults(parser: OpParser): readonly { readonly type: Type; readonly attrs: AttrDict }[] {
  if (!parser.peek("(")) return [{ type: parser.type(), attrs: {} }];
  return parser.list("(", ")", () => ({ type: parser.type(), attrs: parser.attrDict() }));
}

function packed(name: string, of: readonly { readonly attrs: AttrDict }[]): Readonly<Record<string, Attr>> {
  if (of.every((x) => Object.keys(x.attrs).length === 0)) return {};
  return { [name]: arrayAttr(of.map((x) => ({ kind: "dict", entries: x.attrs }))) };
}

export const funcOp = defineOp("func.func", {
  summary: "A function: a name, a type and, unless it is only declared, a body.",
  operands: {},
  attrs: {
    sym_name: string,
    function_type: functionType,
    sym_visibility: optionalAttr(string),
    arg_attrs: optionalAttr(anyAttr),
    res_attrs: optionalAttr(anyAttr),
  },
  results: {},
  regions: ["body"],
  traits: ["isolated", "symbol"],
  format: funcAssembly,
  verify(op, { function_type: type, sym_name: name }) {
    const entry = op.region(0).blocks[0];
    if (!entry) return undefined;
    const args = entry.args.map((a) => a.type);
    return args.length === type.inputs.length && args.every((t, i) => t === type.inputs[i])
      ? undefined
      : `the type of @${name} disagrees with its arguments`;
  },
});

export const returnOp = defineOp("func.return", {
  summary: "Ends a function and gives its results.",
  operands: { operands: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($operands `:` type($operands))?",
  verify(op) {
    const func = op.parent;
    if (!func || !funcOp.matches(func)) return "must be inside a function";
    const want = funcOp.attrsOf(func).function_type.results;
    if (want.length !== op.operands.length)
      return `returns ${op.operands.length} values from a function of ${want.length} results`;
    return op.operands.every((x, i) => x.type === want[i])
      ? undefined
      : "the types returned are not those of the function";
  },
});

export const callOp = defineOp("func.call", {
  summary: "Calls a function of the module.",
  operands: { operands: variadic(anyType) },
  attrs: { callee: symbolRef },
  results: { outputs: variadic(anyType) },
  traits: [],
  format: "$callee `(` $operands `)` attr-dict `:` functional-type(operands, results)",
  evaluate: ({ operands }, { callee }, evaluation) => ({ outputs: evaluation.call(callee, operands) }),
});

export const func: Dialect = {
  name: "func",
  summary: "Functions and calls.",
  ops: [funcOp, returnOp, callOp],
};

export interface FunctionOptions {
  readonly visibility?: "public" | "private";
  readonly at?: Location;
}

/** Makes a function at the end of `module`; `fill` builds its body, `return` included. */
export function buildFunction(
  context: Context,
  module: Operation,
  name: string,
  inputs: readonly Type[],
  fill: (builder: Builder, args: readonly Value[]) => readonly Value[],
  options: FunctionOptions = {},
): Operation {
  const builder = new Builder(context, moduleBody(module));
  builder.at = options.at ?? unknownLocation;
  const body = new Block(inputs);
  const inner = new Builder(context, body);
  inner.at = builder.at;
  const results = fill(inner, body.args);
  inner.op(returnOp, { operands: results }, {});
  const type = context.types.func(
    inputs,
    results.map((r) => r.type),
  );
  const visibility = options.visibility === undefined ? {} : { sym_visibility: options.visibility };
  return builder.op(funcOp, {}, { sym_name: name, function_type: type, ...visibility }, { regions: [newRegion(body)] });
}

/** Brings a function's type in line with its arguments and what it returns. */
export function updateFunctionType(func: Operation, context: Context): void {
  const blocks = func.region(0).blocks;
  const entry = blocks[0];
  if (!entry) return;
  const last = blocks.map((b) => b.last).find((op) => returnOp.matches(op));
  const { function_type: type } = funcOp.attrsOf(func);
  const results = last ? last.operands.map((x) => x.type) : type.results;
  func.setAttr(
    "function_type",
    context.types.func(
      entry.args.map((a) => a.type),
      results,
    ),
  );
}

/** The functions of a module, in order. */
export function* functionsOf(module: Operation): Generator<Operation> {
  for (const op of moduleBody(module).ops()) if (funcOp.matches(op)) yield op;
}

/** The function of that name. */
export function lookupFunction(module: Operation, name: string): Operation | undefined {
  for (const op of functionsOf(module)) if (op.attrs["sym_name"] === name) return op;
  return undefined;
}

export function functionName(func: Operation): string {
  return funcOp.attrsOf(func).sym_name;
}

export function functionBody(func: Operation): Block {
  const block = func.region(0).blocks[0];
  if (!block) throw new Error(`@${functionName(func)} has no body`);
  return block;
}
