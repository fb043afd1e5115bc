/**
 * @file Reads LLVM's types: `!llvm.ptr`, `!llvm.struct<(ptr, array<4 x f32>)>`, `!llvm.func<void (ptr, i64)>`. Inside
 * them LLVM's own types go without `!llvm.`; equal types get equal texts however they were written.
 */

import type { Context } from "../context.js";
import { insideLlvm, printType, type Type } from "../types.js";

/** What is needed of the reader of types. */
export interface TypeReader {
  readonly context: Context;
  type(): Type;
  peek(text: string): boolean;
  punct(text: string): void;
  tryPunct(text: string): boolean;
  tryIdentifier(): string | undefined;
  tryKeyword(text: string): boolean;
  keyword(text: string): void;
  integer(): bigint;
  safeInteger(): number;
  list<T>(open: string, close: string, item: () => T): T[];
  fail(message: string, fix?: string): never;
  deeper<T>(read: () => T): T;
}

const OWN = ["ptr", "struct", "array", "func", "void"] as const;

/** The type whose name, without `llvm.`, has just been read. */
export function parseLlvmType(reader: TypeReader, name: string): Type {
  const { types } = reader.context;
  switch (name) {
    case "ptr": {
      const space = reader.tryPunct("<") ? reader.integer() : 0n;
      if (space !== 0n) reader.punct(">");
      return types.dialect("llvm.ptr", space === 0n ? "" : String(space));
    }
    case "struct":
      return parseStruct(reader);
    case "array": {
      reader.punct("<");
      const count = reader.safeInteger();
      reader.keyword("x");
      const of = inner(reader);
      reader.punct(">");
      return types.array(count, of);
    }
    case "func":
      return parseFunction(reader);
    case "void":
      return types.dialect("llvm.void");
    default:
      return reader.fail(`unknown type '!llvm.${name}'`);
  }
}

function inner(reader: TypeReader): Type {
  if (reader.peek("!")) return reader.type();
  const own = OWN.find((name) => reader.tryKeyword(name));
  return own === undefined ? reader.type() : reader.deeper(() => parseLlvmType(reader, own));
}

function parseStruct(reader: TypeReader): Type {
  reader.punct("<");
  if (!reader.peek("("))
    reader.fail("named and packed structs are not supported", "write the members: !llvm.struct<(…)>");
  const members = reader.list("(", ")", () => inner(reader));
  reader.punct(">");
  return reader.context.types.struct(members);
}

function parseFunction(reader: TypeReader): Type {
  reader.punct("<");
  const { inputs, result, isVariadic } = parseLlvmSignature(reader);
  reader.punct(">");
  return reader.context.types.dialect("llvm.func", llvmFunctionText(inputs, result, isVariadic));
}

/** `f32 (ptr, i64, ...)`. */
export function parseLlvmSignature(reader: TypeReader): {
  readonly inputs: readonly Type[];
  readonly result: Type;
  readonly isVariadic: boolean;
} {
  const result = inner(reader);
  let isVariadic = false;
  const inputs = reader.list("(", ")", () => {
    isVariadic = reader.tryPunct("...");
    return isVariadic ? undefined : inner(reader);
  });
  return { inputs: inputs.filter((t) => t !== undefined), result, isVariadic };
}

/** `void (ptr, i64, ...)`: what stands between `!llvm.func<` and `>`. */
export function llvmFunctionText(inputs: readonly Type[], result: Type, isVariadic: boolean): string {
  const args = [...inputs.map((t) => insideLlvm(printType(t))), ...(isVariadic ? ["..."] : [])];
  return `${insideLlvm(printType(result))} (${args.join(", ")})`;
}
