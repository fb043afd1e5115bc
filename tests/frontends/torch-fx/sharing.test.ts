/** @file Archives of several programs: functions of one module that share weights, and buffers that are written. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sharedStates } from "../../../backend/shared-states.js";
import { importTorch } from "../../../frontends/torch-fx/import.js";
import { readTorch } from "../../../frontends/torch-fx/read.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { entryInterfaces } from "../../../ir/entry.js";
import { verify } from "../../../ir/verify.js";
import { newContext } from "../../../lowering/dialects.js";
import { entriesOf, floats, type GraphText, INT64, zipped } from "./archive.js";

const folder = mkdtempSync(join(tmpdir(), "persimmons-models-"));
let files = 0;

/** An archive of several models, each with its own copy of the tensors, as PyTorch writes them. */
function archiveOf(models: Readonly<Record<string, GraphText>>): string {
  const entries: Record<string, Uint8Array> = {};
  let count = 0;
  for (const [name, graph] of Object.entries(models)) {
    const own = entriesOf(graph);
    const numbers = new Map<string, string>();
    for (const [key, bytes] of Object.entries(own)) {
      const weight = /weight_\d+$/.exec(key)?.[0];
      if (weight === undefined) continue;
      numbers.set(weight, `weight_${count++}`);
      entries[`m/data/weights/${numbers.get(weight)}`] = bytes;
    }
    const config = new TextDecoder().decode(own["m/data/weights/model_weights_config.json"]);
    const renamed = config.replaceAll(/weight_\d+(?=")/g, (weight) => numbers.get(weight)!);
    entries[`m/data/weights/${name}_weights_config.json`] = new TextEncoder().encode(renamed);
    entries[`m/models/${name}.json`] = own["m/models/model.json"]!;
  }
  const path = join(folder, `m${files++}.pt2`);
  writeFileSync(path, zipped(entries));
  return path;
}

async function imported(models: Readonly<Record<string, GraphText>>) {
  const context = newContext();
  const module = importTorch(await readTorch(archiveOf(models), context.diagnostics), context);
  expect(verify(module, context)).toEqual([]);
  return { context, entries: entryInterfaces(module, context) };
}

async function problems(models: Readonly<Record<string, GraphText>>): Promise<string> {
  try {
    sharedStates((await imported(models)).entries);
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "";
}

const many = floats(...Array.from({ length: 128 }, (_, k) => k));
const weight = { w: { fqn: "weight", bytes: many, sizes: [128] } };
const cache = { c: { fqn: "cache", bytes: floats(...new Array<number>(80).fill(0)), sizes: [80] } };

/** Adds its input, of an open size, to the first elements of the cache; gives a sum with the weight. */
const writer = (max: number, more: Partial<GraphText> = {}): GraphText => ({
  inputs: ["x", "at"],
  outputs: ["y"],
  buffers: { ...weight, ...cache },
  ranges: { s0: [2, max] },
  tensors: {
    w: { sizes: [128] },
    c: { sizes: [80] },
    x: { sizes: ["Symbol('s0', positive=True, integer=True)"] },
    at: { dtype: INT64, sizes: ["Symbol('s0', positive=True, integer=True)"] },
    done: { sizes: [80] },
    y: { sizes: [128] },
  },
  nodes: [
    {
      target: "aten.index_add_.default",
      inputs: { self: { tensor: "c" }, dim: 0, index: { tensor: "at" }, source: { tensor: "x" } },
      outputs: ["done"],
    },
    { target: "aten.add.Tensor", inputs: { self: { tensor: "w" }, other: { tensor: "w" } }, outputs: ["y"] },
  ],
  ...more,
});

const reader: GraphText = {
  inputs: ["x"],
  outputs: ["y", "z"],
  buffers: { ...weight, ...cache },
  tensors: { w: { sizes: [128] }, c: { sizes: [80] }, x: { sizes: [80] }, y: { sizes: [80] }, z: { sizes: [128] } },
  nodes: [
    { target: "aten.add.Tensor", inputs: { self: { tensor: "c" }, other: { tensor: "x" } }, outputs: ["y"] },
    { target: "aten.mul.Tensor", inputs: { self: { tensor: "w" }, other: { tensor: "w" } }, outputs: ["z"] },
  ],
};

describe("an archive of several models", () => {
  it("becomes functions of their names, over weights that are stored once", async () => {
    const { context, entries } = await imported({ fill: writer(40), show: reader });
    expect(entries.map((e) => [e.name, e.inputs.map((x) => x.name)])).toEqual([
      ["fill", ["x", "at"]],
      ["show", ["x"]],
    ]);
    expect([...context.resources.all()].map((r) => [r.name, r.byteLength])).toEqual([["weight", 512]]);
  });

  it("makes a buffer that one of them writes a state of all", async () => {
    const { entries } = await imported({ fill: writer(40), show: reader });
    expect(entries.map((e) => e.states.map((s) => s.name))).toEqual([["cache"], ["cache"]]);
    expect(sharedStates(entries)).toMatchObject([{ name: "cache", shape: [80] }]);
  });

  it("keeps open sizes of different models apart", async () => {
    const { context, entries } = await imported({ fill: writer(40), more: writer(7) });
    const ranges = entries.map((e) => context.dims.bounds(e.inputs[0]!.shape[0]!).max);
    expect(ranges).toEqual([40, 7]);
  });

  it("keeps weights apart that differ", async () => {
    const other = { w: { fqn: "weight", bytes: many.map((byte) => byte ^ 1), sizes: [128] } };
    const { context } = await imported({ fill: writer(40), more: writer(40, { buffers: { ...other, ...cache } }) });
    expect([...context.resources.all()]).toHaveLength(2);
  });

  it("is refused where states of one name are not one", async () => {
    const begun = { c: { ...cache.c, bytes: floats(...new Array<number>(80).fill(1)) } };
    expect(await problems({ fill: writer(40), more: writer(40, { buffers: { ...weight, ...begun } }) })).toContain(
      "the state 'cache' begins with other elements in the entry 'fill' than in 'more'",
    );
  });

  it("is refused where a name can be no function's", async () => {
    expect(await problems({ fill: reader, "two-fold": reader })).toContain("'two-fold' cannot name a function");
  });

  it("has the problems of all models reported in one run", async () => {
    const bad = (target: string): GraphText => ({
      ...reader,
      nodes: [{ ...reader.nodes[0]!, target }, reader.nodes[1]!],
    });
    const text = await problems({ one: bad("aten.no_such_thing.default"), two: bad("aten.nor_this.default") });
    expect(text).toContain("no_such_thing");
    expect(text).toContain("nor_this");
  });
});

it("a single model is the entry main, whatever its name", async () => {
  const { entries } = await imported({ "any-name": reader });
  expect(entries.map((e) => e.name)).toEqual(["main"]);
});
