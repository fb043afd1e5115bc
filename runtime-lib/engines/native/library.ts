/**
 * @file A model's shared library opened through koffi: C ABI v1 as typed functions, counted, so that it is unloaded when
 * its last instance is closed.
 */

import koffi from "koffi";

/** Addresses are bigints; records and buffers are passed as their bytes. */
export interface NativeFunctions {
  readonly describe: () => string;
  readonly create: (options: Uint8Array, out: Uint8Array) => number;
  readonly plan: RunFunction;
  readonly run: RunFunction;
  readonly release: (model: bigint, output: Uint8Array) => void;
  readonly stateGet: (model: bigint, state: number, out: Uint8Array) => number;
  readonly stateReset: (model: bigint, state: number) => number;
  readonly counters: (model: bigint, out: BigUint64Array | null, capacity: number) => number;
  readonly lastError: (model: bigint) => string;
  readonly cancel: (model: bigint) => void;
  readonly destroy: (model: bigint) => void;
}

/** Addresses of the instance and of the records of inputs and outputs. */
export type RunArguments = [
  model: bigint,
  entry: number,
  inputs: bigint,
  inputCount: number,
  outputs: bigint,
  outputCount: number,
];

export interface RunFunction {
  (...args: RunArguments): number;
  readonly async: (...args: [...RunArguments, (error: unknown, status: number) => void]) => void;
}

export class NativeLibrary {
  readonly functions: NativeFunctions;
  readonly #library: ReturnType<typeof koffi.load>;
  #users = 0;

  /** Throws koffi's error where the file is no library, or not this model's. */
  constructor(file: string, model: string) {
    this.#library = koffi.load(file);
    const bind = (name: string, result: string, args: readonly string[]): unknown =>
      this.#library.func(`${model}_${name}`, result, [...args]);
    const call = ["void *", "int32_t", "void *", "int32_t", "void *", "int32_t"];
    this.functions = {
      describe: bind("describe", "const char *", []),
      create: bind("create", "int32_t", ["void *", "void *"]),
      plan: bind("plan", "int32_t", call),
      run: bind("run", "int32_t", call),
      release: bind("release", "void", ["void *", "void *"]),
      stateGet: bind("state_get", "int32_t", ["void *", "int32_t", "void *"]),
      stateReset: bind("state_reset", "int32_t", ["void *", "int32_t"]),
      counters: bind("counters", "int32_t", ["void *", "void *", "int32_t"]),
      lastError: bind("last_error", "const char *", ["void *"]),
      cancel: bind("cancel", "void", ["void *"]),
      destroy: bind("destroy", "void", ["void *"]),
      // Each function is declared above with the C types of its TypeScript signature.
    } as NativeFunctions;
  }

  retain(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0) this.#library.unload();
  }
}

/** The address of bytes outside the JavaScript heap; they stay there while the array lives. */
export function addressOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : koffi.address(bytes);
}

/** A copy of memory at an address. */
export function copyFrom(address: bigint, bytes: number): Uint8Array {
  return bytes === 0 ? new Uint8Array(0) : new Uint8Array(koffi.view(address, bytes)).slice();
}

/** Writes to memory at an address. */
export function copyTo(address: bigint, bytes: Uint8Array): void {
  if (bytes.length > 0) new Uint8Array(koffi.view(address, bytes.length)).set(bytes);
}
