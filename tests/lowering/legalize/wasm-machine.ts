/**
 * @file A back end of the expansions for tests: each function becomes a WebAssembly loop over arrays, so that billions of
 * inputs take minutes. WebAssembly's operations have exactly the meaning the expansions assume; conversions out of range trap.
 */

import type { FloatPredicate, IntegerPredicate } from "../../../ir/dialects/arith/attributes.js";
import {
  type Conversion,
  Float,
  type FloatBinary,
  type FloatUnary,
  type IntBinary,
  type MaskBinary,
  type Primitives,
} from "../../../lowering/legalize/emit.js";
import type { FloatName } from "../../../lowering/legalize/formats.js";

const [I32, I64, F32, F64] = [0x7f, 0x7e, 0x7d, 0x7c] as const;
type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64;

/** A local variable. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Opcodes of both formats, f32 or i32 first. */
const floatUnary: Readonly<Record<FloatUnary, readonly [number, number]>> = {
  abs: [0x8b, 0x99],
  neg: [0x8c, 0x9a],
  ceil: [0x8d, 0x9b],
  floor: [0x8e, 0x9c],
  trunc: [0x8f, 0x9d],
  sqrt: [0x91, 0x9f],
};
const floatBinary: Readonly<Record<FloatBinary, readonly [number, number]>> = {
  add: [0x92, 0xa0],
  sub: [0x93, 0xa1],
  mul: [0x94, 0xa2],
  div: [0x95, 0xa3],
  copysign: [0x98, 0xa6],
};
const intBinary: Readonly<Record<IntBinary, readonly [number, number]>> = {
  add: [0x6a, 0x7c],
  sub: [0x6b, 0x7d],
  mul: [0x6c, 0x7e],
  and: [0x71, 0x83],
  or: [0x72, 0x84],
  xor: [0x73, 0x85],
  shl: [0x74, 0x86],
  shrs: [0x75, 0x87],
  shru: [0x76, 0x88],
};
const floatCompare: Readonly<Partial<Record<FloatPredicate, readonly [number, number]>>> = {
  oeq: [0x5b, 0x61],
  une: [0x5c, 0x62],
  olt: [0x5d, 0x63],
  ogt: [0x5e, 0x64],
  ole: [0x5f, 0x65],
  oge: [0x60, 0x66],
};
const intCompare: Readonly<Record<IntegerPredicate, readonly [number, number]>> = {
  eq: [0x46, 0x51],
  ne: [0x47, 0x52],
  slt: [0x48, 0x53],
  ult: [0x49, 0x54],
  sgt: [0x4a, 0x55],
  ugt: [0x4b, 0x56],
  sle: [0x4c, 0x57],
  ule: [0x4d, 0x58],
  sge: [0x4e, 0x59],
  uge: [0x4f, 0x5a],
};
const conversions: Readonly<Record<Conversion, readonly [number, number]>> = {
  bits: [0xbc, 0xbd],
  "float-of-bits": [0xbe, 0xbf],
  "to-int": [0xa8, 0xb0],
  "to-float": [0xb2, 0xb9],
};
const maskOps: Readonly<Record<MaskBinary, number>> = { and: 0x71, or: 0x72, xor: 0x73 };
const [GET, SET, SELECT, IF, LOOP, END, BR, BR_IF] = [0x20, 0x21, 0x1b, 0x04, 0x03, 0x0b, 0x0c, 0x0d];
const EMPTY = 0x40;

class WasmMachine implements Primitives<Local> {
  readonly float: FloatName;
  readonly fma = false;
  readonly code: number[] = [];
  readonly locals: ValueType[] = [];
  readonly #parameters: number;

  constructor(float: FloatName, parameters: number) {
    this.float = float;
    this.#parameters = parameters;
  }

  local(type: ValueType): Local {
    this.locals.push(type);
    return { index: this.#parameters + this.locals.length - 1, type };
  }

  get floatType(): ValueType {
    return this.float === "f32" ? F32 : F64;
  }

  get intType(): ValueType {
    return this.float === "f32" ? I32 : I64;
  }

  get #column(): 0 | 1 {
    return this.float === "f32" ? 0 : 1;
  }

  #compute(type: ValueType, operands: readonly Local[], ...opcode: readonly number[]): Local {
    for (const x of operands) this.code.push(GET, ...unsigned(x.index));
    const result = this.local(type);
    this.code.push(...opcode, SET, ...unsigned(result.index));
    return result;
  }

  floatConstant(value: number): Local {
    const bytes = this.float === "f32" ? new Float32Array([value]) : new Float64Array([value]);
    return this.#compute(this.floatType, [], this.float === "f32" ? 0x43 : 0x44, ...new Uint8Array(bytes.buffer));
  }

  intConstant(value: bigint): Local {
    const bits = this.float === "f32" ? 32 : 64;
    return this.#compute(this.intType, [], this.float === "f32" ? 0x41 : 0x42, ...signed(BigInt.asIntN(bits, value)));
  }

  floatUnary(op: FloatUnary, x: Local): Local {
    return this.#compute(this.floatType, [x], floatUnary[op][this.#column]);
  }

  floatBinary(op: FloatBinary, x: Local, y: Local): Local {
    return this.#compute(this.floatType, [x, y], floatBinary[op][this.#column]);
  }

  fused(): never {
    throw new Error("WebAssembly has no fused operations");
  }

  intBinary(op: IntBinary, x: Local, y: Local): Local {
    return this.#compute(this.intType, [x, y], intBinary[op][this.#column]);
  }

  mulHigh(x: Local, y: Local): Local {
    const wide = [x, y].map((v) => this.#compute(I64, [v], 0xad));
    const product = this.#compute(I64, wide, 0x7e);
    return this.#compute(I32, [product], 0x42, ...signed(32n), 0x88, 0xa7);
  }

  maskBinary(op: MaskBinary, x: Local, y: Local): Local {
    return this.#compute(I32, [x, y], maskOps[op]);
  }

  maskNot(x: Local): Local {
    return this.#compute(I32, [x], 0x45);
  }

  compareFloats(predicate: FloatPredicate, x: Local, y: Local): Local {
    if (predicate === "uno")
      return this.maskBinary("or", this.compareFloats("une", x, x), this.compareFloats("une", y, y));
    const opcode = floatCompare[predicate];
    if (!opcode) throw new Error(`the test machine does not compare by ${predicate}`);
    return this.#compute(I32, [x, y], opcode[this.#column]);
  }

  compareInts(predicate: IntegerPredicate, x: Local, y: Local): Local {
    return this.#compute(I32, [x, y], intCompare[predicate][this.#column]);
  }

  select(mask: Local, yes: Local, no: Local): Local {
    return this.#compute(yes.type, [yes, no, mask], SELECT);
  }

  convert(op: Conversion, x: Local): Local {
    const type = op === "bits" || op === "to-int" ? this.intType : this.floatType;
    return this.#compute(type, [x], conversions[op][this.#column]);
  }

  where(mask: Local, rare: () => readonly Local[], usual: readonly Local[]): readonly Local[] {
    const results = usual.map((x) => this.#compute(x.type, [x]));
    this.code.push(GET, ...unsigned(mask.index), IF, EMPTY);
    this.#assign(results, rare());
    this.code.push(END);
    return results;
  }

  repeat(
    state: readonly Local[],
    running: (state: readonly Local[]) => Local,
    step: (state: readonly Local[]) => readonly Local[],
  ): readonly Local[] {
    const results = state.map((x) => this.#compute(x.type, [x]));
    this.code.push(LOOP, EMPTY);
    const more = running(results);
    this.code.push(GET, ...unsigned(more.index), IF, EMPTY);
    this.#assign(results, step(results));
    this.code.push(BR, 1, END, END);
    return results;
  }

  #assign(targets: readonly Local[], values: readonly Local[]): void {
    for (const x of values) this.code.push(GET, ...unsigned(x.index));
    for (const x of [...targets].reverse()) this.code.push(SET, ...unsigned(x.index));
  }
}

function unsigned(x: number): number[] {
  const bytes: number[] = [];
  let rest = x;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

function signed(x: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = x; ; ) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    const done = (rest === 0n && byte < 64) || (rest === -1n && byte >= 64);
    bytes.push(done ? byte : byte + 128);
    if (done) return bytes;
  }
}

const section = (id: number, bytes: readonly number[]): number[] => [id, ...unsigned(bytes.length), ...bytes];

/** The parts of WebAssembly's API used here; the compiler's options leave the DOM's types out. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

export type FloatArray = Float32Array | Float64Array;

/** An expansion compiled: applied to whole arrays of at most `CAPACITY` elements. */
export type ArrayFunction = (...inputs: readonly FloatArray[]) => FloatArray;

export const CAPACITY = 1 << 16;
const PAGE = 1 << 16;

/** Compiles `f` of `arity` floats. The array it gives is overwritten by the next call. */
export function compileFunction(
  float: FloatName,
  arity: number,
  f: (...args: readonly Float<Local>[]) => Float<Local>,
): ArrayFunction {
  const bytes = float === "f32" ? 4 : 8;
  const stride = CAPACITY * bytes;
  const module = assemble(float, arity, bytes, stride, f);
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;
  const { memory, run } = new Instance(new Module(module)).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly run: (count: number) => void;
  };
  const view = (i: number, length: number): FloatArray =>
    float === "f32"
      ? new Float32Array(memory.buffer, i * stride, length)
      : new Float64Array(memory.buffer, i * stride, length);
  return (...inputs) => {
    const { length } = inputs[0]!;
    inputs.forEach((x, i) => {
      view(i, length).set(x);
    });
    run(length);
    return view(arity, length);
  };
}

function assemble(
  float: FloatName,
  arity: number,
  bytes: number,
  stride: number,
  f: (...args: readonly Float<Local>[]) => Float<Local>,
): Uint8Array {
  const machine = new WasmMachine(float, 1);
  const count: Local = { index: 0, type: I32 };
  const at = machine.local(I32);
  const { code } = machine;
  const access = float === "f32" ? [0x2a, 0x38] : [0x2b, 0x39];
  const memarg = (i: number): number[] => [bytes === 4 ? 2 : 3, ...unsigned(i * stride)];
  code.push(0x02, EMPTY, GET, count.index, 0x45, BR_IF, 0, LOOP, EMPTY);
  const args = Array.from({ length: arity }, (_, i) => {
    const arg = machine.local(machine.floatType);
    code.push(GET, ...unsigned(at.index), access[0]!, ...memarg(i), SET, ...unsigned(arg.index));
    return new Float(machine, arg);
  });
  const result = f(...args);
  code.push(GET, ...unsigned(at.index), GET, ...unsigned(result.value.index), access[1]!, ...memarg(arity));
  code.push(GET, ...unsigned(at.index), 0x41, bytes, 0x6a, SET, ...unsigned(at.index));
  code.push(
    GET,
    ...unsigned(at.index),
    GET,
    count.index,
    0x41,
    ...signed(BigInt(bytes)),
    0x6c,
    0x49,
    BR_IF,
    0,
    END,
    END,
    END,
  );
  const declared = machine.locals.flatMap((type) => [1, type]);
  const body = [...unsigned(machine.locals.length), ...declared, ...code];
  const pages = Math.ceil(((arity + 1) * stride) / PAGE);
  const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}
