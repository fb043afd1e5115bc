/** @file Changing what elements are: Cast, CastLike, BitCast. */

import { bitcastConvert } from "../../../ir/dialects/stablehlo/convert.js";
import { type ElementType, elementFacts, isFloat } from "../../../ir/element.js";
import type { Value } from "../../../ir/graph.js";
import { Refusal } from "../../../ir/refusal.js";
import { numericsOf } from "../../../ir/scalar.js";
import type { TensorBuilder } from "../../../ir/tensor-builder.js";
import type { ImportNode, OpRow } from "../context.js";
import { importCode } from "../refusal.js";

export interface CastOptions {
  /** Values beyond an 8-bit float become its largest ones instead of infinity or NaN. */
  readonly saturate: boolean;
  /** How f8E8M0FNU, which holds powers of two, rounds. */
  readonly round: "up" | "down" | "nearest";
}

/** `x` as another element, as Cast defines it. */
export function castTo(t: TensorBuilder, x: Value, to: ElementType, options: CastOptions): Value {
  const from = t.element(x);
  if (from === to) return x;
  if (to === "f8E8M0FNU") return castToPowers(t, x, options);
  const { kind, bits } = elementFacts[to];
  // Numbers beyond an integer of less than 8 bits wrap, as they do in ONNX's own implementation.
  if (isFloat(from) && (kind === "int" || kind === "uint") && bits < 8) return t.convert(t.convert(x, "i32"), to);
  const saturates = options.saturate && (to.startsWith("f8E4M3") || to.startsWith("f8E5M2"));
  if (!saturates || !isFloat(from)) return t.convert(x, to);
  const n = numericsOf(to);
  const largest = n.toNumber(largestFinite(to));
  return t.convert(t.clamp(-largest, x, largest), to);
}

function largestFinite(element: ElementType): number {
  const n = numericsOf(element);
  for (let x = 2 ** 17; x > 0; x /= 2) {
    for (let fraction = 1.9375; fraction >= 1; fraction -= 0.0625) {
      const value = Number(n.fromNumber(x * fraction));
      if (Number.isFinite(value) && value === x * fraction) return value;
    }
  }
  throw new Error(`${element} has no largest value`);
}

/** f32 to f8E8M0FNU: the exponent's bits, rounded by what the fraction says; NaN for infinity and NaN. */
function castToPowers(t: TensorBuilder, x: Value, { saturate, round }: CastOptions): Value {
  const shape = t.shape(x);
  const reinterpret = (y: Value, element: ElementType): Value =>
    t.emit(bitcastConvert, { operand: y }, {}, { results: [t.tensorType(shape, element)] });
  const bits = reinterpret(t.convert(x, "f32"), "ui32");
  const exponent = t.and(t.shiftRightLogical(bits, 23), 0xff);
  const fraction = t.and(bits, 0x7fffff);
  const rises = {
    down: t.lt(fraction, 0),
    up: t.gt(fraction, 0),
    // Half or more, and exactly half only where the exponent's field is not 0.
    nearest: t.or(t.gt(fraction, 0x400000), t.and(t.eq(fraction, 0x400000), t.gt(exponent, 0))),
  }[round];
  const raised = t.add(exponent, t.convert(rises, "ui32"));
  const limited = saturate ? t.min(raised, 0xfe) : raised;
  const special = t.eq(exponent, 0xff);
  return reinterpret(t.convert(t.select(special, 0xff, limited), "ui8"), "f8E8M0FNU");
}

function optionsOf(n: ImportNode): CastOptions {
  return { saturate: n.flag("saturate", true), round: n.word("round_mode", ["up", "down", "nearest"]) };
}

/** The type that `to` names: a text in opset 1, later a number. */
function targetOf(n: ImportNode): ElementType {
  if (n.opset >= 6) return n.dtype("to") ?? n.invalid("attribute 'to' is missing");
  const name = n.string("to") ?? n.invalid("attribute 'to' is missing");
  return oldNames[name] ?? n.unsupported(`attribute 'to' is '${name}'`);
}

const oldNames: Readonly<Record<string, ElementType>> = {
  FLOAT: "f32",
  DOUBLE: "f64",
  FLOAT16: "f16",
  BOOL: "i1",
  INT8: "i8",
  INT16: "i16",
  INT32: "i32",
  INT64: "i64",
  UINT8: "ui8",
  UINT16: "ui16",
  UINT32: "ui32",
  UINT64: "ui64",
};

function bitCast(n: ImportNode): Value {
  const { t } = n;
  const x = n.value(0);
  const to = n.dtype("to") ?? n.invalid("attribute 'to' is missing");
  const [from] = [t.element(x)];
  if (elementFacts[from].storageBytes !== elementFacts[to].storageBytes) {
    throw new Refusal(importCode.node, `elements of ${from} and ${to} differ in width`);
  }
  // i1 is a byte in ONNX: 0 or 1.
  if (from === "i1") return bits(t, t.convert(x, "ui8"), to);
  if (to === "i1") return t.ne(bits(t, x, "ui8"), 0);
  return bits(t, x, to);
}

function bits(t: TensorBuilder, x: Value, to: ElementType): Value {
  if (t.element(x) === to) return x;
  return t.emit(bitcastConvert, { operand: x }, {}, { results: [t.tensorType(t.type(x).shape, to)] });
}

export const casts: readonly OpRow[] = [
  { name: "Cast", since: 1, build: (n) => castTo(n.t, n.value(0), targetOf(n), optionsOf(n)) },
  { name: "CastLike", since: 15, build: (n) => castTo(n.t, n.value(0), n.element(1), optionsOf(n)) },
  { name: "BitCast", since: 26, build: bitCast },
];
