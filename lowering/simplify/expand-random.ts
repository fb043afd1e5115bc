/**
 * @file Pass `expand-random`: random numbers as integer arithmetic on counters: Threefry-2x32 with 20 rounds and
 * Philox-4x32 with 10 (Salmon et al., SC 2011), bit for bit as XLA lays their output out. `rng`, whose numbers no
 * specification fixes, counts under a key of its own place in the program: every run gives the same ones.
 */

import { type RngAlgorithm, rngAlgorithm } from "../../ir/dialects/stablehlo/attributes.js";
import { customCall } from "../../ir/dialects/stablehlo/calls.js";
import { bitcastConvert } from "../../ir/dialects/stablehlo/convert.js";
import { rng, rngBitGenerator } from "../../ir/dialects/stablehlo/random.js";
import type { Dim } from "../../ir/dim.js";
import { type ElementType, elementFacts } from "../../ir/element.js";
import type { Operation, Value } from "../../ir/graph.js";
import { isNumbers } from "../../ir/movement-builder.js";
import type { TensorBuilder } from "../../ir/tensor-builder.js";
import { elementOf, type TensorType } from "../../ir/types.js";
import { expansionPass } from "./expand.js";

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Integer arithmetic on counters and their halves. */
class Words {
  readonly t: TensorBuilder;

  constructor(t: TensorBuilder) {
    this.t = t;
  }

  low = (x: Value): Value => this.t.convert(x, "ui32");
  high = (x: Value): Value => this.t.convert(this.t.shiftRightLogical(x, 32), "ui32");

  join(low: Value, high: Value): Value {
    const [a, b] = [low, high].map((x) => this.t.convert(x, "ui64")) as [Value, Value];
    return this.t.or(a, this.t.shiftLeft(b, 32));
  }

  /** `start`, `start + 1`, … */
  countFrom(start: Value, count: Dim): Value {
    return this.t.add(this.t.iota([count], 0, "ui64"), start);
  }

  rotate(x: Value, by: number): Value {
    return this.t.or(this.t.shiftLeft(x, by), this.t.shiftRightLogical(x, 32 - by));
  }

  /** A number as a ui64 of rank 0; the element may hold more than a double can say. */
  constant(x: bigint): Value {
    return this.t.splat(BigInt.asUintN(64, x), [], "ui64");
  }

  size(d: Dim): Value {
    return this.t.convert(this.t.scalar(d), "ui64");
  }
}

/** Both halves of what 64-bit counters become under a key. */
function threefry(w: Words, key: Value, counters: Value): readonly [Value, Value] {
  const { t } = w;
  const [k0, k1] = [w.low(key), w.high(key)];
  const keys = [k0, k1, t.xor(t.xor(k0, k1), 0x1bd11bda)];
  let x = t.add(w.low(counters), keys[0]!);
  let y = t.add(w.high(counters), keys[1]!);
  for (let round = 0; round < 5; round++) {
    for (const by of rotations[round % 2]!) {
      x = t.add(x, y);
      y = t.xor(w.rotate(y, by), x);
    }
    x = t.add(x, keys[(round + 1) % 3]!);
    y = t.add(y, t.add(keys[(round + 2) % 3]!, round + 1));
  }
  return [x, y];
}

/** The four words that 128-bit counters become under a key. */
function philox(w: Words, key: Value, low: Value, high: Value): readonly [Value, Value, Value, Value] {
  const { t } = w;
  let [k0, k1] = [w.low(key), w.high(key)];
  let [c0, c1, c2, c3] = [w.low(low), w.high(low), w.low(high), w.high(high)];
  for (let round = 0; round < 10; round++) {
    const p0 = t.mul(t.convert(c0, "ui64"), 0xd2511f53);
    const p1 = t.mul(t.convert(c2, "ui64"), 0xcd9e8d57);
    [c0, c1, c2, c3] = [t.xor(t.xor(w.high(p1), c1), k0), w.low(p1), t.xor(t.xor(w.high(p0), c3), k1), w.low(p0)];
    [k0, k1] = [t.add(k0, 0x9e3779b9), t.add(k1, 0xbb67ae85)];
  }
  return [c0, c1, c2, c3];
}

/** A 128-bit counter, and what it is when some have been taken from it. */
interface Counter {
  readonly low: Value;
  readonly high: Value;
}

function advanced(t: TensorBuilder, { low, high }: Counter, by: Value): Counter {
  const sum = t.add(low, by);
  const carry = t.convert(t.lt(sum, t.broadcast(low, t.shape(sum), [])), "ui64");
  return { low: sum, high: t.add(carry, high) };
}

/** `count` words of 32 bits, four from each of the counters that follow. */
function philoxWords(w: Words, key: Value, from: Counter, count: Dim): { readonly words: Value; readonly blocks: Dim } {
  const { t } = w;
  const blocks = t.context.dims.ceilDiv(count, 4);
  const at = advanced(t, from, t.iota([blocks], 0, "ui64"));
  const four = philox(w, key, at.low, at.high).map((x) => t.unsqueeze(x, [1]));
  const words = t.sliceAxis(t.flatten(t.concat(four, 1)), 0, 0, count);
  return { words, blocks };
}

/** Words of 32 bits, two for each element of 64, as elements of any kind with the same bits. */
function asElements(w: Words, words: Value, element: ElementType, shape: readonly Dim[]): Value {
  const { t } = w;
  const { bits } = elementFacts[element];
  const size = t.context.dims.product(shape);
  if (bits === 64) {
    const pairs = t.reshape(words, [size, 2]);
    return fromBits(t, t.reshape(w.join(t.at(pairs, 1, 0), t.at(pairs, 1, 1)), shape), element);
  }
  return fromBits(t, t.reshape(words, shape), element);
}

/** Unsigned numbers cut to the width of `element`, their bits read as that. */
function fromBits(t: TensorBuilder, x: Value, element: ElementType): Value {
  const cut = t.convert(x, `ui${elementFacts[element].bits}` as ElementType);
  if (t.element(cut) === element) return cut;
  return t.emit(bitcastConvert, { operand: cut }, {}, { results: [t.tensorType(t.shape(cut), element)] });
}

function bitGenerator(t: TensorBuilder, op: Operation): readonly Value[] | undefined {
  const { rng_algorithm: algorithm } = rngBitGenerator.attrsOf(op);
  const type = op.results[1]!.type as TensorType;
  return generators[algorithm](new Words(t), op.operand(0), type.element, type.shape);
}

/** JAX's form with sizes that the program computes. */
function dynamicBitGenerator(t: TensorBuilder, op: Operation): readonly Value[] | undefined {
  if (customCall.attrsOf(op).call_target_name !== "stablehlo.dynamic_rng_bit_generator") return undefined;
  const written = op.extra["rng_algorithm"];
  const algorithm = (written && rngAlgorithm.read(written, t.context)) ?? "DEFAULT";
  const { element, shape } = op.results[1]!.type as TensorType;
  const sizes = shape.map((d, k) => (typeof d === "number" ? d : t.elementSymbol(op.operand(1), k)));
  return generators[algorithm](new Words(t), op.operand(0), element, sizes);
}

/** `undefined` where the layout of the numbers depends on sizes that are not known. */
type Generate = (
  w: Words,
  state: Value,
  element: ElementType,
  shape: readonly Dim[],
) => readonly [Value, Value] | undefined;

/**
 * Elements of 64 bits take a pair each. Narrower ones share pairs along one axis: the first of even size, else the
 * longest, filled up to an even size and cut again; the halves of a pair are neighbours there.
 */
const threefryState: Generate = (w, state, element, shape) => {
  if (!isNumbers(shape)) return undefined;
  const { t } = w;
  const [key, counter] = [t.item(state, 0), t.item(state, 1)];
  const size = shape.reduce((a, b) => a * b, 1);
  const even = shape.findIndex((n) => n % 2 === 0);
  const axis = even >= 0 ? even : shape.indexOf(Math.max(...shape));
  const length = shape[axis] ?? 1;
  const half = Math.ceil(length / 2);
  const step = shape.slice(axis < 0 ? 0 : axis + 1).reduce((a, b) => a * b, 1);
  const outer = size === 0 ? 0 : size / (length * step);
  const isWide = elementFacts[element].bits === 64;
  const count = isWide ? size : outer * half * step;
  const [x, y] = threefry(w, key, w.countFrom(counter, count));
  const next = t.concat([t.reshape(key, [1]), t.reshape(t.add(counter, w.constant(BigInt(count))), [1])], 0);
  if (isWide) return [next, fromBits(t, t.reshape(w.join(x, y), shape), element)];
  const both = t.concat(
    [x, y].map((v) => t.reshape(v, [outer, half, 1, step])),
    2,
  );
  const rows = t.sliceAxis(t.reshape(both, [outer, 2 * half, step]), 1, 0, length);
  return [next, fromBits(t, t.reshape(rows, shape), element)];
};

/** A state of two words lets the key serve as the counter's high word too, and forgets a carry into it. */
const philoxState: Generate = (w, state, element, shape) => {
  const { t } = w;
  const length = Number(t.shape(state)[0]);
  const key = t.item(state, 0);
  const counter: Counter = { low: t.item(state, 1), high: length > 2 ? t.item(state, 2) : key };
  const size = t.context.dims.product(shape);
  const count = elementFacts[element].bits === 64 ? t.context.dims.mul(size, 2) : size;
  const { words, blocks } = philoxWords(w, key, counter, count);
  const { low, high } = advanced(t, counter, w.size(blocks));
  const next = [key, low, high].slice(0, length).map((x) => t.reshape(x, [1]));
  return [t.concat(next, 0), asElements(w, words, element, shape)];
};

/** DEFAULT is PHILOX, as on XLA's CPU. */
const generators: Readonly<Record<RngAlgorithm, Generate>> = {
  DEFAULT: philoxState,
  PHILOX: philoxState,
  THREE_FRY: threefryState,
};

/** Uniform in [0, 1): as many random bits as the significand holds. */
function unitInterval(w: Words, words: Value, element: "f32" | "f64", shape: readonly Dim[]): Value {
  const { t } = w;
  const isDouble = element === "f64";
  const bits = asElements(w, words, isDouble ? "ui64" : "ui32", shape);
  const kept = t.convert(t.shiftRightLogical(bits, isDouble ? 11 : 8), element);
  return t.mul(kept, isDouble ? 2 ** -53 : 2 ** -24);
}

/** A key for each operation: its place among those of its kind. */
function keyOf(op: Operation): bigint {
  let place = 1n;
  for (let at = op.prev; at; at = at.prev) place++;
  return BigInt.asUintN(64, place * 0x9e3779b97f4a7c15n);
}

function numbers(t: TensorBuilder, op: Operation): readonly Value[] | undefined {
  const { rng_distribution: distribution } = rng.attrsOf(op);
  const [a, b, sizes] = op.operands as readonly [Value, Value, Value];
  const element = elementOf(a.type);
  const { kind, bits } = elementFacts[element];
  if (kind === "complex" || kind === "bool") return undefined;
  const shape = (op.result.type as TensorType).shape.map((d, k) =>
    typeof d === "number" ? d : t.elementSymbol(sizes, k),
  );
  const w = new Words(t);
  const compute = kind === "float" && bits === 64 ? "f64" : "f32";
  const wordsEach = (distribution === "NORMAL" ? 2 : 1) * (bits === 64 ? 2 : 1);
  const total = t.context.dims.product(shape);
  const zero = w.constant(0n);
  const count = t.context.dims.mul(total, wordsEach);
  const { words } = philoxWords(w, w.constant(keyOf(op)), { low: zero, high: zero }, count);
  if (kind !== "float") return [inRange(w, asElements(w, words, `ui${bits}` as ElementType, shape), a, b)];
  const [low, high] = [a, b].map((x) => t.broadcast(t.convert(x, compute), shape, [])) as [Value, Value];
  const unit = distribution === "NORMAL" ? normal(w, words, compute, shape) : unitInterval(w, words, compute, shape);
  const span = distribution === "NORMAL" ? high : t.sub(high, low);
  return [t.convert(t.add(low, t.mul(unit, span)), element)];
}

/** a + bits mod (b - a) */
function inRange(w: Words, bits: Value, a: Value, b: Value): Value {
  const { t } = w;
  const element = t.element(a);
  const span = t.convert(t.sub(b, a), t.element(bits));
  return t.add(t.convert(t.rem(bits, span), element), a);
}

/** Two uniform numbers become one normal one (Box and Muller, 1958). */
function normal(w: Words, words: Value, element: "f32" | "f64", shape: readonly Dim[]): Value {
  const { t } = w;
  const both = unitInterval(w, words, element, [t.context.dims.product(shape), 2]);
  const radius = t.sqrt(t.mul(t.log(t.sub(1, t.at(both, 1, 0))), -2));
  return t.reshape(t.mul(radius, t.cos(t.mul(t.at(both, 1, 1), 2 * Math.PI))), shape);
}

export const expandRandom = expansionPass("expand-random", "Writes random numbers as arithmetic on counters.", {
  [rngBitGenerator.name]: bitGenerator,
  [customCall.name]: dynamicBitGenerator,
  [rng.name]: numbers,
});
