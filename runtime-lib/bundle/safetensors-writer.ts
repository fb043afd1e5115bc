/**
 * @file Writes safetensors in which every tensor, and the data section itself, begins at a multiple of 64 bytes, so that
 * kernels can use a mapped file as it is.
 *
 * The format forbids holes, so the alignment is spelled out: the header is padded with spaces, as the format allows, and
 * after a tensor whose size is not a multiple of 64 stands a tensor of zero bytes, named `__padding__.N`, type U8. Every
 * reader of the format accepts such a file; `isPadding` tells those tensors apart. The layout depends on names, types
 * and shapes alone: offsets are known before a single byte of data is, and equal input gives equal bytes.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import { checkedProduct, findDtype } from "./dtype.js";

export interface TensorDescription {
  readonly name: string;
  /** The runtime's name: "f32", "ui8". */
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface TensorSource extends TensorDescription {
  /** Size of the data, which must be what type and shape ask for. */
  readonly bytes: number;
  /** Called once, when the tensor's turn has come. */
  readonly source: () => AsyncIterable<Uint8Array> | Uint8Array;
}

export interface PlacedTensor extends TensorDescription {
  /** From the beginning of the data section; a multiple of 64. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsLayout {
  /** The file up to its data section. */
  readonly head: Uint8Array;
  /** Where the data section begins; a multiple of 64. */
  readonly dataOffset: number;
  readonly dataBytes: number;
  /** In the order given. */
  readonly tensors: readonly PlacedTensor[];
}

/** Where written bytes go. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

const alignment = 64;
const paddingPrefix = "__padding__.";
const dtypeNote = "psm.dtype:";
const sliceBytes = 8 * 1024 * 1024;

/** Whether a tensor exists for the sake of alignment alone. */
export function isPadding(name: string): boolean {
  return name.startsWith(paddingPrefix);
}

const roundUp = (n: number): number => Math.ceil(n / alignment) * alignment;

/** Places tensors in the order given. Throws an `Error` for names, types and shapes that no file can hold. */
export function layoutSafetensors(tensors: readonly TensorDescription[]): SafetensorsLayout {
  const placed: PlacedTensor[] = [];
  const members: string[] = [];
  const notes: string[] = [];
  let end = 0;
  for (const { name, dtype, shape } of checkNames(tensors)) {
    const bytes = tensorBytes({ name, dtype, shape });
    const tensor: PlacedTensor = { name, dtype, shape, offset: end, bytes };
    placed.push(tensor);
    members.push(describe(tensor));
    if (findDtype(dtype)!.safetensors === undefined) notes.push(`${quote(dtypeNote + name)}:${quote(dtype)}`);
    end += bytes;
    const gap = roundUp(end) - end;
    if (gap > 0) members.push(member(`${paddingPrefix}${placed.length - 1}`, "U8", [gap], end, end + gap));
    end += gap;
  }
  if (!Number.isSafeInteger(end)) throw new Error("the tensors are larger than any file");
  if (notes.length > 0) members.unshift(`"__metadata__":{${notes.join(",")}}`);
  const head = frame(`{${members.join(",")}}`);
  return { head, dataOffset: head.length, dataBytes: end, tensors: placed };
}

function checkNames(tensors: readonly TensorDescription[]): readonly TensorDescription[] {
  const names = new Set<string>();
  for (const { name } of tensors) {
    const reserved = name === "__metadata__" || isPadding(name);
    if (reserved || /\p{Surrogate}/u.test(name)) throw new Error(`a tensor cannot be named ${JSON.stringify(name)}`);
    if (names.has(name)) throw new Error(`two tensors are named '${name}'`);
    names.add(name);
  }
  return tensors;
}

function tensorBytes({ name, dtype, shape }: TensorDescription): number {
  const known = findDtype(dtype);
  if (known === undefined) throw new Error(`tensor '${name}' has the unknown element type '${dtype}'`);
  const bytes = checkedProduct([...shape, known.bytes]);
  if (bytes === undefined) throw new Error(`tensor '${name}' has the impossible shape [${shape.join(", ")}]`);
  return bytes;
}

/** Types that safetensors does not name are stored as bytes, or as the numbers they consist of. */
function describe({ name, dtype, shape, offset, bytes }: PlacedTensor): string {
  const end = offset + bytes;
  const own = findDtype(dtype)!.safetensors;
  if (own !== undefined) return member(name, own, shape, offset, end);
  if (dtype === "complex<f64>") return member(name, "F64", [...shape, 2], offset, end);
  return member(name, "U8", shape, offset, end);
}

const quote = (text: string): string => JSON.stringify(text);

function member(name: string, dtype: string, shape: readonly number[], begin: number, end: number): string {
  return `${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`;
}

/** The header's length, its text, and spaces up to the alignment of the data. */
function frame(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const head = new Uint8Array(roundUp(8 + text.length)).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(text, 8);
  return head;
}

/**
 * Writes the tensors to `sink`, in slices, so that no tensor need be in memory whole. Throws an `Error` where a source
 * yields another number of bytes than its tensor has; `signal` stops it between slices.
 */
export async function writeSafetensors(
  sink: ByteSink,
  tensors: readonly TensorSource[],
  signal?: AbortSignal,
): Promise<SafetensorsLayout> {
  const layout = layoutSafetensors(tensors);
  const padding = new Uint8Array(alignment);
  sink.write(layout.head);
  for (const [k, tensor] of tensors.entries()) {
    const { bytes } = layout.tensors[k]!;
    const written = await copyTo(sink, tensor.source(), signal);
    if (tensor.bytes !== bytes || written !== bytes) {
      throw new Error(
        `tensor '${tensor.name}' takes ${bytes} bytes; ${tensor.bytes} were promised and ${written} came`,
      );
    }
    sink.write(padding.subarray(0, roundUp(bytes) - bytes));
  }
  return layout;
}

/** Copies a source to a sink slice by slice, letting timers and signals in between; returns the number of bytes. */
export async function copyTo(
  sink: ByteSink,
  source: AsyncIterable<Uint8Array> | Uint8Array,
  signal?: AbortSignal,
): Promise<number> {
  let total = 0;
  for await (const chunk of source instanceof Uint8Array ? [source] : source) {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      signal?.throwIfAborted();
      sink.write(chunk.subarray(at, at + sliceBytes));
      await nextTurn();
    }
    total += chunk.length;
  }
  return total;
}
