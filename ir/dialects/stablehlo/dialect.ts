/** @file StableHLO: the graph level's dialect, with the names, text and meaning of OpenXLA's specification. */

import type { Dialect } from "../../context.js";
import type { AnyOpDef } from "../../define.js";
import * as batchNorm from "./batch-norm.js";
import * as calls from "./calls.js";
import * as choose from "./choose.js";
import * as collectives from "./collectives.js";
import * as communication from "./communication.js";
import * as constants from "./constants.js";
import * as controlFlow from "./control-flow.js";
import * as convert from "./convert.js";
import * as convolution from "./convolution.js";
import * as dot from "./dot.js";
import * as dynamicShape from "./dynamic-shape.js";
import * as einsum from "./einsum.js";
import * as elementwise from "./elementwise.js";
import * as fft from "./fft.js";
import * as gather from "./gather.js";
import * as indexing from "./indexing.js";
import * as linearAlgebra from "./linear-algebra.js";
import * as quantize from "./quantize.js";
import * as random from "./random.js";
import * as reduce from "./reduce.js";
import * as reduceWindow from "./reduce-window.js";
import * as returns from "./return.js";
import * as scatter from "./scatter.js";
import * as shape from "./shape.js";
import * as sort from "./sort.js";
import * as tuples from "./tuples.js";

const families = [
  batchNorm,
  calls,
  choose,
  collectives,
  communication,
  constants,
  controlFlow,
  convert,
  convolution,
  dot,
  dynamicShape,
  einsum,
  elementwise,
  fft,
  gather,
  indexing,
  linearAlgebra,
  quantize,
  random,
  reduce,
  reduceWindow,
  returns,
  scatter,
  shape,
  sort,
  tuples,
];

/** An export of a family that is a definition; the others are functions that families share. */
function isDefinition(value: unknown): value is AnyOpDef {
  return typeof value === "object" && value !== null && "attrNames" in value;
}

export const stablehlo: Dialect = {
  name: "stablehlo",
  summary: "Tensors as values: the level at which models arrive and are optimised.",
  ops: families.flatMap((family) => Object.values<unknown>(family).filter(isDefinition)),
};
