/** @file The npm export `persimmons/runtime` over hand-written bundles: choice of engine, trust, packed bundles, faults. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counters, loadBundle, RunCancelled, RuntimeFault, run, tensor, valuesOf } from "../../runtime-lib/api.js";
import { packBundle } from "../../runtime-lib/bundle/pack-bundle.js";
import { composeHandMade, writeHandMade } from "../support/hand-made.js";
import { makeRoot } from "./engines/fixtures.js";

const { root, remove } = makeRoot();
const before = { ...process.env };

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = join(root, "cache");
});

afterAll(() => {
  process.env = before;
  remove();
});

const x = tensor(Float32Array.of(1, 2, 3, 4));

/** Code and exit code of what a promise rejects with. */
async function fault(promise: Promise<unknown>): Promise<readonly [number, ...string[]]> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof RuntimeFault)) throw error;
  return [error.exitCode, ...error.diagnostics.map((d) => `${d.code} ${d.message}`)];
}

describe("loading a bundle", () => {
  test("prefers native code, and finds the library again without asking a compiler", async () => {
    const path = await writeHandMade(root, "add");
    const bundle = await loadBundle(path, { trust: true });
    expect([bundle.engine, bundle.target, bundle.remarks]).toEqual(["native", "host", []]);
    const { y } = await bundle.run({ x });
    expect([...valuesOf(y!)]).toEqual([11, 22, 33, 44]);
    bundle.close();
    // Without a PATH no compiler can be found any more.
    const path0 = process.env["PATH"];
    process.env["PATH"] = "";
    try {
      const again = await loadBundle(path, { trust: true });
      expect(again.engine).toBe("native");
      again.close();
    } finally {
      process.env["PATH"] = path0;
    }
  }, 60_000);

  test("takes the sandbox where there is no compiler, and says so", async () => {
    const path = await writeHandMade(root, "total");
    process.env["PERSIMMONS_CLANG"] = join(root, "no-such-clang");
    try {
      const bundle = await loadBundle(path);
      expect(bundle.engine).toBe("wasm");
      expect(bundle.remarks).toHaveLength(1);
      expect(bundle.remarks[0]).toMatchObject({ code: "PS5227", severity: "remark" });
      expect((await fault(loadBundle(path, { engine: "native", trust: true })))[0]).toBe(4);
      bundle.close();
    } finally {
      delete process.env["PERSIMMONS_CLANG"];
    }
  }, 120_000);

  test("runs no native code of a stranger's bundle unless told to", async () => {
    const path = await writeHandMade(root, "spin");
    const [exitCode, problem] = await fault(loadBundle(path));
    expect([exitCode, problem]).toEqual([
      2,
      `PS5017 ${path} was not exported by this user, so its native code is not run`,
    ]);
    const error = await loadBundle(path).catch((e: RuntimeFault) => e);
    expect((error as RuntimeFault).diagnostics[0]!.fix).toMatch(/--trust .*--engine wasm/);
  });

  test("names the targets there are when asked for another", async () => {
    const path = await writeHandMade(root, "rows", ["wasm"]);
    expect(await fault(loadBundle(path, { target: "x86-64-v9" }))).toEqual([
      4,
      "PS5225 the bundle has no target 'x86-64-v9'",
    ]);
    expect(await fault(loadBundle(path, { engine: "native" }))).toEqual([
      4,
      "PS5225 no target of the bundle runs on the native engine (it has 'wasm32')",
    ]);
    expect((await fault(loadBundle(path, { engine: "native", target: "wasm32" })))[0]).toBe(4);
  });

  test("unpacks a packed bundle once, and again where the copy is damaged", async () => {
    const file = join(root, "add.packed");
    const { digest } = await packBundle(file, composeHandMade(join(root, "parts"), "add", ["native"]));
    const first = await run(file, [x], { trust: true });
    expect([...valuesOf(first["y"]!)]).toEqual([11, 22, 33, 44]);
    rmSync(join(root, "cache", "unpacked", `${digest}.psm`, "weights.safetensors"));
    const second = await run(file, [x], { trust: true });
    expect(second).toEqual(first);
  }, 60_000);
});

describe("running a bundle", () => {
  test("takes inputs in order or by name, and lists everything wrong with them", async () => {
    const path = await writeHandMade(root, "add");
    const bundle = await loadBundle(path, { trust: true });
    expect(await bundle.run([x])).toEqual(await bundle.run({ x }));
    const wrong = { x: tensor(Float64Array.of(1, 2)), z: x };
    expect(await fault(bundle.run(wrong))).toEqual([
      2,
      "PS5203 the model has no input 'z'",
      "PS5204 input 'x': its elements are f64, the model takes f32",
      "PS5206 input 'x': dimension 0 is 2, the model takes 4",
    ]);
    expect(await fault(bundle.run([x], { entry: "prefill" }))).toEqual([2, "PS5201 the model has no entry 'prefill'"]);
    bundle.close();
    expect(await fault(bundle.run([x]))).toEqual([2, "PS5250 the model is closed"]);
  });

  test("keeps states between runs, apart in a shared instance", async () => {
    const bundle = await loadBundle(await writeHandMade(root, "total"), { trust: true });
    const step = tensor(Float32Array.of(1, 2));
    await bundle.run([step]);
    const other = await bundle.share();
    expect([...valuesOf(bundle.state("total"))]).toEqual([101, 202]);
    expect([...valuesOf(other.state("total"))]).toEqual([100, 200]);
    bundle.setState("total", tensor(Float32Array.of(5, 6)));
    expect([...valuesOf((await bundle.run([], { entry: "peek" }))["y"]!)]).toEqual([5, 6]);
    bundle.resetState();
    expect([...valuesOf(bundle.state("total"))]).toEqual([100, 200]);
    other.close();
    bundle.close();
  }, 60_000);

  test("cancels", async () => {
    const bundle = await loadBundle(await writeHandMade(root, "spin"), { trust: true });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const endless = tensor(BigInt64Array.of(1n << 60n), []);
    await expect(bundle.run([endless], { signal: controller.signal })).rejects.toThrow(RunCancelled);
    expect(counters(bundle)[0]).toMatchObject({ kernel: "spin_kernel" });
    bundle.close();
  }, 60_000);

  test("plans sizes without running", async () => {
    const bundle = await loadBundle(await writeHandMade(root, "rows"), { trust: true });
    expect(bundle.symbols.map((s) => s.name)).toEqual(["s0"]);
    expect(bundle.plan([{ dtype: "f32", shape: [7, 3], bytes: new Uint8Array(84) }])).toMatchObject([
      { shape: [7, 3] },
    ]);
    bundle.close();
  }, 60_000);
});

describe("tensors", () => {
  test("are views of the arrays they are made of", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const t = tensor(data, [2, 3]);
    data[5] = 60;
    expect(t).toMatchObject({ dtype: "f32", shape: [2, 3] });
    expect([...valuesOf(t)]).toEqual([1, 2, 3, 4, 5, 60]);
  });

  test("carry types that JavaScript lacks as bits", () => {
    const t = tensor(Uint16Array.of(0x3f80), [1], "bf16");
    expect(t.dtype).toBe("bf16");
    expect(valuesOf(t)).toEqual(Uint16Array.of(0x3f80));
    expect(tensor(Uint8Array.of(1), [], "i1").bytes).toEqual(Uint8Array.of(1));
  });

  test("must fit their shapes", () => {
    expect(() => tensor(Float32Array.of(1), [2])).toThrow("f32 [2] takes 8 bytes, the array has 4");
    expect(() => tensor(Float32Array.of(1), [-1])).toThrow("dimension 0 is -1");
    expect(() => tensor(Float32Array.of(1), [1], "float")).toThrow("'float' is no element type");
  });

  test("come out of misaligned bytes too", () => {
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat64(1, 2.5, true);
    expect([...valuesOf({ dtype: "f64", shape: [1], bytes: bytes.subarray(1) })]).toEqual([2.5]);
  });
});
