/** @file Reads what stands inside `dense<…>`: a splat, nested lists, or one hexadecimal string of raw bytes. */

import { type ElementType, elementFacts } from "../element.js";
import { emptyArray, fromBytes, type NdArray, setScalar, sizeOf } from "../ndarray.js";
import { numericsOf, type Scalar } from "../scalar.js";
import { hasStaticShape, staticShape, type TensorType, type VectorType } from "../types.js";

export interface DenseBody {
  readonly splat: boolean;
  readonly data: NdArray;
}

export function parseDenseBody(
  body: string,
  type: TensorType | VectorType,
  fail: (message: string) => never,
): DenseBody {
  const { element } = type;
  if (!hasStaticShape(type)) return fail("dense elements need a static shape");
  const shape = staticShape(type);
  const count = sizeOf(shape);
  if (body === "")
    return count === 0 ? { splat: false, data: emptyArray(element, shape) } : fail(`expected ${count} elements`);
  if (body.startsWith('"')) return parseHex(body, element, shape, fail);
  const words = new DenseWords(body, fail);
  const values: Scalar[] = [];
  const isList = readNested(words, element, shape, values, fail);
  if (!isList) {
    const data = emptyArray(element, []);
    setScalar(data, 0, values[0]!);
    return { splat: true, data };
  }
  const data = emptyArray(element, shape);
  values.forEach((v, i) => setScalar(data, i, v));
  return { splat: false, data };
}

/** True for a list, false for a single element. */
function readNested(
  words: DenseWords,
  element: ElementType,
  shape: readonly number[],
  out: Scalar[],
  fail: (m: string) => never,
): boolean {
  if (words.peek() !== "[") {
    out.push(readElement(words, element, fail));
    words.end();
    return false;
  }
  const level = (axis: number): void => {
    if (axis === shape.length) {
      out.push(readElement(words, element, fail));
      return;
    }
    words.expect("[");
    for (let i = 0; i < shape[axis]!; i++) {
      if (i > 0) words.expect(",");
      level(axis + 1);
    }
    words.expect("]");
  };
  level(0);
  words.end();
  return true;
}

function readElement(words: DenseWords, element: ElementType, fail: (m: string) => never): Scalar {
  const { part } = elementFacts[element];
  if (part === undefined) return readNumber(words.next(), element, fail);
  words.expect("(");
  const re = Number(readNumber(words.next(), part, fail));
  words.expect(",");
  const im = Number(readNumber(words.next(), part, fail));
  words.expect(")");
  return { re, im };
}

function readNumber(word: string, element: ElementType, fail: (m: string) => never): Scalar {
  if (word === "true" || word === "false") return word === "true" ? 1 : 0;
  if (!/^[-+]?(0x[0-9a-fA-F]+|\d+(\.\d*)?([eE][-+]?\d+)?)$/.test(word)) return fail(`'${word}' is not a number`);
  if (/^[-+]0x/.test(word) && elementFacts[element].kind === "float") return fail(`'${word}' is not a number`);
  if (elementFacts[element].kind === "float")
    return word.startsWith("0x")
      ? numericsOf(element).fromBits(BigInt(word))
      : numericsOf(element).fromNumber(Number(word));
  if (/[.eE]/.test(word) && !word.includes("0x")) return fail(`'${word}' is not an integer`);
  const value = word.startsWith("-") ? -BigInt(word.slice(1)) : BigInt(word);
  return numericsOf(element).fromBits(value);
}

function parseHex(body: string, element: ElementType, shape: readonly number[], fail: (m: string) => never): DenseBody {
  const digits = /^"0x([0-9a-fA-F]*)"$/.exec(body)?.[1];
  if (digits === undefined || digits.length % 2 !== 0) return fail("expected a hexadecimal string of whole bytes");
  const bytes = new Uint8Array(Buffer.from(digits, "hex"));
  const count = sizeOf(shape);
  const { storageBytes } = elementFacts[element];
  if (element === "i1") return parseBits(bytes, shape, count, fail);
  if (bytes.length === count * storageBytes) return { splat: false, data: fromBytes(element, shape, bytes) };
  if (bytes.length === storageBytes) return { splat: true, data: fromBytes(element, [], bytes) };
  return fail(`${bytes.length} bytes do not fill ${count} elements of ${element}`);
}

/** MLIR packs `i1` elements eight to a byte; a lone 0 or 0xFF byte is a splat. */
function parseBits(bytes: Uint8Array, shape: readonly number[], count: number, fail: (m: string) => never): DenseBody {
  if (bytes.length !== Math.ceil(count / 8)) return fail(`${bytes.length} bytes do not fill ${count} elements of i1`);
  const data = emptyArray("i1", shape);
  for (let i = 0; i < count; i++) data.data[i] = (bytes[i >> 3]! >> (i & 7)) & 1;
  return { splat: false, data };
}

class DenseWords {
  readonly #words: readonly string[];
  readonly #fail: (message: string) => never;
  #next = 0;

  constructor(body: string, fail: (message: string) => never) {
    this.#words = body.match(/[[\](),]|[^\s[\](),]+/g) ?? [];
    this.#fail = fail;
  }

  peek(): string | undefined {
    return this.#words[this.#next];
  }

  next(): string {
    return this.#words[this.#next++] ?? this.#fail("the elements end early");
  }

  expect(word: string): void {
    const found = this.next();
    if (found !== word) this.#fail(`expected '${word}' among the elements, found '${found}'`);
  }

  end(): void {
    if (this.#next < this.#words.length) this.#fail(`'${this.#words[this.#next]}' is one element too many`);
  }
}
