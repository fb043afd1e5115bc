/** @file `affine`: index arithmetic by maps, and loads and stores whose indices are affine. */

import { type AffineMap, identityMap, printAffineMap } from "../../affine.js";
import { runMap } from "../../affine-compile.js";
import { load as loadElement, store as storeElement } from "../../buffer.js";
import type { Builder } from "../../builder.js";
import { defineOp } from "../../define.js";
import type { Operation, Value } from "../../graph.js";
import { affineMap, anyMemRef, anyScalar, anyVector, bool, i32, indexScalar, variadic } from "../../kinds.js";
import type { Assembly } from "../../text/assembly.js";
import { type MemRefType, printType, type Type, type VectorType } from "../../types.js";
import { loadBlock, storeBlock } from "../vector/blocks.js";
import { checkMapOperands, parseMap, printIndices, printMap } from "./maps.js";

const mapAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printMap(printer, op.attrs["map"] as AffineMap, op.operands);
    printer.attrDict(op, ["map"]);
  },
  parse(parser, def) {
    const { map, operands } = parseMap(parser);
    return { operands, ...parser.splitAttrs(def, parser.attrDict(), { map }) };
  },
};

function arithmetic(
  name: string,
  summary: string,
  results: "one" | "any",
  combine: (values: readonly number[]) => number,
) {
  return defineOp(`affine.${name}`, {
    summary,
    operands: { operands: variadic(indexScalar) },
    attrs: { map: affineMap },
    results: { result: indexScalar },
    traits: ["pure"],
    format: mapAssembly,
    infer: (_, __, { context }) => ({ result: context.types.scalar("index") }),
    verify(op, { map }) {
      const count = map.results.length;
      if (results === "one" ? count !== 1 : count === 0) return `a map of ${count} results`;
      return checkMapOperands("map", map, op.operands);
    },
    evaluate: ({ operands }, { map }) => ({ result: combine(runMap(map, operands as readonly number[])) }),
  });
}

export const apply = arithmetic("apply", "The value of a map.", "one", ([x]) => x!);
export const min = arithmetic("min", "The least of a map's results.", "any", (values) => Math.min(...values));
export const max = arithmetic("max", "The greatest of a map's results.", "any", (values) => Math.max(...values));

/** Loads and stores: where the memref stands among the operands, and what follows its type in the text. */
function accessAssembly(before: 0 | 1, typed: (op: Operation) => Type | undefined): Assembly {
  return {
    print(op, printer) {
      const [memref, ...indices] = op.operands.slice(before);
      printer.text(" ");
      if (before === 1) {
        printer.value(op.operand(0));
        printer.text(", ");
      }
      printer.value(memref!);
      printIndices(printer, op.attrs["map"] as AffineMap, indices);
      printer.attrDict(op, ["map"]);
      printer.text(" : ");
      printer.type(memref!.type);
      const vector = typed(op);
      if (!vector) return;
      printer.text(", ");
      printer.type(vector);
    },
    parse(parser, def) {
      const values: Value[] = [];
      if (before === 1) {
        values.push(parser.operand());
        parser.punct(",");
      }
      const memref = parser.operand();
      const { map, dims, symbols } = parser.affineIndices("[", "]");
      const dict = parser.attrDict();
      parser.punct(":");
      parser.expectTypes([memref], [parser.type()]);
      const vector = parser.tryPunct(",") ? parser.type() : undefined;
      if (before === 1 && vector) parser.expectTypes(values, [vector]);
      const results = before === 0 && vector ? { results: [vector] } : {};
      return {
        operands: [...values, memref, ...dims, ...symbols],
        ...results,
        ...parser.splitAttrs(def, dict, { map }),
      };
    },
  };
}

function checkAccess(memref: MemRefType, map: AffineMap, operands: readonly Value[]): string | undefined {
  if (map.results.length !== memref.shape.length)
    return `${printAffineMap(map)} gives ${map.results.length} indices into ${printType(memref)}`;
  return checkMapOperands("map", map, operands);
}

export const load = defineOp("affine.load", {
  summary: "Reads the element at affine indices.",
  operands: { memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { map: affineMap },
  results: { result: anyScalar },
  traits: ["reads"],
  format: accessAssembly(0, () => undefined),
  infer: ({ memref }, _, { context }) => ({ result: context.types.scalar(memref.element) }),
  verify: (op, { map }) => checkAccess(op.operand(0).type as MemRefType, map, op.operands.slice(1)),
  evaluate: ({ memref, indices }, { map }) => ({
    result: loadElement(memref, runMap(map, indices as readonly number[])),
  }),
});

export const store = defineOp("affine.store", {
  summary: "Writes the element at affine indices.",
  operands: { value: anyScalar, memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { map: affineMap },
  results: {},
  traits: ["writes"],
  format: accessAssembly(1, () => undefined),
  verify(op, { map }) {
    const [value, memref] = op.operands.map((x) => x.type) as [Type, MemRefType];
    if (value.kind !== "scalar" || value.element !== memref.element)
      return `${printType(value)} is no element of ${printType(memref)}`;
    return checkAccess(memref, map, op.operands.slice(2));
  },
  evaluate({ value, memref, indices }, { map }) {
    storeElement(memref, runMap(map, indices as readonly number[]), value);
    return {};
  },
});

function checkVector(vector: VectorType, memref: MemRefType): string | undefined {
  const fits = vector.element === memref.element && vector.shape.length <= memref.shape.length;
  return fits ? undefined : `${printType(vector)} is no part of ${printType(memref)}`;
}

export const vectorLoad = defineOp("affine.vector_load", {
  summary: "Reads a block of elements that begins at affine indices and runs along the last axes.",
  operands: { memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { map: affineMap },
  results: { result: anyVector },
  traits: ["reads"],
  format: accessAssembly(0, (op) => op.result.type),
  verify(op, { map }) {
    const memref = op.operand(0).type as MemRefType;
    return checkVector(op.result.type as VectorType, memref) ?? checkAccess(memref, map, op.operands.slice(1));
  },
  evaluate({ memref, indices }, { map }, { op }) {
    const { shape } = op.result.type as VectorType;
    return { result: loadBlock(memref, runMap(map, indices as readonly number[]), shape) };
  },
});

export const vectorStore = defineOp("affine.vector_store", {
  summary: "Writes a block of elements that begins at affine indices and runs along the last axes.",
  operands: { value: anyVector, memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { map: affineMap },
  results: {},
  traits: ["writes"],
  format: accessAssembly(1, (op) => op.operand(0).type),
  verify(op, { map }) {
    const [vector, memref] = op.operands.map((x) => x.type) as [VectorType, MemRefType];
    return checkVector(vector, memref) ?? checkAccess(memref, map, op.operands.slice(2));
  },
  evaluate({ value, memref, indices }, { map }) {
    storeBlock(memref, runMap(map, indices as readonly number[]), value);
    return {};
  },
});

const prefetchAssembly: Assembly = {
  print(op, printer) {
    const { isWrite, localityHint, isDataCache } = prefetch.attrsOf(op);
    printer.text(" ");
    printer.value(op.operand(0));
    printIndices(printer, op.attrs["map"] as AffineMap, op.operands.slice(1));
    printer.text(`, ${isWrite ? "write" : "read"}, locality<${localityHint}>, ${isDataCache ? "data" : "instr"}`);
    printer.attrDict(op, ["map", "isWrite", "localityHint", "isDataCache"]);
    printer.text(" : ");
    printer.type(op.operand(0).type);
  },
  parse(parser, def) {
    const memref = parser.operand();
    const { map, dims, symbols } = parser.affineIndices("[", "]");
    parser.punct(",");
    const isWrite = parser.tryKeyword("write");
    if (!isWrite) parser.keyword("read");
    parser.punct(",");
    parser.keyword("locality");
    const [localityHint] = parser.list("<", ">", () => Number(parser.integer()));
    parser.punct(",");
    const isDataCache = parser.tryKeyword("data");
    if (!isDataCache) parser.keyword("instr");
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([memref], [parser.type()]);
    return {
      operands: [memref, ...dims, ...symbols],
      ...parser.splitAttrs(def, dict, { map, isWrite, localityHint, isDataCache }),
    };
  },
};

export const prefetch = defineOp("affine.prefetch", {
  summary: "A hint that an element will be used soon.",
  operands: { memref: anyMemRef, indices: variadic(indexScalar) },
  attrs: { isWrite: bool, localityHint: i32, isDataCache: bool, map: affineMap },
  results: {},
  traits: ["reads"],
  format: prefetchAssembly,
  verify: (op, { map }) => checkAccess(op.operand(0).type as MemRefType, map, op.operands.slice(1)),
  evaluate: () => ({}),
});

/** Makes `affine.load` at plain indices, or at those a map makes of them. */
export function buildLoad(
  builder: Builder,
  memref: Value,
  indices: readonly Value[],
  map = identityMap(indices.length),
): Value {
  return builder.value(load, { memref, indices }, { map });
}

export function buildStore(
  builder: Builder,
  value: Value,
  memref: Value,
  indices: readonly Value[],
  map = identityMap(indices.length),
): void {
  builder.op(store, { value, memref, indices }, { map });
}
