/** @file Operators that are known and cannot be imported: why, and what to do instead. */

import type { OpRow } from "../context.js";

const refused = (name: string, domain: string, since: number, why: string, fix: string): OpRow => ({
  name,
  domain,
  since,
  build: (n) => n.unsupported(why, fix),
});

export const refusals: readonly OpRow[] = [
  refused("ImageDecoder", "", 20, "images are not decoded", "decode them before the model, and give it their pixels"),
  refused(
    "Gradient",
    "ai.onnx.preview.training",
    1,
    "gradients are not derived",
    "export the model with its gradients written out as operators",
  ),
];
