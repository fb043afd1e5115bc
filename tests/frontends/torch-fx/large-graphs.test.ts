/** @file The work that large graphs take grows as they do: ten times the nodes must not take anything like a hundred times as long. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../frontends/torch-fx/read.js";
import { printModule } from "../../../ir/text/module.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { refusals } from "../../../lowering/refusals.js";
import { writeArchive } from "./archive.js";
import { largeGraph } from "./large.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-large-"));
afterAll(() => rmSync(folder, { recursive: true }));

const [FEW, MANY] = [2500, 25_000];
/** Between the 10 of linear work and the 100 of quadratic work, with room for a machine that is busy. */
const MOST = 45;

type Times = Readonly<Record<string, number>>;

async function timed(path: string): Promise<Times> {
  const times: Record<string, number> = {};
  const step = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[name] = performance.now() - start;
    return result;
  };
  const context = newContext();
  const programs = await step("reading", () => readTorch(path, context.diagnostics));
  const module = await step("importing", () => importTorch(programs, context));
  await step("verifying", () => expect(verify(module, context)).toEqual([]));
  await step("printing", () => printModule(module, context));
  await step("looking for refusals", () => expect(refusals(module, context)).toEqual([]));
  return times;
}

const least = (a: Times, b: Times): Times =>
  Object.fromEntries(Object.entries(a).map(([name, x]) => [name, Math.min(x, b[name]!)]));

describe("a graph of ten times the nodes", () => {
  let few: Times = {};
  let many: Times = {};

  beforeAll(async () => {
    const small = writeArchive(join(folder, "few.pt2"), largeGraph(FEW));
    const large = writeArchive(join(folder, "many.pt2"), largeGraph(MANY));
    await timed(small);
    few = least(await timed(small), await timed(small));
    many = await timed(large);
  }, 120_000);

  it.each(["reading", "importing", "verifying", "printing", "looking for refusals"])(
    "takes %s some ten times as long",
    (name) => {
      // Steps of a few milliseconds are noise.
      expect(many[name]! / Math.max(few[name]!, 20)).toBeLessThan(MOST);
    },
  );
});
