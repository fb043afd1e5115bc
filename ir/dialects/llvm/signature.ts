/** @file The types of LLVM functions, `!llvm.func<f32 (ptr, i64)>`, taken apart and put together. */

import type { Context } from "../../context.js";
import { llvmFunctionText, parseLlvmSignature } from "../../text/parse-llvm-type.js";
import { TypeParser } from "../../text/parse-type.js";
import type { DialectType, Type } from "../../types.js";

export interface LlvmSignature {
  readonly inputs: readonly Type[];
  /** `undefined` for `void`. */
  readonly result: Type | undefined;
  readonly isVariadic: boolean;
}

export function llvmFunctionType(
  context: Context,
  { inputs, result, isVariadic = false }: Omit<LlvmSignature, "isVariadic"> & { readonly isVariadic?: boolean },
): DialectType {
  const { types } = context;
  return types.dialect("llvm.func", llvmFunctionText(inputs, result ?? types.dialect("llvm.void"), isVariadic));
}

/** The parts of a function type; `undefined` where its text is not LLVM dialect's. */
export function llvmSignature(context: Context, type: Type): LlvmSignature | undefined {
  if (type.kind !== "dialect" || type.name !== "llvm.func") return undefined;
  try {
    const { inputs, result, isVariadic } = parseLlvmSignature(new TypeParser(type.body, "", context));
    return { inputs, result: isVoid(result) ? undefined : result, isVariadic };
  } catch {
    return undefined;
  }
}

function isVoid(type: Type): boolean {
  return type.kind === "dialect" && type.name === "llvm.void";
}
