/** @file The command as a process: how long it takes to start, how it is interrupted, how its output may be cut off. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeNpy } from "../../cli/npy.js";
import { tensor } from "../../runtime-lib/tensor.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { builtCli } from "../support/built-cli.js";
import { writeHandMade } from "../support/hand-made.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
let main = "";

beforeAll(() => {
  main = builtCli();
  process.env["PERSIMMONS_CACHE"] = join(root, "cache");
}, 120_000);

afterAll(() => {
  process.env = before;
  remove();
});

const ended = (child: ChildProcess): Promise<readonly [number | null, string | null]> =>
  new Promise((resolve) => child.on("close", (code, signal) => resolve([code, signal])));

/** The shortest of several runs: how long it takes when nothing else is going on. */
function shortest(args: readonly string[]): number {
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, args, { stdio: "ignore" });
    return performance.now() - start;
  });
  return Math.min(...times);
}

test("the version comes at once", () => {
  expect(execFileSync(process.execPath, [main, "--version"]).toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  // Beside what Node takes to start, so that a busy machine does not fail it.
  expect(shortest([main, "--version"]) - shortest(["-e", "0"])).toBeLessThan(60);
}, 60_000);

test("exit codes are the process's", () => {
  expect(spawnSync(process.execPath, [main, "inspect", join(root, "none.psm")]).status).toBe(5);
  expect(spawnSync(process.execPath, [main, "exprot"]).status).toBe(2);
}, 60_000);

test("a reader that has seen enough is no fault", () => {
  const script = `"${process.execPath}" "${main}" completion fish | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const [, status] = execFileSync("bash", ["-c", script]).toString().trim().split("\n");
  expect(status).toBe("0");
}, 60_000);

test("a run is interrupted: exit 130, and the problem is told", async () => {
  const bundle = await writeHandMade(root, "spin");
  writeNpy(join(root, "long.npy"), tensor(BigInt64Array.of(1n << 60n), []));
  const args = [main, "run", bundle, "--trust", "--json", "--in", join(root, "long.npy")];
  // Builds the library, so that the next run is at it soon.
  writeNpy(join(root, "short.npy"), tensor(BigInt64Array.of(1n), []));
  execFileSync(process.execPath, [...args.slice(0, -1), join(root, "short.npy")]);
  const child = spawn(process.execPath, args);
  let out = "";
  child.stdout.on("data", (text: Buffer) => (out += text.toString()));
  setTimeout(() => child.kill("SIGINT"), 1500);
  expect(await ended(child)).toEqual([130, null]);
  expect(JSON.parse(out)).toMatchObject({ ok: false, exitCode: 130 });
}, 60_000);

test("an export that is interrupted leaves nothing behind", async () => {
  const folder = join(root, "interrupted");
  const wide = Array.from({ length: 400 }, (_, k) => `  %${k + 1} = stablehlo.add %${k}, %x : tensor<4xf32>`);
  const text = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.negate %x : tensor<4xf32>\n${wide.join("\n")}\n  return %400 : tensor<4xf32>\n}\n`;
  execFileSync("mkdir", ["-p", folder]);
  writeFileSync(join(root, "wide.mlir"), text);
  const child = spawn(process.execPath, [main, "export", join(root, "wide.mlir"), "-o", join(folder, "out.psm")]);
  setTimeout(() => child.kill("SIGINT"), 250);
  const [code, signal] = await ended(child);
  // Before the program writes, the signal ends it as a shell expects (128 + 2); while it writes, it ends itself.
  expect(code ?? signal).toSatisfy((how: unknown) => how === 130 || how === "SIGINT" || how === 0);
  if (code !== 0) expect(readdirSync(folder)).toEqual([]);
}, 60_000);

test("the server does not outlive its client, whatever it is at", async () => {
  const bundle = await writeHandMade(root, "spin");
  writeNpy(join(root, "longer.npy"), tensor(BigInt64Array.of(1n << 60n), []));
  // The client is a shell that is killed while the server runs something endless.
  const requests = [
    { id: 1, method: "load", params: { bundle, trust: true } },
    { id: 2, method: "run", params: { handle: 1, inputs: [join(root, "longer.npy")], out: join(root, "never") } },
  ];
  writeFileSync(join(root, "requests"), requests.map((r) => `${JSON.stringify(r)}\n`).join(""));
  const script = `(cat "${join(root, "requests")}"; sleep 20) | "${process.execPath}" "${main}" serve & echo $!; wait`;
  const client = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  const server = await new Promise<number>((resolve) =>
    client.stdout.once("data", (text: Buffer) => resolve(Number(text))),
  );
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(isAlive(server)).toBe(true);
  client.kill("SIGKILL");
  for (let k = 0; k < 100 && isAlive(server); k++) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAlive(server)).toBe(false);
}, 60_000);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("the server ends with its input", () => {
  const result = spawnSync(process.execPath, [main, "serve"], { input: '{"id":1,"method":"ping"}\n' });
  expect(result.status).toBe(0);
  expect(JSON.parse(result.stdout.toString())).toMatchObject({ id: 1, ok: true });
}, 60_000);
