/**
 * @file The header of a safetensors file: a JSON object from tensor names to element type, shape and place. Read from
 * bytes with a scanner of its own, because `JSON.parse` keeps the last of two equal keys and says nothing.
 *
 * Invariant: the tensors of an accepted header cover the data section exactly, in order, each with as many bytes as its
 * type and shape ask for.
 */

import { type FaultDiagnostic, faultDiagnostic, inFile, RuntimeFault } from "../diagnostic.js";
import { checkedProduct } from "./dtype.js";

export interface SafetensorsTensor {
  readonly name: string;
  /** Safetensors' own name: "F32", "BF16", "BOOL". */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte, and the byte after the last, from the beginning of the data section. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: readonly SafetensorsTensor[];
}

const typesByBits: Readonly<Record<number, readonly string[]>> = {
  4: ["F4"],
  6: ["F6_E2M3", "F6_E3M2"],
  8: ["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"],
  16: ["I16", "U16", "F16", "BF16"],
  32: ["I32", "U32", "F32"],
  64: ["I64", "U64", "F64", "C64"],
};

/** Bits of an element. */
const elementBits: ReadonlyMap<string, number> = new Map(
  Object.entries(typesByBits).flatMap(([bits, names]) => names.map((name) => [name, Number(bits)] as const)),
);

const maxRank = 64;
const mostListed = 64;
const metadataKey = "__metadata__";
/** The header follows its length, which takes eight bytes. */
const headerStart = 8;

/**
 * Reads and checks a header. `dataBytes` is the size of the data section. Throws a `RuntimeFault` (PS5012): for JSON that is
 * malformed the first fault, otherwise everything wrong with the tensors.
 */
export function parseSafetensorsHeader(header: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const { metadata, tensors, places } = new HeaderScanner(header, file).read();
  const problems: FaultDiagnostic[] = [];
  tensors.forEach((tensor, k) => {
    const problem = problemOf(tensor, dataBytes);
    if (problem !== undefined) problems.push(fault(file, places[k]!, `tensor '${tensor.name}': ${problem}`));
  });
  if (problems.length === 0) problems.push(...gapsBetween(tensors, dataBytes, file));
  if (problems.length > 0) throw new RuntimeFault(problems.slice(0, mostListed));
  return { metadata, tensors: tensors.sort(byPlace) };
}

const byPlace = (a: SafetensorsTensor, b: SafetensorsTensor): number => a.begin - b.begin || a.end - b.end;

function fault(file: string, offset: number, message: string): FaultDiagnostic {
  return faultDiagnostic("PS5012", message, { at: inFile(file, offset) });
}

function problemOf({ dtype, shape, begin, end }: SafetensorsTensor, dataBytes: number): string | undefined {
  const bits = elementBits.get(dtype);
  if (bits === undefined) return `'${dtype}' is not an element type of the format`;
  if (shape.length > maxRank) return `rank ${shape.length} is beyond ${maxRank}`;
  const elements = checkedProduct(shape);
  const total = elements === undefined ? undefined : checkedProduct([elements, bits]);
  if (total === undefined) return `the number of elements of [${shape.join(", ")}] is beyond 53 bits`;
  if (total % 8 !== 0) return `[${shape.join(", ")}] of ${dtype} does not fill whole bytes`;
  if (begin > end || end > dataBytes) return `bytes [${begin}, ${end}) are not in a data section of ${dataBytes}`;
  if (end - begin === total / 8) return undefined;
  return `[${shape.join(", ")}] of ${dtype} takes ${total / 8} bytes, its place has ${end - begin}`;
}

/** Every place where the tensors leave a hole or overlap. */
function gapsBetween(
  tensors: readonly SafetensorsTensor[],
  dataBytes: number,
  file: string,
): readonly FaultDiagnostic[] {
  const problems: FaultDiagnostic[] = [];
  let covered = 0;
  for (const { name, begin, end } of [...tensors].sort(byPlace)) {
    if (begin > covered) problems.push(fault(file, 0, `bytes [${covered}, ${begin}) of the data belong to no tensor`));
    if (begin < covered) problems.push(fault(file, 0, `tensor '${name}' begins at ${begin}, inside another`));
    covered = Math.max(covered, end);
  }
  if (covered < dataBytes)
    problems.push(fault(file, 0, `bytes [${covered}, ${dataBytes}) of the data belong to no tensor`));
  return problems;
}

interface Scanned {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: SafetensorsTensor[];
  /** Where in the file each tensor is described. */
  readonly places: readonly number[];
}

/** Reads the JSON that a header may be, and nothing more: no other keys, no nested values, no fractions. */
class HeaderScanner {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  read(): Scanned {
    if (this.#bytes[0] !== 0x7b) this.#fail("the header does not begin with '{'");
    let metadata: ReadonlyMap<string, string> = new Map();
    const tensors: SafetensorsTensor[] = [];
    const places: number[] = [];
    this.#object((name, place) => {
      if (name === metadataKey) {
        metadata = this.#metadata();
        return;
      }
      tensors.push(this.#tensor(name, place));
      places.push(headerStart + place);
    });
    while (this.#at < this.#bytes.length) {
      if (this.#bytes[this.#at] !== 0x20) this.#fail("only spaces may follow the header");
      this.#at++;
    }
    return { metadata, tensors, places };
  }

  #fail(message: string, at = this.#at): never {
    throw new RuntimeFault([fault(this.#file, headerStart + at, message)]);
  }

  #metadata(): ReadonlyMap<string, string> {
    const metadata = new Map<string, string>();
    this.#object((key) => {
      metadata.set(key, this.#string());
    });
    return metadata;
  }

  #tensor(name: string, place: number): SafetensorsTensor {
    let dtype: string | undefined;
    let shape: readonly number[] | undefined;
    let offsets: readonly number[] | undefined;
    this.#object((key, at) => {
      if (key === "dtype") dtype = this.#string();
      else if (key === "shape") shape = this.#integers();
      else if (key === "data_offsets") offsets = this.#integers();
      else this.#fail(`tensor '${name}' has a key '${key}', which the format does not know`, at);
    });
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      this.#fail(`tensor '${name}' needs dtype, shape and two data_offsets`, place);
    }
    return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
  }

  /** An object; `member` reads the value of each key, whose place it is told. */
  #object(member: (key: string, place: number) => void): void {
    this.#expect(0x7b);
    const keys = new Set<string>();
    if (this.#accept(0x7d)) return;
    do {
      this.#skipSpace();
      const place = this.#at;
      const key = this.#string();
      if (keys.has(key)) this.#fail(`the key '${key}' occurs twice`, place);
      keys.add(key);
      this.#expect(0x3a);
      member(key, place);
    } while (this.#accept(0x2c));
    this.#expect(0x7d);
  }

  #integers(): readonly number[] {
    const all: number[] = [];
    this.#expect(0x5b);
    if (this.#accept(0x5d)) return all;
    do all.push(this.#integer());
    while (this.#accept(0x2c));
    this.#expect(0x5d);
    return all;
  }

  #integer(): number {
    this.#skipSpace();
    const start = this.#at;
    let value = 0;
    while (this.#at < this.#bytes.length && isDigit(this.#bytes[this.#at]!)) {
      value = value * 10 + (this.#bytes[this.#at]! - 0x30);
      this.#at++;
      if (!Number.isSafeInteger(value)) this.#fail("the number is beyond 53 bits", start);
    }
    if (this.#at === start) this.#fail("a number without sign is expected here");
    if (this.#bytes[start] === 0x30 && this.#at - start > 1) this.#fail("a number cannot begin with 0", start);
    return value;
  }

  #string(): string {
    this.#expect(0x22);
    const start = this.#at;
    let escaped = false;
    while (this.#bytes[this.#at] !== 0x22) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) this.#fail("a string does not end", start);
      if (byte < 0x20) this.#fail("a string contains a control character");
      if (byte === 0x5c) escaped = true;
      this.#at += byte === 0x5c ? 2 : 1;
    }
    const text = this.#decode(start, this.#at++);
    return escaped ? this.#unescape(text, start) : text;
  }

  #decode(start: number, end: number): string {
    try {
      return this.#utf8.decode(this.#bytes.subarray(start, end));
    } catch {
      return this.#fail("a string is not UTF-8", start);
    }
  }

  #unescape(text: string, start: number): string {
    let plain: unknown;
    try {
      plain = JSON.parse(`"${text}"`);
    } catch {
      this.#fail("a string has an escape that JSON does not know", start);
    }
    if (typeof plain !== "string" || /\p{Surrogate}/u.test(plain)) this.#fail("a string is not Unicode", start);
    return plain;
  }

  #skipSpace(): void {
    for (let byte = this.#bytes[this.#at]; byte !== undefined && isSpace(byte); byte = this.#bytes[++this.#at]);
  }

  #accept(byte: number): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #expect(byte: number): void {
    if (!this.#accept(byte)) this.#fail(`'${String.fromCharCode(byte)}' is expected here`);
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
