/** @file Dot products of bytes. Source: VPDPBUSD in the Intel architecture's instruction set reference. */

import { defineOp } from "../../define.js";
import { emptyArray } from "../../ndarray.js";
import type { TypeConstraint } from "../../slots.js";
import { printType, type VectorType } from "../../types.js";

function vectorOf(element: "i8" | "i32"): TypeConstraint<VectorType> {
  return {
    describe: `a vector of ${element}`,
    accepts: (t): t is VectorType => t.kind === "vector" && t.element === element && t.shape.length === 1,
  };
}

export const dotBytes = defineOp("cpu.dot_bytes", {
  summary: "Adds to each lane four products: of the bytes of one quad, unsigned, and of the lane's own four, signed.",
  operands: { quad: vectorOf("i8"), bytes: vectorOf("i8"), acc: vectorOf("i32") },
  attrs: {},
  results: { result: vectorOf("i32") },
  traits: ["pure"],
  format: "$quad `,` $bytes `,` $acc attr-dict `:` type($bytes) `into` type($acc)",
  infer({ quad, bytes, acc }) {
    if (quad.shape[0] !== 4) return `${printType(quad)} is no quad`;
    const fits = bytes.shape[0] === 4 * Number(acc.shape[0]);
    return fits ? { result: acc } : `${printType(bytes)} are not four bytes for each lane of ${printType(acc)}`;
  },
  evaluate({ quad, bytes, acc }) {
    const out = emptyArray("i32", acc.shape);
    for (let lane = 0; lane < out.data.length; lane++) {
      let sum = Number(acc.data[lane]!);
      for (let k = 0; k < 4; k++) sum += (Number(quad.data[k]!) & 0xff) * Number(bytes.data[4 * lane + k]!);
      out.data[lane] = sum | 0;
    }
    return { result: out };
  },
});
