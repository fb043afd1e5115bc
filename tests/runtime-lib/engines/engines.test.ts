/** @file Both engines over hand-written modules: the same results, the same faults. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, LoadedModel, LoadOptions } from "../../../runtime-lib/engines/engine.js";
import { nativeEngine } from "../../../runtime-lib/engines/native/engine.js";
import { wasmEngine } from "../../../runtime-lib/engines/wasm/engine.js";
import { floats, type ModelName, makeFixture, makeRoot, numbers, sharedCache, tensor } from "./fixtures.js";

const { root, remove } = makeRoot();
const opened: LoadedModel[] = [];

afterAll(() => {
  for (const model of opened) model.close();
  remove();
});

async function load(engine: Engine, name: ModelName, options: LoadOptions = {}): Promise<LoadedModel> {
  const kind = engine.name === "wasm" ? "wasm" : "native";
  const model = await engine.load(makeFixture(root, name).variant(kind), options);
  opened.push(model);
  return model;
}

/** The diagnostics' codes and messages of what `run` throws, with its exit code. */
function faultOf(run: () => unknown): { readonly exitCode: number; readonly problems: readonly string[] } {
  try {
    run();
  } catch (error) {
    const fault = error as { exitCode: number; diagnostics: readonly { code: string; message: string }[] };
    if (fault.diagnostics === undefined) throw error;
    return { exitCode: fault.exitCode, problems: fault.diagnostics.map((d) => `${d.code} ${d.message}`) };
  }
  throw new Error("nothing was thrown");
}

describe.each([nativeEngine(sharedCache), wasmEngine(sharedCache)])("the $name engine", (engine) => {
  const models = new Map<ModelName, LoadedModel>();
  const model = (name: ModelName) => models.get(name)!;

  beforeAll(async () => {
    for (const name of ["add", "rows", "nonzero", "total", "spin"] as const) {
      models.set(name, await load(engine, name, { threads: 3 }));
    }
  }, 240_000);

  test("adds a weight", () => {
    const [y] = model("add").run("main", [tensor("f32", [4], [1, 2, 3, 4])]);
    expect(y!.shape).toEqual([4]);
    expect(numbers(y!)).toEqual([11, 22, 33, 44]);
  });

  test("plans and runs any size in a symbol's range, in any order", () => {
    expect(model("rows").plan("main", [{ dtype: "f32", shape: [5, 3] }])).toEqual([
      { name: "y", dtype: "f32", shape: [5, 3], bytes: 60 },
    ]);
    for (const rows of [1, 4096, 7, 7, 2, 1000]) {
      const x = Array.from({ length: rows * 3 }, (_, k) => k - 40);
      const [y] = model("rows").run("main", [tensor("f32", [rows, 3], x)]);
      expect(y!.shape).toEqual([rows, 3]);
      expect(numbers(y!)).toEqual(x.map((v, k) => 2 * v + [0.25, 0.5, 0.75][k % 3]!));
    }
  });

  test("returns outputs whose size only the data decides", () => {
    const x = tensor("i32", [6], [0, 3, 0, 0, 5, 1]);
    expect(model("nonzero").plan("main", [x])[0]).toMatchObject({ shape: [-1], bytes: undefined });
    const [y] = model("nonzero").run("main", [x]);
    expect(y!.shape).toEqual([3]);
    expect(numbers(y!)).toEqual([1, 4, 5]);
    const [none] = model("nonzero").run("main", [tensor("i32", [0], [])]);
    expect(none).toMatchObject({ shape: [0], bytes: new Uint8Array(0) });
  });

  test("gives outputs that later runs leave alone", () => {
    const [first] = model("add").run("main", [tensor("f32", [4], [0, 0, 0, 0])]);
    model("add").run("main", [tensor("f32", [4], [9, 9, 9, 9])]);
    expect(numbers(first!)).toEqual([10, 20, 30, 40]);
  });

  test("takes bytes at any address, of any kind of byte array", () => {
    const x = floats([1, 2, 3, 4]);
    const odd = Buffer.alloc(17);
    odd.set(x, 1);
    for (const bytes of [odd.subarray(1), new Uint8Array(odd.buffer, odd.byteOffset + 1, 16), Buffer.from(x)]) {
      const [y] = model("add").run("main", [{ dtype: "f32", shape: [4], bytes }]);
      expect(numbers(y!)).toEqual([11, 22, 33, 44]);
      expect(Object.getPrototypeOf(y!.bytes)).toBe(Uint8Array.prototype);
    }
  });

  test("updates a state in place, shares it between entries, resets it", () => {
    const m = model("total");
    const step = tensor("f32", [2], [1, 2]);
    m.run("main", [step]);
    expect(numbers(m.run("main", [step])[0]!)).toEqual([102, 204]);
    expect(numbers(m.run("peek", [])[0]!)).toEqual([102, 204]);
    expect(numbers(m.state("total"))).toEqual([102, 204]);
    m.setState("total", tensor("f32", [2], [-1, -2]));
    expect(numbers(m.run("main", [step])[0]!)).toEqual([0, 0]);
    m.resetState("total");
    expect(numbers(m.run("peek", [])[0]!)).toEqual([100, 200]);
  });

  test("sizes a state by the first run that uses it, until it is reset", () => {
    const m = model("total");
    expect(faultOf(() => m.state("window"))).toEqual({
      exitCode: 2,
      problems: ["PS5208 state 'window': it has no size before the first run that uses it"],
    });
    m.run("keep", [tensor("f32", [3], [7, 8, 9])]);
    expect(numbers(m.state("window"))).toEqual([7, 8, 9]);
    expect(faultOf(() => m.run("keep", [tensor("f32", [2], [1, 2])])).problems).toEqual([
      "PS5208 state 'window': earlier runs gave it another size than these inputs need; reset it first",
    ]);
    m.resetState();
    m.run("keep", [tensor("f32", [2], [1, 2])]);
    expect(m.state("window")).toMatchObject({ shape: [2] });
  });

  test("has states of its own in every instance", async () => {
    const m = await load(engine, "total");
    const other = await m.share();
    opened.push(other);
    m.run("main", [tensor("f32", [2], [1, 1])]);
    expect(numbers(other.run("peek", [])[0]!)).toEqual([100, 200]);
    m.close();
    expect(numbers(other.run("main", [tensor("f32", [2], [1, 1])])[0]!)).toEqual([101, 201]);
  });

  test("counts kernels in a profiling build, and only there", () => {
    model("spin").run("main", [tensor("i64", [], [1000])]);
    expect(model("spin").counters()).toMatchObject([{ kernel: "spin_kernel", calls: 1000 }]);
    expect(model("add").counters()).toEqual([]);
  });

  test("reports every problem of the inputs at once", () => {
    expect(faultOf(() => model("add").run("main", []))).toEqual({
      exitCode: 2,
      problems: ["PS5202 input 'x' is missing"],
    });
    const wrong = { dtype: "f64", shape: [4, 3], bytes: new Uint8Array(7) };
    expect(faultOf(() => model("add").run("main", [wrong, wrong]))).toEqual({
      exitCode: 2,
      problems: [
        "PS5203 2 inputs; the model takes 1",
        "PS5204 input 'x': its elements are f64, the model takes f32",
        "PS5205 input 'x': it has 2 dimensions [4, 3], the model takes [4]",
      ],
    });
    expect(faultOf(() => model("rows").run("main", [tensor("f32", [5000, 2], [1])])).problems).toEqual([
      "PS5207 input 'x': f32 [5000, 2] takes 40000 bytes, its data has 4",
      "PS5206 input 'x': dimension 0 (s0) is 5000, the model takes from 1 to 4096",
      "PS5206 input 'x': dimension 1 is 2, the model takes 3",
    ]);
  });

  test("reports a check that only the data can fail, and runs on", () => {
    expect(faultOf(() => model("nonzero").run("main", [tensor("i32", [2], [1, -1])]))).toEqual({
      exitCode: 2,
      problems: ["PS5208 no element of 'x' may be negative"],
    });
    expect(numbers(model("nonzero").run("main", [tensor("i32", [2], [1, 1])])[0]!)).toEqual([0, 1]);
  });

  test("names the entries and states there are", () => {
    expect(faultOf(() => model("total").run("mian", [])).problems).toEqual(["PS5201 the model has no entry 'mian'"]);
    expect(faultOf(() => model("total").state("sum")).problems).toEqual(["PS5209 the model has no state 'sum'"]);
    expect(faultOf(() => model("total").setState("total", tensor("f32", [3], [1, 2, 3]))).problems).toEqual([
      "PS5209 state 'total': it is f32 [2] (8 bytes), not f32 [3]",
    ]);
  });

  test("cancels the next run, and that one only", () => {
    const m = model("spin");
    m.cancel();
    expect(() => m.run("main", [tensor("i64", [], [10])])).toThrow("the run was cancelled");
    expect(numbers(m.run("main", [tensor("i64", [], [10])])[0]!)).toEqual([10]);
  });

  test("runs asynchronously, one call at a time, until it is cancelled or closed", async () => {
    const m = await load(engine, "spin");
    expect(numbers((await m.runAsync("main", [tensor("i64", [], [5])]))[0]!)).toEqual([5]);
    if (engine.name === "wasm") return; // its runs are over when runAsync returns
    const forever = tensor("i64", [], [2 ** 52]);
    const abort = new AbortController();
    const running = m.runAsync("main", [forever], abort.signal);
    expect(() => m.run("main", [forever])).toThrow("one call at a time");
    setTimeout(() => abort.abort(), 20);
    await expect(running).rejects.toThrow("the run was cancelled");
    expect(numbers(m.run("main", [tensor("i64", [], [6])])[0]!)).toEqual([6]);
    const last = m.runAsync("main", [forever]);
    m.close();
    await expect(last).rejects.toThrow("the run was cancelled");
    expect(() => m.run("main", [forever])).toThrow("PS5250");
  }, 60_000);

  test("ends with a fault by name where memory is capped", async () => {
    const m = await load(engine, "hungry", { memoryLimit: 32 << 20 });
    expect(numbers(m.run("main", [tensor("i8", [8], new Array<number>(8).fill(1))])[0]!)).toEqual([7]);
    const fault = faultOf(() => m.run("main", [tensor("i8", [64], new Array<number>(64).fill(1))]));
    expect(fault).toEqual({
      exitCode: 4,
      problems: ["PS5241 out of memory, or beyond memory_limit: the arena needs 67108864 bytes"],
    });
    expect(numbers(m.run("main", [tensor("i8", [4], [1, 1, 1, 1])])[0]!)).toEqual([7]);
  }, 60_000);

  test("refuses calls on a closed model", async () => {
    const m = await load(engine, "add");
    m.close();
    m.close();
    expect(faultOf(() => m.run("main", [])).problems).toEqual(["PS5250 the model is closed"]);
  });

  test("refuses a module that wants functions from outside", async () => {
    const variant = makeFixture(root, "outlaw").variant(engine.name === "wasm" ? "wasm" : "native");
    const loading = engine.load(variant);
    if (engine.name === "wasm") await expect(loading).rejects.toMatchObject({ exitCode: 5 });
    else (await loading).close(); // the C library is there for native code: only trusted bundles get so far
  }, 60_000);
});
