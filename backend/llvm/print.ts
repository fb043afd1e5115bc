/**
 * @file LLVM IR text from the `llvm` dialect. Opaque pointers, no triple and no data layout (they are given when it
 * is compiled), and only spellings that every LLVM from 16 to 22 reads: no `nuw` on getelementptr or trunc, no
 * `samesign`, `disjoint`, `nneg`, no `captures`. Block arguments print as phi nodes.
 */

import type { Attr, AttrDict } from "../../ir/attrs.js";
import { Context } from "../../ir/context.js";
import { moduleBody } from "../../ir/dialects/builtin.js";
import * as control from "../../ir/dialects/llvm/control.js";
import * as memory from "../../ir/dialects/llvm/memory.js";
import { llvmSignature } from "../../ir/dialects/llvm/signature.js";
import type { Block, Operation, Value } from "../../ir/graph.js";
import { toBytes } from "../../ir/ndarray.js";
import { isShaped, printType, type Type } from "../../ir/types.js";
import { instructions, isLiteral, type Spelling } from "./instructions.js";
import { llvmBytes, llvmScalar, llvmSymbol, llvmType, llvmVector } from "./types.js";

/** The text of a module that holds only `llvm.func` and `llvm.mlir.global`. */
export function printLlvm(module: Operation): string {
  const declarations = new Map<string, string>();
  const globals: string[] = [];
  const functions: string[] = [];
  for (const op of moduleBody(module).ops()) {
    if (memory.global.matches(op)) globals.push(printGlobal(op));
    else if (control.func.matches(op)) functions.push(new FunctionPrinter(op, declarations).print());
    else throw new Error(`${op.name} cannot stand at the top of an LLVM module`);
  }
  return [...globals, "", ...functions, ...[...declarations.values()].sort()].join("\n").trimStart() + "\n";
}

function printGlobal(op: Operation): string {
  const { sym_name: name, value, alignment } = memory.global.attrsOf(op);
  const bytes = globalBytes(value);
  const align = alignment === undefined ? "" : `, align ${alignment}`;
  return `${llvmSymbol(name)} = constant [${bytes.length} x i8] ${llvmBytes(bytes)}${align}`;
}

function globalBytes(value: Attr | undefined): Uint8Array {
  if (value?.kind === "string") return new TextEncoder().encode(value.value);
  if (value?.kind === "dense") return toBytes(value.data);
  throw new Error("a global needs its bytes");
}

class FunctionPrinter implements Spelling {
  readonly #func: Operation;
  readonly #declarations: Map<string, string>;
  readonly #names = new Map<Value, string>();
  readonly #labels = new Map<Block, string>();

  constructor(func: Operation, declarations: Map<string, string>) {
    this.#func = func;
    this.#declarations = declarations;
  }

  print(): string {
    const { sym_name: name, function_type: type, arg_attrs, passthrough, linkage } = control.func.attrsOf(this.#func);
    const { result } = signatureOf(type);
    const blocks = this.#func.region(0).blocks;
    const entry = blocks[0];
    const symbol = llvmSymbol(name);
    if (!entry) return `declare ${result} ${symbol}(${signatureOf(type).args.join(", ")})`;
    this.#number(blocks);
    const attrs = dictionaries(arg_attrs);
    const args = entry.args.map((a, i) => `${llvmType(a.type)}${printArgAttrs(attrs[i])} ${this.ref(a)}`);
    const local = linkage?.kind === "dialect" && linkage.body.includes("internal") ? "internal " : "";
    const lines = [`define ${local}${result} ${symbol}(${args.join(", ")})${printFunctionAttrs(passthrough)} {`];
    for (const block of blocks) lines.push(...this.#block(block, block === entry));
    return [...lines, "}", ""].join("\n");
  }

  #number(blocks: readonly Block[]): void {
    let next = 0;
    blocks.forEach((block, i) => {
      this.#labels.set(block, `b${i}`);
      for (const arg of block.args) this.#names.set(arg, `%v${next++}`);
      for (const op of block.ops())
        if (op.results.length === 1 && !isLiteral(op)) this.#names.set(op.results[0]!, `%v${next++}`);
    });
  }

  #block(block: Block, isEntry: boolean): string[] {
    const lines = [`${this.#labels.get(block)}:`];
    if (!isEntry)
      block.args.forEach((arg, i) => {
        lines.push(`  ${this.ref(arg)} = phi ${llvmType(arg.type)} ${this.#incoming(block, i).join(", ")}`);
      });
    for (const op of block.ops()) {
      if (isLiteral(op)) continue;
      const row = instructions.get(op.def);
      if (!row) throw new Error(`${op.name} has no LLVM spelling`);
      const text = row(op, this);
      lines.push(op.results.length === 1 ? `  ${this.ref(op.results[0]!)} = ${text}` : `  ${text}`);
    }
    return lines;
  }

  /** `[ value, %block ]` for every edge into `block`. */
  #incoming(block: Block, index: number): string[] {
    const edges: string[] = [];
    for (const from of this.#func.region(0).blocks) {
      const last = from.last;
      last?.successors.forEach((to, k) => {
        if (to === block) edges.push(`[ ${this.ref(passedTo(last, k)[index]!)}, ${this.label(from)} ]`);
      });
    }
    if (edges.length === 0) throw new Error("a block with arguments has no predecessor");
    return edges;
  }

  ref(value: Value): string {
    const op = value.definingOp;
    if (op && isLiteral(op)) return literal(op);
    const name = this.#names.get(value);
    if (name === undefined) throw new Error("a value of another function is used");
    return name;
  }

  typed(value: Value): string {
    return `${llvmType(value.type)} ${this.ref(value)}`;
  }

  label(block: Block): string {
    return `%${this.#labels.get(block)}`;
  }

  declare(name: string, result: string, args: readonly string[]): string {
    this.#declarations.set(name, `declare ${result} ${llvmSymbol(name)}(${args.join(", ")})`);
    return llvmSymbol(name);
  }
}

/** The values a terminator hands to its successor `k`. */
export function passedTo(terminator: Operation, k: number): readonly Value[] {
  if (control.br.matches(terminator)) return terminator.operands;
  if (!control.condBr.matches(terminator)) return [];
  const { trueDestOperands, falseDestOperands } = control.condBr.operandsOf(terminator);
  return k === 0 ? trueDestOperands : falseDestOperands;
}

function literal(op: Operation): string {
  const { type } = op.result;
  if (memory.addressof.matches(op)) return llvmSymbol(memory.addressof.attrsOf(op).global_name);
  if (memory.poison.matches(op)) return "poison";
  if (memory.zero.matches(op))
    return type.kind === "dialect"
      ? "null"
      : isShaped(type) || type.kind === "struct"
        ? "zeroinitializer"
        : type.kind === "scalar"
          ? llvmScalar(type.element === "i64" ? 0n : 0, type.element)
          : "zeroinitializer";
  const value = memory.constant.attrsOf(op).value;
  if (value.kind === "bool") return String(value.value);
  if (value.kind === "dense") return llvmVector(value.data, type.kind === "vector" ? type.shape[0]! : 1, value.splat);
  if (type.kind !== "scalar") throw new Error("a constant of this type cannot be written");
  if (value.kind === "int") return type.element === "i1" ? String(value.value !== 0n) : String(value.value);
  if (value.kind === "float") return llvmScalar(value.value, type.element);
  throw new Error(`a ${value.kind} attribute is no LLVM constant`);
}

/** The types of a function, as LLVM writes them. */
export function signatureOf(type: Type): { readonly result: string; readonly args: readonly string[] } {
  const signature = llvmSignature(new Context([]), type);
  if (!signature) throw new Error(`${printType(type)} is no function type`);
  return { result: signature.result ? llvmType(signature.result) : "void", args: signature.inputs.map(llvmType) };
}

function dictionaries(attr: Attr | undefined): readonly AttrDict[] {
  return attr?.kind === "array" ? attr.items.map((x) => (x.kind === "dict" ? x.entries : {})) : [];
}

/** `llvm.noalias`, `llvm.align = 64`, … as LLVM writes them. */
function printArgAttrs(dict: AttrDict | undefined): string {
  return Object.entries(dict ?? {})
    .map(([name, attr]) => {
      const word = name.replace(/^llvm\./, "");
      return attr.kind === "int"
        ? ` ${word === "align" ? `align ${attr.value}` : `${word}(${attr.value})`}`
        : ` ${word}`;
    })
    .join("");
}

function printFunctionAttrs(attr: Attr | undefined): string {
  if (attr?.kind !== "array") return "";
  return attr.items
    .map((x) => {
      if (x.kind === "string") return ` ${x.value}`;
      const [key, value] = x.kind === "array" ? x.items : [];
      return key?.kind === "string" && value?.kind === "string" ? ` "${key.value}"="${value.value}"` : "";
    })
    .join("");
}
