/**
 * @file A matrix of weights in the order in which a kernel reads it: blocks of columns, each with all its rows, so that what is
 * used together lies together. Columns beyond the last one are zero. Nothing is held: each read takes from the source
 * what it needs.
 */

import { elementFacts } from "./element.js";
import type { Resource } from "./resource.js";

/** Positions along one axis of the source, in elements. */
export interface StridedAxis {
  readonly size: number;
  readonly stride: number;
}

/** How a source becomes a matrix, and the matrix blocks. */
export interface PackedLayout {
  /** The axes that are rows together, the last one fastest. */
  readonly rows: readonly StridedAxis[];
  readonly columns: StridedAxis;
  /** Columns of a block. */
  readonly block: number;
  /** So many rows lie side by side in each column of a block, the last ones zero; 1 where absent. */
  readonly together?: number;
}

/** The layout as part of a name: two packings of one weight have one name only where they have the same bytes. */
export function layoutName({ rows, columns, block, together = 1 }: PackedLayout): string {
  const axes = rows.map(({ size, stride }) => `${size}.${stride}`).join("_");
  return `packed${block}${together === 1 ? "" : `x${together}`}_${columns.size}.${columns.stride}_${axes}`;
}

/** What is moved: an element is one or several of them. */
type Words = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * `source` as blocks x rows x columns of a block. `undefined` where its columns neither lie side by side nor hold all rows
 * between them: then a block would be gathered from everywhere.
 */
export function packedResource(source: Resource, layout: PackedLayout): Resource | undefined {
  const { rows, columns, block, together = 1 } = layout;
  const bytes = elementFacts[source.element].storageBytes;
  const isInRows = columns.stride === 1;
  const isInColumns = rows.every(({ stride }) => stride < columns.stride);
  if (!isInRows && !isInColumns) return undefined;
  const depth = rows.reduce((n, { size }) => n * size, 1);
  const blocks = Math.ceil(columns.size / block);
  const groups = Math.ceil(depth / together);
  const blockBytes = groups * together * block * bytes;
  const Word = bytes === 1 ? Uint8Array : bytes === 2 ? Uint16Array : Uint32Array;
  const words = bytes / Word.BYTES_PER_ELEMENT;
  const packer = { source, layout, Word, words, offsets: rowOffsets(rows) };
  return {
    name: `${source.name}.${layoutName(layout)}`,
    element: source.element,
    shape: [blocks, groups, block * together],
    byteLength: blocks * blockBytes,
    read(offset, length) {
      const first = Math.floor(offset / blockBytes);
      const end = Math.ceil((offset + length) / blockBytes);
      const out = new Word(((end - first) * blockBytes) / Word.BYTES_PER_ELEMENT);
      if (isInRows && together === 1) packRows(packer, first, end, out);
      else if (isInRows) packRowGroups(packer, first, end, out);
      else packColumns(packer, first, end, out);
      return new Uint8Array(out.buffer, offset - first * blockBytes, length);
    },
  };
}

interface Packer {
  readonly source: Resource;
  readonly layout: PackedLayout;
  readonly Word: typeof Uint8Array | typeof Uint16Array | typeof Uint32Array;
  /** Words of an element. */
  readonly words: number;
  /** Where each row begins in the source, in elements. */
  readonly offsets: readonly number[];
}

function rowOffsets(rows: readonly StridedAxis[]): readonly number[] {
  return rows.reduce<readonly number[]>(
    (offsets, { size, stride }) => offsets.flatMap((at) => Array.from({ length: size }, (_, k) => at + k * stride)),
    [0],
  );
}

/** Each row of the source holds the columns side by side. */
function packRows(packer: Packer, first: number, end: number, out: Words): void {
  const { layout, words, offsets } = packer;
  const { block, columns } = layout;
  const from = first * block;
  const width = Math.min(end * block, columns.size) - from;
  const depth = offsets.length;
  offsets.forEach((offset, row) => {
    const line = readWords(packer, (offset + from) * words, width * words);
    for (let column = 0; column < width; column += block) {
      const part = line.subarray(column * words, Math.min(column + block, width) * words);
      out.set(part, ((column / block) * depth + row) * block * words);
    }
  });
}

/** Where an element is within its block. */
function placeIn({ block, together = 1 }: PackedLayout, row: number, column: number): number {
  return (Math.floor(row / together) * block + column) * together + (row % together);
}

/** The same where a few rows lie together in each column. */
function packRowGroups(packer: Packer, first: number, end: number, out: Words): void {
  const { layout, words, offsets } = packer;
  const { block, columns } = layout;
  const from = first * block;
  const width = Math.min(end * block, columns.size) - from;
  const blockSize = blockLength(packer);
  offsets.forEach((offset, row) => {
    const line = readWords(packer, (offset + from) * words, width * words);
    for (let column = 0; column < width; column++) {
      const place = Math.floor(column / block) * blockSize + placeIn(layout, row, column % block);
      for (let word = 0; word < words; word++) out[place * words + word] = line[column * words + word]!;
    }
  });
}

/** Elements of a block. */
function blockLength({ layout: { block, together = 1 }, offsets }: Packer): number {
  return Math.ceil(offsets.length / together) * together * block;
}

/** Each column of the source holds its rows. */
function packColumns(packer: Packer, first: number, end: number, out: Words): void {
  const { layout, words, offsets } = packer;
  const { block, columns } = layout;
  const depth = offsets.length;
  const extent = offsets.reduce((most, offset) => Math.max(most, offset), 0) + 1;
  for (let column = first * block; column < Math.min(end * block, columns.size); column++) {
    const line = readWords(packer, column * columns.stride * words, extent * words);
    const start = Math.floor(column / block - first) * blockLength(packer);
    for (let row = 0; row < depth; row++) {
      const place = start + placeIn(layout, row, column % block);
      for (let word = 0; word < words; word++) out[place * words + word] = line[offsets[row]! * words + word]!;
    }
  }
}

function readWords({ source, Word }: Packer, first: number, count: number): Words {
  const size = Word.BYTES_PER_ELEMENT;
  const bytes = source.read(first * size, count * size);
  const isAligned = bytes.byteOffset % size === 0;
  return isAligned
    ? new Word(bytes.buffer as ArrayBuffer, bytes.byteOffset, count)
    : new Word(bytes.slice().buffer, 0, count);
}
