/** @file The few parts of the WebAssembly API that the engine uses, typed here: the browser's type library is not loaded. */

/** A compiled module: opaque. */
export interface CompiledWasm {
  readonly [Symbol.toStringTag]: string;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmApi {
  compile(bytes: Uint8Array): Promise<CompiledWasm>;
  instantiate(module: CompiledWasm, imports: object): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>;
  readonly Module: {
    imports(module: CompiledWasm): readonly { readonly module: string; readonly name: string }[];
  };
  /** Thrown where code traps. */
  readonly RuntimeError: new () => Error;
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
