/** @file Every dialect of the compiler: what a `Context` is made with. */

import { Context, type Dialect } from "../ir/context.js";
import { affine } from "../ir/dialects/affine/dialect.js";
import { arith } from "../ir/dialects/arith/dialect.js";
import { builtin } from "../ir/dialects/builtin.js";
import { chlo } from "../ir/dialects/chlo/dialect.js";
import { complex } from "../ir/dialects/complex/dialect.js";
import { cpu } from "../ir/dialects/cpu/dialect.js";
import { func } from "../ir/dialects/func.js";
import { linalg } from "../ir/dialects/linalg/dialect.js";
import { llvm } from "../ir/dialects/llvm/dialect.js";
import { math } from "../ir/dialects/math/dialect.js";
import { memref } from "../ir/dialects/memref/dialect.js";
import { scf } from "../ir/dialects/scf/dialect.js";
import { stablehlo } from "../ir/dialects/stablehlo/dialect.js";
import { tensor } from "../ir/dialects/tensor/dialect.js";
import { tile } from "../ir/dialects/tile/dialect.js";
import { vector } from "../ir/dialects/vector/dialect.js";

export const dialects: readonly Dialect[] = [
  builtin,
  func,
  stablehlo,
  chlo,
  linalg,
  tensor,
  arith,
  math,
  complex,
  scf,
  affine,
  memref,
  vector,
  cpu,
  llvm,
  tile,
];

/** The tables of a new compilation. */
export function newContext(): Context {
  return new Context(dialects);
}
