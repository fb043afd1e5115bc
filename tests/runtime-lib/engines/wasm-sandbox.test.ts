/** @file The sandbox: modules that trap, lie, want too much or want out end as faults by name, never as more. */

import { afterAll, describe, expect, test } from "vitest";
import type { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import type { ModelVariant } from "../../../runtime-lib/engines/engine.js";
import { wasmEngine } from "../../../runtime-lib/engines/wasm/engine.js";
import { compileSandboxed } from "../../../runtime-lib/engines/wasm/sandbox.js";
import { makeFixture, makeRoot, numbers, sharedCache, tensor } from "./fixtures.js";

const { root, remove } = makeRoot();
const engine = wasmEngine(sharedCache);
afterAll(remove);

function thrown(run: () => unknown): RuntimeFault {
  try {
    run();
  } catch (error) {
    return error as RuntimeFault;
  }
  throw new Error("nothing was thrown");
}

/** A variant whose weights are said to have so many bytes. */
function claiming(bytes: number): ModelVariant {
  const variant = makeFixture(root, "add").variant("wasm");
  return { ...variant, description: { ...variant.description, weights: { ...variant.description.weights!, bytes } } };
}

test("a trap is a fault, and the model stays broken", async () => {
  const model = await engine.load(makeFixture(root, "rogue").variant("wasm"));
  expect(numbers(model.run("main", [tensor("i8", [], [0])])[0]!)).toEqual([0]);
  const fault = thrown(() => model.run("main", [tensor("i8", [], [1])]));
  expect(fault).toMatchObject({ exitCode: 5, diagnostics: [{ code: "PS5242" }] });
  expect(fault.message).toContain("memory access out of bounds");
  expect(thrown(() => model.run("main", [tensor("i8", [], [0])]))).toBe(fault);
  model.close();
}, 60_000);

test("a module that wants a function from outside is refused, naming it", async () => {
  const fault = await engine.load(makeFixture(root, "outlaw").variant("wasm")).then(
    () => undefined,
    (error: RuntimeFault) => error,
  );
  expect(fault).toMatchObject({ exitCode: 5, diagnostics: [{ code: "PS5221" }] });
  expect(fault!.message).toContain("undefined symbol: system");
}, 60_000);

describe("a wasm file from elsewhere", () => {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

  test("is refused when it imports anything", async () => {
    // (module (import "a" "b" (func)))
    const importing = Uint8Array.from([...header, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x61, 1, 0x62, 0, 0]);
    await expect(compileSandboxed(importing, "x")).rejects.toThrow(/PS5243.*wants to import a\.b/);
  });

  test("is refused when this machine cannot validate it", async () => {
    await expect(compileSandboxed(Uint8Array.from([...header, 99]), "x")).rejects.toMatchObject({ exitCode: 4 });
  });
});

test("weights beyond 4 GiB are refused by name before anything is compiled", async () => {
  await expect(engine.load(claiming(2 ** 32))).rejects.toMatchObject({
    exitCode: 4,
    diagnostics: [{ code: "PS5240", message: expect.stringContaining("wasm32 addresses 4294967296 bytes (4 GiB)") }],
  });
  await expect(engine.load(claiming(2 ** 30), { memoryLimit: 2 ** 20 })).rejects.toMatchObject({
    exitCode: 4,
    diagnostics: [{ code: "PS5241" }],
  });
});

test("a native variant is refused by name", async () => {
  await expect(engine.load(makeFixture(root, "add").variant("native"))).rejects.toMatchObject({
    exitCode: 4,
    diagnostics: [{ code: "PS5224" }],
  });
});

test("the memory cap bounds everything, the inputs included", async () => {
  const model = await engine.load(makeFixture(root, "hungry").variant("wasm"), { memoryLimit: 4 << 20 });
  const many = new Array<number>(8 << 20).fill(1);
  const fault = thrown(() => model.run("main", [tensor("i8", [8 << 20], many)]));
  expect(fault).toMatchObject({ exitCode: 4, diagnostics: [{ code: "PS5241" }] });
  expect(fault.message).toContain("input 'x' needs 8388608 bytes, beyond the memory cap");
  expect(numbers(model.run("main", [tensor("i8", [1], [1])])[0]!)).toEqual([7]);
}, 60_000);

test("a thousand runs of changing size do not grow the memory without end", async () => {
  const model = await engine.load(makeFixture(root, "rows").variant("wasm"), { memoryLimit: 2 << 20 });
  for (let k = 0; k < 1000; k++) {
    const rows = 1 + ((k * 397) % 4096);
    const [y] = model.run("main", [tensor("f32", [rows, 3], new Array<number>(rows * 3).fill(k))]);
    expect(numbers(y!)[0]).toBe(2 * k + 0.25);
  }
}, 60_000);

test("weights of another model are refused", async () => {
  const variant = makeFixture(root, "add").variant("wasm");
  const { weightsPath } = makeFixture(root, "rows").variant("wasm");
  await expect(engine.load({ ...variant, weightsPath: weightsPath! })).rejects.toMatchObject({
    exitCode: 5,
    diagnostics: [{ code: "PS5230" }],
  });
}, 60_000);
