/**
 * @file `vector.transfer_read` and `vector.transfer_write`: blocks of tensors or memrefs whose axes may be permuted or
 * repeated, with padding beyond the bounds.
 */

import { type AffineMap, minorIdentityMap, printAffineMap, sameAffineMap } from "../../affine.js";
import { type BufferView, load, store } from "../../buffer.js";
import { defineOp } from "../../define.js";
import type { Operation, Value } from "../../graph.js";
import { affineMap, anyScalar, anyTensor, anyVector, indexScalar, optional, variadic } from "../../kinds.js";
import { advance, emptyArray, flatIndex, getScalar, type NdArray, setScalar, sizeOf } from "../../ndarray.js";
import type { Scalar } from "../../scalar.js";
import type { TypeConstraint } from "../../slots.js";
import type { Assembly, OpParser } from "../../text/assembly.js";
import { type MemRefType, printType, type TensorType, type VectorType } from "../../types.js";
import { isBuffer } from "../linalg/walk.js";
import { boolList, maskVector } from "./attributes.js";

type ShapedSource = TensorType | MemRefType;

const tensorOrMemRef: TypeConstraint<ShapedSource> = {
  describe: "a tensor or memref",
  accepts: (t): t is ShapedSource => t.kind === "tensor" || t.kind === "memref",
};

interface TransferAttrs {
  readonly permutation_map: AffineMap;
  readonly in_bounds: readonly boolean[];
}

/** The attributes that the pretty form leaves out: those that are as usual. */
function hidden(op: Operation, source: ShapedSource): readonly string[] {
  const { permutation_map: map, in_bounds: inBounds } = op.attrs as unknown as TransferAttrs;
  const isUsual = sameAffineMap(
    map,
    minorIdentityMap(source.shape.length, Math.min(map.results.length, source.shape.length)),
  );
  return ["*segments", ...(isUsual ? ["permutation_map"] : []), ...(inBounds.includes(true) ? [] : ["in_bounds"])];
}

function withUsual(
  known: Readonly<Record<string, unknown>>,
  source: ShapedSource,
  vector: VectorType,
): Readonly<Record<string, unknown>> {
  const rank = vector.shape.length;
  const map =
    (known["permutation_map"] as AffineMap | undefined) ??
    minorIdentityMap(source.shape.length, Math.min(rank, source.shape.length));
  return { ...known, permutation_map: map, in_bounds: known["in_bounds"] ?? vector.shape.map(() => false) };
}

function parseIndices(parser: OpParser): readonly Value[] {
  return parser.list("[", "]", () => parser.operand());
}

const readAssembly: Assembly = {
  print(op, printer) {
    const { base, indices, padding, mask } = op.def.operandsOf(op) as {
      base: Value;
      indices: readonly Value[];
      padding: Value;
      mask?: Value;
    };
    printer.text(" ");
    printer.value(base);
    printer.text("[");
    printer.values(indices);
    printer.text("], ");
    printer.values(mask ? [padding, mask] : [padding]);
    printer.attrDict(op, hidden(op, base.type as ShapedSource));
    printer.text(" : ");
    printer.types([base.type, op.result.type]);
  },
  parse(parser, def) {
    const base = parser.operand();
    const indices = parseIndices(parser);
    parser.punct(",");
    const rest = parser.operands();
    const dict = parser.attrDict();
    parser.punct(":");
    parser.expectTypes([base], [parser.type()]);
    parser.punct(",");
    const result = parser.type();
    const { attrs, extra } = parser.splitAttrs(def, dict);
    const usual = withUsual(attrs, base.type as ShapedSource, result as VectorType);
    return {
      operands: [base, ...indices, ...rest],
      segments: [1, indices.length, 1, rest.length - 1],
      results: [result],
      attrs: usual,
      extra,
    };
  },
};

function checkTransfer(
  source: ShapedSource,
  vector: VectorType,
  indices: number,
  attrs: TransferAttrs,
): string | undefined {
  const { permutation_map: map, in_bounds: inBounds } = attrs;
  if (indices !== source.shape.length) return `${indices} indices into ${printType(source)}`;
  if (vector.element !== source.element) return `${printType(vector)} is not of ${printType(source)}`;
  const isPlain = map.results.every((e) => e.kind === "dim" || (e.kind === "constant" && e.value === 0));
  if (!isPlain || map.numDims !== source.shape.length || map.numSymbols > 0)
    return `${printAffineMap(map)} does not pick axes of ${printType(source)}`;
  if (map.results.length !== vector.shape.length)
    return `${printAffineMap(map)} names other axes than those of ${printType(vector)}`;
  return inBounds.length === vector.shape.length
    ? undefined
    : `in_bounds says ${inBounds.length} things of ${vector.shape.length} axes`;
}

/**
 * Calls `visit` for every lane: its position in the vector, its index in the source, whether that is inside, and its
 * position in the mask, whose axes are those of the source that vary, in the source's order.
 */
function forEachLane(
  start: readonly number[],
  vector: readonly number[],
  sizes: readonly number[],
  { permutation_map: map, in_bounds: inBounds }: TransferAttrs,
  visit: (lane: number, index: readonly number[], inside: boolean, maskLane: number) => void,
): void {
  const axes = map.results.map((e) => (e.kind === "dim" ? e.position : undefined));
  const varying = axes.filter((a) => a !== undefined).sort((a, b) => a - b);
  const maskShape = varying.map((a) => vector[axes.indexOf(a)]!);
  const at = vector.map(() => 0);
  for (let lane = 0; lane < sizeOf(vector); lane++) {
    const index = [...start];
    axes.forEach((a, i) => {
      if (a !== undefined) index[a]! += at[i]!;
    });
    const inside = index.every((x, a) => x >= 0 && x < sizes[a]!);
    const promised = axes.every((a, i) => a === undefined || !inBounds[i] || (index[a]! >= 0 && index[a]! < sizes[a]!));
    const maskLane = flatIndex(
      maskShape,
      varying.map((a) => at[axes.indexOf(a)]!),
    );
    visit(lane, index, inside, promised ? maskLane : -1 - maskLane);
    advance(at, vector);
  }
}

/** Whether a lane takes part; throws where one that does breaks the promise of `in_bounds`. */
function takesPart(mask: NdArray | undefined, maskLane: number, index: readonly number[]): boolean {
  const lane = maskLane < 0 ? -1 - maskLane : maskLane;
  if (mask && !mask.data[lane]) return false;
  if (maskLane < 0) throw new Error(`index (${index.join(", ")}) is outside, against in_bounds`);
  return true;
}

function readSource(source: NdArray | BufferView, index: readonly number[]): Scalar {
  return isBuffer(source) ? load(source, index) : getScalar(source, flatIndex(source.shape, index));
}

export const transferRead = defineOp("vector.transfer_read", {
  summary: "Reads a block, its axes picked by a map; lanes outside or masked off get the padding.",
  operands: { base: tensorOrMemRef, indices: variadic(indexScalar), padding: anyScalar, mask: optional(maskVector) },
  attrs: { permutation_map: affineMap, in_bounds: boolList },
  results: { result: anyVector },
  traits: ["reads"],
  format: readAssembly,
  verify(op, attrs) {
    const source = op.operand(0).type as ShapedSource;
    return checkTransfer(source, op.result.type as VectorType, op.segments![1]!, attrs);
  },
  evaluate({ base, indices, padding, mask }, attrs, { op }) {
    const source = base as NdArray | BufferView;
    const type = op.result.type as VectorType;
    const out = emptyArray(type.element, type.shape);
    forEachLane(indices as readonly number[], type.shape, source.shape, attrs, (lane, index, inside, maskLane) => {
      const reads = takesPart(mask as NdArray | undefined, maskLane, index) && inside;
      setScalar(out, lane, reads ? readSource(source, index) : padding);
    });
    return { result: out };
  },
});

const writeAssembly: Assembly = {
  print(op, printer) {
    const { value, base, indices, mask } = op.def.operandsOf(op) as {
      value: Value;
      base: Value;
      indices: readonly Value[];
      mask?: Value;
    };
    printer.text(" ");
    printer.values([value, base]);
    printer.text("[");
    printer.values(indices);
    printer.text("]");
    if (mask) {
      printer.text(", ");
      printer.value(mask);
    }
    printer.attrDict(op, hidden(op, base.type as ShapedSource));
    printer.text(" : ");
    printer.types([value.type, base.type]);
  },
  parse(parser, def) {
    const value = parser.operand();
    parser.punct(",");
    const base = parser.operand();
    const indices = parseIndices(parser);
    const mask = parser.tryPunct(",") ? [parser.operand()] : [];
    const dict = parser.attrDict();
    parser.punct(":");
    const valueType = parser.type();
    parser.punct(",");
    parser.expectTypes([value, base], [valueType, parser.type()]);
    const { attrs, extra } = parser.splitAttrs(def, dict);
    const usual = withUsual(attrs, base.type as ShapedSource, value.type as VectorType);
    return {
      operands: [value, base, ...indices, ...mask],
      segments: [1, 1, indices.length, mask.length],
      attrs: usual,
      extra,
    };
  },
};

export const transferWrite = defineOp("vector.transfer_write", {
  summary: "Writes a block, its axes picked by a map; lanes outside or masked off are left. A tensor comes back new.",
  operands: { value: anyVector, base: tensorOrMemRef, indices: variadic(indexScalar), mask: optional(maskVector) },
  attrs: { permutation_map: affineMap, in_bounds: boolList },
  results: { result: optional(anyTensor) },
  traits: ["writes"],
  format: writeAssembly,
  infer: ({ base }) => ({ result: base.kind === "tensor" ? base : undefined }),
  verify(op, attrs) {
    const [value, base] = op.operands.map((x) => x.type) as [VectorType, ShapedSource];
    if (attrs.permutation_map.results.some((e) => e.kind !== "dim")) return "a write cannot repeat elements";
    return checkTransfer(base, value, op.segments![2]!, attrs);
  },
  evaluate({ value, base, indices, mask }, attrs) {
    const given = base as NdArray | BufferView;
    const target = isBuffer(given) ? given : { ...given, data: given.data.slice() };
    forEachLane(indices as readonly number[], value.shape, target.shape, attrs, (lane, index, inside, maskLane) => {
      if (!takesPart(mask as NdArray | undefined, maskLane, index) || !inside) return;
      const x = getScalar(value, lane);
      if (isBuffer(target)) store(target, index, x);
      else setScalar(target, flatIndex(target.shape, index), x);
    });
    return { result: isBuffer(target) ? undefined : target };
  },
});
