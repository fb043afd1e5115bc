/** @file The compile server: answers in order, errors that stay with their request, bundles loaded and run. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileModel } from "../../cli/compile.js";
import { readNpy, writeNpy } from "../../cli/npy.js";
import { serve } from "../../cli/serve/server.js";
import { tensor, valuesOf } from "../../runtime-lib/tensor.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { writeHandMade } from "../support/hand-made.js";
import { type TestSession, testSession } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);

beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  writeFileSync(
    at("twice.mlir"),
    "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.add %x, %x : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}\n",
  );
});

afterAll(() => {
  process.env = before;
  remove();
});

interface Answer {
  readonly id: number | string | null;
  readonly ok: boolean;
  readonly exitCode?: number;
  readonly event?: string;
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[];
  readonly result: Readonly<Record<string, unknown>>;
}

class Client {
  readonly test: TestSession = testSession();
  readonly ended = serve(this.test.session, compileModel);
  readonly #lines = createInterface({ input: this.test.session.stdout as NodeJS.ReadWriteStream })[
    Symbol.asyncIterator
  ]();

  send(request: unknown): void {
    this.test.input.write(`${typeof request === "string" ? request : JSON.stringify(request)}\n`);
  }

  async next(): Promise<Answer> {
    return JSON.parse((await this.#lines.next()).value as string) as Answer;
  }

  async ask(id: number, method: string, params?: unknown): Promise<Answer> {
    this.send({ id, method, params });
    return this.next();
  }

  async end(): Promise<void> {
    this.test.input.end();
    await this.ended;
  }
}

test("compiles, builds, loads, runs and unloads", async () => {
  const client = new Client();
  expect((await client.ask(1, "ping")).result).toEqual({ version: "0.1.0" });
  const exported = await client.ask(2, "export", { model: at("twice.mlir"), out: at("twice.psm"), build: true });
  expect(exported).toMatchObject({
    id: 2,
    ok: true,
    result: { bundle: at("twice.psm"), model: "twice", code: "built" },
  });
  expect((await client.ask(3, "build", { bundle: at("twice.psm") })).result).toMatchObject({ code: "cache" });
  const loaded = await client.ask(4, "load", { bundle: at("twice.psm"), threads: 1 });
  const { handle } = loaded.result;
  writeNpy(at("x.npy"), tensor(Float32Array.of(1, 2, 3, 4)));
  const ran = await client.ask(5, "run", { handle, inputs: [at("x.npy")], out: at("out") });
  const [{ file }] = ran.result["outputs"] as [{ file: string }];
  expect([...valuesOf(readNpy(file))]).toEqual([2, 4, 6, 8]);
  expect(await client.ask(6, "counters", { handle })).toMatchObject({ ok: true, result: { counters: [] } });
  expect(await client.ask(7, "reset", { handle })).toMatchObject({ ok: true });
  expect(await client.ask(8, "unload", { handle })).toMatchObject({ ok: true });
  expect(await client.ask(9, "run", { handle, inputs: [], out: at("out") })).toMatchObject({ ok: false, exitCode: 2 });
  await client.end();
}, 60_000);

test("keeps what is wrong with a request to that request", async () => {
  const client = new Client();
  client.send("not JSON");
  client.send('{"id": 2, "method": "compile", "params": {}}');
  client.send({ id: "three", method: "export", params: { model: 3, colour: "red" } });
  client.send({ id: 4, method: "export", params: { model: at("none.mlir"), out: at("none.psm") } });
  client.send({ id: 5, method: "build", params: { bundle: root } });
  client.send({ id: 6, method: "check", params: { model: "models/digits.onnx" } });
  const answers: Answer[] = [];
  for (let k = 0; k < 6; k++) answers.push(await client.next());
  expect(answers.map((a) => [a.id, a.ok, a.exitCode])).toEqual([
    [null, false, 2],
    [2, false, 2],
    ["three", false, 2],
    [4, false, 5],
    [5, false, 5],
    [6, expect.any(Boolean), answers[5]!.ok ? undefined : 3],
  ]);
  expect(answers[2]!.diagnostics.map((d) => d.message)).toEqual([
    expect.stringMatching(/^params\.model: .*expected string/),
    expect.stringMatching(/^params: .*colour/),
  ]);
  expect(answers[5]!.result["coverage"]).toContainEqual(expect.objectContaining({ operator: "Relu", nodes: 2 }));
  await client.end();
});

test("tells the progress of those who ask for it", async () => {
  const client = new Client();
  client.send({ id: 1, method: "export", params: { model: at("twice.mlir"), out: at("p.psm"), progress: true } });
  const seen: Answer[] = [];
  do seen.push(await client.next());
  while (seen.at(-1)!.event !== undefined);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.at(-1)).toMatchObject({ id: 1, ok: true });
  await client.end();
});

test("cancels a run, and goes on", async () => {
  const client = new Client();
  const bundle = await writeHandMade(root, "spin");
  const { result } = await client.ask(1, "load", { bundle, trust: true });
  writeNpy(at("long.npy"), tensor(BigInt64Array.of(1n << 60n), []));
  client.send({ id: 2, method: "run", params: { handle: result["handle"], inputs: [at("long.npy")], out: at("o") } });
  setTimeout(() => client.send({ id: 3, method: "cancel", params: { target: 2 } }), 50);
  expect(await client.next()).toMatchObject({ id: 3, ok: true });
  expect(await client.next()).toMatchObject({ id: 2, ok: false, exitCode: 130 });
  expect(await client.ask(4, "ping")).toMatchObject({ ok: true });
  await client.end();
}, 60_000);

test("ends when told to, after what was asked before", async () => {
  const client = new Client();
  client.send({ id: 1, method: "export", params: { model: at("twice.mlir"), out: at("last.psm") } });
  client.send({ id: 2, method: "shutdown" });
  expect(await client.next()).toMatchObject({ id: 1, ok: true });
  expect(await client.next()).toMatchObject({ id: 2, ok: true });
  await client.ended;
});

test("is interrupted while it waits", async () => {
  const client = new Client();
  await client.ask(1, "ping");
  client.test.controller.abort();
  await expect(client.ended).rejects.toMatchObject({ name: "AbortError" });
});
