/**
 * @file The records of C ABI v1 (psm_abi.h) as bytes, for a pointer of 8 bytes (native) or 4 (wasm32). Both engines
 * write and read them here; static assertions in psm_runtime.c hold the C side to the same layout.
 */

export type PointerBytes = 4 | 8;

/** A psm_tensor. Addresses are 0 for NULL. */
export interface TensorRecord {
  readonly data: bigint;
  readonly dims: bigint;
  readonly bytes: bigint;
  readonly rank: number;
  readonly dtype: number;
}

/** sizeof(psm_tensor). */
export function tensorRecordBytes(pointer: PointerBytes): number {
  return 16 + 2 * pointer;
}

function writePointer(view: DataView, at: number, pointer: PointerBytes, address: bigint): void {
  if (pointer === 8) view.setBigUint64(at, address, true);
  else view.setUint32(at, Number(address), true);
}

function readPointer(view: DataView, at: number, pointer: PointerBytes): bigint {
  return pointer === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
}

export function writeTensorRecord(view: DataView, at: number, pointer: PointerBytes, t: TensorRecord): void {
  writePointer(view, at, pointer, t.data);
  writePointer(view, at + pointer, pointer, t.dims);
  view.setBigUint64(at + 2 * pointer, t.bytes, true);
  view.setInt32(at + 2 * pointer + 8, t.rank, true);
  view.setInt32(at + 2 * pointer + 12, t.dtype, true);
}

export function readTensorRecord(view: DataView, at: number, pointer: PointerBytes): TensorRecord {
  return {
    data: readPointer(view, at, pointer),
    dims: readPointer(view, at + pointer, pointer),
    bytes: view.getBigUint64(at + 2 * pointer, true),
    rank: view.getInt32(at + 2 * pointer + 8, true),
    dtype: view.getInt32(at + 2 * pointer + 12, true),
  };
}

export function writeSizes(view: DataView, at: number, sizes: readonly number[]): void {
  sizes.forEach((size, k) => {
    view.setBigInt64(at + 8 * k, BigInt(size), true);
  });
}

export function readSizes(view: DataView, at: number, rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, k) => Number(view.getBigInt64(at + 8 * k, true)));
}

/** What the engines set of psm_options. */
export interface OptionsRecord {
  readonly threads: number;
  readonly memoryLimit: number;
  readonly weightsBytes: number;
  readonly weightsPath: bigint;
  readonly weightsData: bigint;
  readonly shareWeights: bigint;
  readonly error: bigint;
  readonly errorBytes: number;
}

/** sizeof(psm_options). */
export function optionsRecordBytes(pointer: PointerBytes): number {
  return pointer === 8 ? 88 : 64;
}

export function writeOptionsRecord(view: DataView, at: number, pointer: PointerBytes, o: OptionsRecord): void {
  view.setUint32(at, optionsRecordBytes(pointer), true);
  view.setUint32(at + 4, o.threads, true);
  view.setUint32(at + 8, 0, true);
  view.setUint32(at + 12, o.errorBytes, true);
  view.setBigUint64(at + 16, BigInt(o.memoryLimit), true);
  view.setBigUint64(at + 24, BigInt(o.weightsBytes), true);
  const pointers = [o.weightsPath, o.weightsData, o.shareWeights, 0n, 0n, 0n, o.error];
  pointers.forEach((address, k) => {
    writePointer(view, at + 32 + k * pointer, pointer, address);
  });
}

/** Text up to the first NUL. */
export function readCString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}
