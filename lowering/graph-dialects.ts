/** @file The dialects of programs as importers write them: enough to examine one, and far less to load than all. */

import { Context, type Dialect } from "../ir/context.js";
import { builtin } from "../ir/dialects/builtin.js";
import { chlo } from "../ir/dialects/chlo/dialect.js";
import { func } from "../ir/dialects/func.js";
import { stablehlo } from "../ir/dialects/stablehlo/dialect.js";

const graphDialects: readonly Dialect[] = [builtin, func, stablehlo, chlo];

/** The tables of a program that stays at graph level. */
export function newGraphContext(): Context {
  return new Context(graphDialects);
}
