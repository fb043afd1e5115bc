/**
 * @file `tiles.bin`: the tile programs of a target. Little-endian throughout.
 *
 *     0   4  "PSMT"
 *     4   2  version, 1
 *     6   2  bytes of a bundle, 32
 *     8   4  number of programs
 *     12  4  size of the file
 *     then for each program, from a multiple of 32 on
 *     0   4  bytes of its name
 *     4   4  number of arguments: addresses the launch puts into s0, s1, ...
 *     8   4  bytes of SRAM it uses, from address 0 on
 *     12  4  number of bundles
 *     16     its name in ASCII, then zeros up to a multiple of 32, then the bundles
 *
 * Invariant: the reader takes exactly what the writer writes, and everything else is a `RuntimeFault` (PS5260) with the
 * offset; what the programs mean is checked by the engine, which knows the machine.
 */

import { type Bundle, bundleBytes, decodeBundle, EncodingError, encodeBundle } from "../../machine/encoding.js";
import { inFile, runtimeFault } from "../diagnostic.js";

/** One program, run by every tile of the grid. */
export interface TileProgram {
  /** The kernel's symbol. */
  readonly name: string;
  readonly argumentCount: number;
  readonly sramBytes: number;
  readonly bundles: readonly Bundle[];
}

const magic = 0x544d5350;
const version = 1;
const headerBytes = 16;
const unit = 32;
const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const align = (n: number): number => Math.ceil(n / unit) * unit;

/** Throws `EncodingError` for an instruction that has no encoding. */
export function encodeTiles(programs: readonly TileProgram[]): Uint8Array {
  const sizes = programs.map((p) => align(headerBytes + p.name.length) + p.bundles.length * bundleBytes);
  const total = sizes.reduce((a, b) => a + b, unit);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint16(4, version, true);
  view.setUint16(6, bundleBytes, true);
  view.setUint32(8, programs.length, true);
  view.setUint32(12, total, true);
  let at = unit;
  programs.forEach((program, k) => {
    encodeProgram(program, bytes, at);
    at += sizes[k]!;
  });
  return bytes;
}

function encodeProgram({ name, argumentCount, sramBytes, bundles }: TileProgram, bytes: Uint8Array, at: number): void {
  if (!plainName.test(name)) throw new EncodingError(`'${name}' is no name of a program`);
  const view = new DataView(bytes.buffer);
  [name.length, argumentCount, sramBytes, bundles.length].forEach((n, k) => {
    if (!Number.isInteger(n) || n < 0 || n >= 2 ** 32) throw new EncodingError(`${name}: ${n} does not fit 32 bits`);
    view.setUint32(at + 4 * k, n, true);
  });
  bytes.set(new TextEncoder().encode(name), at + headerBytes);
  const code = at + align(headerBytes + name.length);
  bundles.forEach((bundle, k) => {
    encodeBundle(bundle, bytes, code + k * bundleBytes);
  });
}

/** Reads `tiles.bin`. Throws a `RuntimeFault` PS5260 (exit 5); `file` is its name in that. */
export function decodeTiles(bytes: Uint8Array, file = "tiles.bin"): readonly TileProgram[] {
  const reader = new TilesReader(bytes, file);
  const programs = reader.programs();
  const names = new Set<string>();
  for (const { name } of programs) {
    if (names.has(name)) throw reader.fault(0, `two programs are called '${name}'`);
    names.add(name);
  }
  return programs;
}

class TilesReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  fault(offset: number, message: string): Error {
    const fix = "export the model again";
    return runtimeFault("PS5260", `tile programs: ${message}`, { at: inFile(this.#file, offset), fix });
  }

  programs(): readonly TileProgram[] {
    this.#require(unit, "the header");
    if (this.#view.getUint32(0, true) !== magic) throw this.fault(0, "the file does not begin with 'PSMT'");
    const given = this.#view.getUint16(4, true);
    if (given !== version) throw this.fault(4, `version ${given}; this runtime reads ${version}`);
    const width = this.#view.getUint16(6, true);
    if (width !== bundleBytes) throw this.fault(6, `bundles of ${width} bytes instead of ${bundleBytes}`);
    const count = this.#view.getUint32(8, true);
    const size = this.#view.getUint32(12, true);
    if (size !== this.#bytes.length) throw this.fault(12, `${size} bytes; the file has ${this.#bytes.length}`);
    this.#zeros(headerBytes, unit);
    this.#at = unit;
    const programs: TileProgram[] = [];
    for (let k = 0; k < count; k++) programs.push(this.#program());
    if (this.#at !== this.#bytes.length) throw this.fault(this.#at, "there is more after the last program");
    return programs;
  }

  #require(bytes: number, what: string): void {
    if (this.#bytes.length - this.#at < bytes) throw this.fault(this.#at, `the file ends within ${what}`);
  }

  /** Throws unless the bytes between hold nothing. */
  #zeros(from: number, to: number): void {
    for (let i = from; i < to; i++) if (this.#bytes[i] !== 0) throw this.fault(i, "a byte is set that means nothing");
  }

  #program(): TileProgram {
    this.#require(headerBytes, "a program's header");
    const start = this.#at;
    const [length, argumentCount, sramBytes, count] = [0, 4, 8, 12].map((k) => this.#view.getUint32(start + k, true));
    const code = align(headerBytes + length!);
    this.#require(code + count! * bundleBytes, "a program");
    const name = String.fromCharCode(
      ...this.#bytes.subarray(start + headerBytes, start + headerBytes + Math.min(length!, 4096)),
    );
    if (length! > 4096 || !plainName.test(name)) throw this.fault(start + headerBytes, "a program's name is none");
    this.#zeros(start + headerBytes + length!, start + code);
    const bundles: Bundle[] = [];
    for (let k = 0; k < count!; k++) bundles.push(this.#bundle(start + code + k * bundleBytes));
    this.#at = start + code + count! * bundleBytes;
    return { name, argumentCount: argumentCount!, sramBytes: sramBytes!, bundles };
  }

  #bundle(at: number): Bundle {
    try {
      return decodeBundle(this.#bytes, at);
    } catch (error) {
      if (error instanceof EncodingError) throw this.fault(at, error.message);
      throw error;
    }
  }
}
