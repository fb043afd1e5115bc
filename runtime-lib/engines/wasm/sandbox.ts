/**
 * @file One wasm instance with its memory: typed exports, allocation, and what a trap means. After a trap the instance is
 * in no known state: every later call fails with the same fault.
 */

import { type RuntimeFault, runtimeFault } from "../../diagnostic.js";
import { runtimePrefix } from "../../native/abi.js";
import { type CompiledWasm, type WasmMemory, webAssembly } from "./webassembly.js";

type Wasm = (...args: number[]) => number;

/** C ABI v1 as the module exports it; addresses are numbers. */
export type SandboxFunction =
  | "describe"
  | "create"
  | "plan"
  | "run"
  | "release"
  | "state_get"
  | "state_reset"
  | "counters"
  | "last_error"
  | "cancel"
  | "destroy"
  | "wasm_alloc"
  | "wasm_free";

/** Compiles a module. Rejects with PS5243 where it needs what this host lacks, or what a sandbox does not give. */
export async function compileSandboxed(bytes: Uint8Array, name: string): Promise<CompiledWasm> {
  const module = await webAssembly.compile(bytes).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const fix = "use a newer Node.js, or export without the features it lacks";
    throw runtimeFault("PS5243", `the wasm module of '${name}' is refused: ${reason}`, { exitCode: 4, fix });
  });
  const imports = webAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`);
  if (imports.length === 0) return module;
  throw runtimeFault("PS5243", `the wasm module of '${name}' wants to import ${imports.join(", ")}; nothing is given`);
}

export class Sandbox {
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #memory: WasmMemory;
  #broken: RuntimeFault | undefined;

  private constructor(exports: Readonly<Record<string, unknown>>) {
    this.#exports = exports;
    this.#memory = exports["memory"] as WasmMemory;
  }

  static async open(module: CompiledWasm): Promise<Sandbox> {
    const { exports } = await webAssembly.instantiate(module, {});
    return new Sandbox(exports);
  }

  /** Whether a trap has ended it. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Calls C ABI v1. Throws PS5242 where the module traps. */
  call(name: SandboxFunction, ...args: number[]): number {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      return (this.#exports[`${runtimePrefix}_${name}`] as Wasm)(...args);
    } catch (error) {
      this.#broken = trapFault(error);
      throw this.#broken;
    }
  }

  /** Room for `bytes` bytes, 64-byte aligned; `what` names it. Throws PS5241 (exit 4) at the cap. */
  alloc(bytes: number, what: string): number {
    const at = bytes >= 2 ** 32 - 128 ? 0 : this.call("wasm_alloc", Math.max(1, bytes)) >>> 0;
    if (at !== 0) return at;
    const message = `out of memory: ${what} needs ${bytes} bytes, beyond the memory cap`;
    throw runtimeFault("PS5241", message, { exitCode: 4, fix: "raise the cap, or use the native engine" });
  }

  free(at: number): void {
    this.call("wasm_free", at);
  }

  /** A window on memory: valid until the next call, which may grow it. Throws PS5242 where there is no such memory. */
  bytes(at: number, length: number): Uint8Array {
    const start = at >>> 0;
    if (!(length >= 0 && start + length <= this.#memory.buffer.byteLength)) throw brokenPromise("an address");
    return new Uint8Array(this.#memory.buffer, start, length);
  }

  /** As `bytes`, for all of memory. */
  view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  /** A NUL-terminated text, at most `most` bytes of it. */
  text(at: number, most = 4096): string {
    const start = at >>> 0;
    const window = this.bytes(start, Math.max(0, Math.min(most, this.#memory.buffer.byteLength - start)));
    const end = window.indexOf(0);
    return Buffer.from(end < 0 ? window : window.subarray(0, end)).toString("utf8");
  }
}

const reload = "load it again; if it happens again, the bundle is damaged or not what it claims";

/** PS5242 for an answer that no sound module gives. */
export function brokenPromise(what: string): RuntimeFault {
  return runtimeFault("PS5242", `the sandboxed module gave ${what} that cannot be`, { fix: reload });
}

/** PS5242 for what the WebAssembly machine threw; anything else is a fault of ours and passes. */
function trapFault(error: unknown): RuntimeFault {
  const overflow = error instanceof RangeError; // the machine's own stack
  if (!overflow && !(error instanceof webAssembly.RuntimeError)) throw error;
  const message = `the sandboxed module trapped: ${(error as Error).message}`;
  return runtimeFault("PS5242", message, { fix: reload, cause: error });
}
