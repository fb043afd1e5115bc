/** @file Seeded random numbers and tensors for tests: one seed, one sequence, on every machine. */

import { type ElementType, elementFacts, isComplex, isFloat, partOf } from "../../ir/element.js";
import { roundTo } from "../../ir/float-format.js";
import { emptyArray, type NdArray, setScalar, sizeOf } from "../../ir/ndarray.js";
import { numericsOf, type Scalar } from "../../ir/scalar.js";

export interface EntryOptions {
  /** Bounds of floats; of integers too, within what the element holds. */
  readonly low?: number;
  readonly high?: number;
  /** Now and then an infinity, a NaN, a zero of either sign, or an extreme integer. */
  readonly special?: boolean;
  /** Only whole numbers, for floats as well. */
  readonly whole?: boolean;
}

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
    for (let i = 0; i < 4; i++) this.unit();
  }

  /** Uniform in [0, 1), in steps of 2^-32 (mulberry32). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  /** The numbers `0 … n-1` in some order. */
  order(n: number): number[] {
    const list = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const k = this.int(0, i);
      [list[i], list[k]] = [list[k]!, list[i]!];
    }
    return list;
  }

  /** Some of the numbers `0 … n-1`, ascending; `count` of them, if given. */
  subset(n: number, count = this.int(0, n)): number[] {
    return this.order(n)
      .slice(0, count)
      .toSorted((a, b) => a - b);
  }

  /** Sizes of `rank` axes, from 1 to `most`. */
  shape(rank: number = this.int(0, 3), most = 5): number[] {
    return Array.from({ length: rank }, () => this.int(1, most));
  }

  entry(element: ElementType, options: EntryOptions = {}): Scalar {
    if (isComplex(element)) {
      const part = partOf(element);
      return { re: this.entry(part, options) as number, im: this.entry(part, options) as number };
    }
    if (element === "i1") return this.int(0, 1);
    if (options.special === true && this.chance(0.12)) return this.#special(element);
    const { low = -4, high = 4 } = options;
    if (isFloat(element))
      return roundTo(element, options.whole ? this.int(low, high) : low + (high - low) * this.unit());
    const n = numericsOf(element);
    const [least, most] = [Math.max(low, n.toNumber(n.minValue)), Math.min(high, n.toNumber(n.maxValue))];
    return n.fromNumber(this.int(least, most));
  }

  #special(element: ElementType): Scalar {
    const n = numericsOf(element);
    if (!isFloat(element)) return this.pick([n.minValue, n.maxValue, n.zero, n.one]);
    const values = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, -1];
    return roundTo(element, this.pick(values));
  }

  array(element: ElementType, shape: readonly number[], options: EntryOptions = {}): NdArray {
    const out = emptyArray(element, shape);
    for (let i = 0; i < sizeOf(shape); i++) setScalar(out, i, this.entry(element, options));
    return out;
  }

  /** An array whose entries are all different. */
  distinct(element: ElementType, shape: readonly number[]): NdArray {
    const size = sizeOf(shape);
    const { bits } = elementFacts[element];
    if (bits < 8 && size > 2 ** bits) throw new Error(`${element} does not have ${size} values`);
    const out = emptyArray(element, shape);
    const first = elementFacts[element].kind === "uint" ? 0 : -Math.floor(size / 2);
    this.order(size).forEach((x, i) => setScalar(out, i, numericsOf(element).fromNumber(first + x)));
    return out;
  }
}
