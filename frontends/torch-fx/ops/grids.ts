/** @file Images read at the points of a grid. */

import { type GridForm, gridSample } from "../../../ir/forms/grid-sample.js";
import type { Value } from "../../../ir/graph.js";
import type { Call, Rows } from "../call.js";

const modes = ["linear", "nearest", "cubic"] as const;
const paddings = ["zeros", "border", "reflection"] as const;

function sampled(n: Call): Value {
  const form: GridForm = {
    mode: modes[n.int("interpolation_mode")] ?? n.invalid(`interpolation_mode ${n.int("interpolation_mode")}`),
    padding: paddings[n.int("padding_mode")] ?? n.invalid(`padding_mode ${n.int("padding_mode")}`),
    alignCorners: n.bool("align_corners"),
  };
  return gridSample(n.t, n.tensor("input"), n.tensor("grid"), form);
}

export const gridSamplings: Rows = {
  "aten.grid_sampler": sampled,
  "aten.grid_sampler_2d": sampled,
  "aten.grid_sampler_3d": sampled,
};
