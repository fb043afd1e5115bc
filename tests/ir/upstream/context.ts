/** @file The context of these tests: every dialect whose text is upstream's. */

import { Context } from "../../../ir/context.js";
import { affine } from "../../../ir/dialects/affine/dialect.js";
import { arith } from "../../../ir/dialects/arith/dialect.js";
import { builtin } from "../../../ir/dialects/builtin.js";
import { cf } from "../../../ir/dialects/cf/dialect.js";
import { complex } from "../../../ir/dialects/complex/dialect.js";
import { func } from "../../../ir/dialects/func.js";
import { linalg } from "../../../ir/dialects/linalg/dialect.js";
import { llvm } from "../../../ir/dialects/llvm/dialect.js";
import { math } from "../../../ir/dialects/math/dialect.js";
import { memref } from "../../../ir/dialects/memref/dialect.js";
import { scf } from "../../../ir/dialects/scf/dialect.js";
import { tensor } from "../../../ir/dialects/tensor/dialect.js";
import { vector } from "../../../ir/dialects/vector/dialect.js";

export const upstreamDialects = [
  builtin,
  func,
  arith,
  math,
  complex,
  tensor,
  linalg,
  scf,
  memref,
  affine,
  vector,
  cf,
  llvm,
];

export function upstreamContext(): Context {
  return new Context(upstreamDialects);
}
