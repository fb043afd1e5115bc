/**
 * @file The records of a packed bundle. A packed bundle is a zip archive of a narrow kind, chosen so that its files can be
 * used where they stand: nothing is compressed or encrypted, the data of each file begins at a multiple of 64 bytes (an
 * extra field of type 0xD935 fills the gap, as Android's zipalign does), sizes and offsets are always in zip64 fields,
 * dates are 1980-01-01, and the archive ends with its directory, without a comment. Layouts from PKWARE's APPNOTE.TXT 6.3.10.
 */

export const packAlignment = 64;

export interface PackEntry {
  readonly name: string;
  readonly crc: number;
  readonly bytes: number;
  /** Where the entry's local header stands. */
  readonly header: number;
}

export const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
  end: 0x06054b50,
} as const;

/** Sizes of the records without names and extra fields. */
export const recordBytes = { local: 30, central: 46, end64: 56, locator: 20, end: 22 } as const;

const version = 45;
/** 1980-01-01, the first day zip can say; times are 0. */
const day = 0x21;
const inZip64 = 0xffff_ffff;
const zip64Field = 0x0001;
const alignmentField = 0xd935;

/** Writes little-endian fields one after another. */
class Fields {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setUint16(this.#at, value, true);
      this.#at += 2;
    }
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
    return this;
  }

  u64(...values: readonly number[]): this {
    for (const value of values) {
      this.#view.setBigUint64(this.#at, BigInt(value), true);
      this.#at += 8;
    }
    return this;
  }

  ascii(text: string): this {
    for (const character of text) this.bytes[this.#at++] = character.charCodeAt(0);
    return this;
  }
}

/** The header before a file's data, which ends where the data, aligned, begins. */
export function localHeader({ name, crc, bytes, header }: PackEntry): Uint8Array {
  const zip64Bytes = 4 + 16;
  const least = recordBytes.local + name.length + zip64Bytes + 6;
  const padding = (packAlignment - ((header + least) % packAlignment)) % packAlignment;
  return new Fields(least + padding)
    .u32(signatures.local)
    .u16(version, 0, 0, 0, day)
    .u32(crc, inZip64, inZip64)
    .u16(name.length, zip64Bytes + 6 + padding)
    .ascii(name)
    .u16(zip64Field, 16)
    .u64(bytes, bytes)
    .u16(alignmentField, 2 + padding, packAlignment).bytes;
}

function centralHeader({ name, crc, bytes, header }: PackEntry): Uint8Array {
  return new Fields(recordBytes.central + name.length + 28)
    .u32(signatures.central)
    .u16(version, version, 0, 0, 0, day)
    .u32(crc, inZip64, inZip64)
    .u16(name.length, 28, 0, 0, 0)
    .u32(0, inZip64)
    .ascii(name)
    .u16(zip64Field, 24)
    .u64(bytes, bytes, header).bytes;
}

/** Everything after the last file's data: the directory, which begins at `start`, and the end records. */
export function directory(entries: readonly PackEntry[], start: number): readonly Uint8Array[] {
  const headers = entries.map(centralHeader);
  const size = headers.reduce((total, header) => total + header.length, 0);
  const count = entries.length;
  const end64 = new Fields(recordBytes.end64)
    .u32(signatures.end64)
    .u64(recordBytes.end64 - 12)
    .u16(version, version)
    .u32(0, 0)
    .u64(count, count, size, start).bytes;
  const locator = new Fields(recordBytes.locator)
    .u32(signatures.locator, 0)
    .u64(start + size)
    .u32(1).bytes;
  const end = new Fields(recordBytes.end)
    .u32(signatures.end)
    .u16(0, 0, 0xffff, 0xffff)
    .u32(inZip64, inZip64)
    .u16(0).bytes;
  return [...headers, end64, locator, end];
}
