/** @file `memref`: globals of a module, and scopes for stack storage. */

import { type Attr, printAttr, printString, printSymbol } from "../../attrs.js";
import { allocate, type BufferView, viewOf } from "../../buffer.js";
import { defineOp, type Evaluation } from "../../define.js";
import type { Operation } from "../../graph.js";
import {
  anyAttr,
  anyMemRef,
  anyType,
  i64,
  optionalAttr,
  string,
  symbolRef,
  typeKind,
  unit,
  variadic,
} from "../../kinds.js";
import { fromBytes, type NdArray } from "../../ndarray.js";
import type { Assembly } from "../../text/assembly.js";
import { hasStaticShape, type MemRefType, printType, staticShape } from "../../types.js";
import { constantDatum } from "../arith/constant.js";

const SHOWN = ["sym_name", "sym_visibility", "constant", "type", "initial_value"];

const globalAssembly: Assembly = {
  print(op, printer) {
    const { sym_name: name, sym_visibility: visibility, constant, type, initial_value: value } = global.attrsOf(op);
    printer.text(visibility === undefined ? "" : ` ${printString(visibility)}`);
    printer.text(`${constant ? " constant" : ""} ${printSymbol(name)} : `);
    printer.type(type);
    if (value?.kind === "unit") printer.text(" = uninitialized");
    else if (value) printer.text(` = ${withoutType(value)}`);
    printer.attrDict(op, SHOWN);
  },
  parse(parser, def) {
    const visibility = parser.tryString();
    const constant = parser.tryKeyword("constant");
    const name = parser.symbolName();
    parser.punct(":");
    const type = parser.type() as MemRefType;
    let value: Attr | undefined;
    if (parser.tryPunct("=")) {
      const tensor = parser.context.types.tensor(type.shape, type.element);
      value = parser.tryKeyword("uninitialized") ? { kind: "unit" } : parser.attribute(tensor);
    }
    const known = {
      sym_name: name,
      type,
      ...(visibility === undefined ? {} : { sym_visibility: visibility }),
      ...(constant ? { constant: true } : {}),
      ...(value ? { initial_value: value } : {}),
    };
    return { operands: [], ...parser.splitAttrs(def, parser.attrDict(), known) };
  },
};

/** Elements as text, less the type, which the global's own implies. */
function withoutType(value: Attr): string {
  const text = printAttr(value);
  const type = value.kind === "dense" || value.kind === "resource" ? ` : ${printType(value.type, printAttr)}` : "";
  return text.slice(0, text.length - type.length);
}

export const global = defineOp("memref.global", {
  summary: "Storage that lives as long as the module, perhaps with initial elements.",
  operands: {},
  attrs: {
    sym_name: string,
    sym_visibility: optionalAttr(string),
    type: typeKind,
    initial_value: optionalAttr(anyAttr),
    constant: optionalAttr(unit),
    alignment: optionalAttr(i64),
  },
  results: {},
  traits: ["symbol"],
  format: globalAssembly,
  verify(_, { type, initial_value: value, constant }) {
    if (type.kind !== "memref" || !hasStaticShape(type)) return `${printType(type)} is no memref of static shape`;
    if (constant && (!value || value.kind === "unit")) return "a constant needs initial elements";
    if (!value || value.kind === "unit") return undefined;
    if (value.kind !== "dense" && value.kind !== "resource")
      return "the initial elements must be dense<…> or dense_resource<…>";
    const fits = value.type.element === type.element && value.type.shape.join() === type.shape.join();
    return fits ? undefined : `${printType(value.type)} does not initialise ${printType(type)}`;
  },
});

function storageOf(op: Operation, evaluation: Evaluation): BufferView {
  const { type, initial_value: value } = global.attrsOf(op);
  const { element } = type as MemRefType;
  const shape = staticShape(type as MemRefType);
  if (value?.kind === "dense") {
    const array = constantDatum(value) as NdArray;
    return viewOf({ ...array, data: array.data.slice() });
  }
  if (value?.kind !== "resource") return allocate(element, shape);
  const resource = evaluation.context.resources.get(value.name);
  if (!resource) throw new Error(`there is no resource '${value.name}'`);
  return viewOf(fromBytes(element, shape, resource.read(0, resource.byteLength).slice()));
}

export const getGlobal = defineOp("memref.get_global", {
  summary: "The storage of a global.",
  operands: {},
  attrs: { name: symbolRef },
  results: { result: anyMemRef },
  traits: ["pure"],
  format: "$name `:` type($result) attr-dict",
  evaluate(_, { name }, evaluation) {
    const op = evaluation.lookup(name);
    if (!global.matches(op)) throw new Error(`there is no global @${name}`);
    return { result: evaluation.perRun(op!, () => storageOf(op!, evaluation)) };
  },
});

export const allocaScopeReturn = defineOp("memref.alloca_scope.return", {
  summary: "Ends a scope and gives its results.",
  operands: { results: variadic(anyType) },
  attrs: {},
  results: {},
  traits: ["terminator"],
  format: "attr-dict ($results `:` type($results))?",
});

const scopeAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    if (op.results.length > 0) {
      printer.text("-> (");
      printer.types(op.results.map((r) => r.type));
      printer.text(") ");
    }
    printer.region(op.region(0), { hideTerminator: op.results.length === 0 });
    printer.attrDict(op, []);
  },
  parse(parser, def) {
    const results = parser.tryPunct("->") ? parser.resultTypes() : [];
    const region = parser.region([], parser.opNamed("memref.alloca_scope.return"));
    return { operands: [], results, regions: [region], ...parser.splitAttrs(def, parser.attrDict()) };
  },
};

export const allocaScope = defineOp("memref.alloca_scope", {
  summary: "Runs its region; stack storage made there ends with it.",
  operands: {},
  attrs: {},
  results: { results: variadic(anyType) },
  regions: ["body"],
  traits: [],
  format: scopeAssembly,
  infer: (_, __, { regions }) => ({ results: regions[0]?.yields ?? [] }),
  evaluate: (_, __, evaluation) => ({ results: evaluation.run(0, []) }),
});
