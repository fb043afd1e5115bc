/**
 * @file Whole programs over loops, memory, vectors and tensors: what our interpreter prints against what upstream's
 * compiled code prints, and against our interpreter on upstream's lowering to the `llvm` dialect.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { canRunUpstream, runOurs, runOursLowered, runUpstream } from "./run.js";

const folder = fileURLToPath(new URL("programs/", import.meta.url));
const programs = readdirSync(folder).filter((name) => name.endsWith(".mlir"));

/** Upstream lowers gathers to vectors of pointers, which our `llvm` dialect does not have. */
const notLowered = ["vector-gather.mlir"];

describe.skipIf(!canRunUpstream)("against code made by mlir-opt", () => {
  it.each(programs)(
    "%s prints the same",
    (name) => {
      const text = readFileSync(`${folder}${name}`, "utf8");
      const wanted = runUpstream(text);
      expect(wanted.length).toBeGreaterThan(0);
      expect(runOurs(text)).toEqual(wanted);
      if (!notLowered.includes(name)) expect(runOursLowered(text)).toEqual(wanted);
    },
    60_000,
  );
});
