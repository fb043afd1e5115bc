/** @file The package as npm installs it: it holds all that exporting and running need, and needs what it declares alone. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { builtCli } from "../support/built-cli.js";

const { root, remove } = makeRoot();
const project = fileURLToPath(new URL("../..", import.meta.url));
const installed = join(root, "node_modules", "persimmons");
const env = { ...process.env, PERSIMMONS_CACHE: join(root, "cache") };

const node = (...args: readonly string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, env }).toString();
const persimmons = (...args: readonly string[]): string => node(join(installed, "dist", "cli", "main.js"), ...args);

beforeAll(() => {
  builtCli();
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", root], {
    cwd: project,
  });
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["xzf", join(root, packed.toString().trim()), "--strip-components=1", "-C", installed]);
  // What npm would fetch is here already; nothing but what the package declares can be found.
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(root, "node_modules", name)), { recursive: true });
    symlinkSync(join(project, "node_modules", name), join(root, "node_modules", name));
  }
  const text = `func.func @main(%x: tensor<4xf32> {psm.name = "x"}) -> (tensor<4xf32> {psm.name = "y"}) {
  %0 = stablehlo.exponential %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
`;
  writeFileSync(join(root, "tiny.mlir"), text);
}, 300_000);

afterAll(remove);

test("the runtime for wasm comes compiled", () => {
  expect(readdirSync(join(installed, "runtime-lib", "native", "prebuilt"))).toHaveLength(1);
});

test("it exports a model and runs it in the sandbox", () => {
  persimmons("export", "tiny.mlir", "--target", "wasm32", "-o", "tiny.psm");
  expect(persimmons("run", "tiny.psm", "--seed", "1", "--engine", "wasm")).toMatch(/y: f32\[4\]/);
}, 120_000);

test("it makes a library, with the header", () => {
  persimmons("export", "tiny.mlir", "--target", "host", "--emit", "lib", "-o", "native.psm");
  expect(readdirSync(join(root, "native.psm"))).toEqual(expect.arrayContaining(["libtiny.so", "tiny.h"]));
  expect(persimmons("run", "native.psm", "--seed", "1", "--engine", "native")).toMatch(/y: f32\[4\]/);
}, 120_000);

test("its modules are found by name", () => {
  const script = `
    const { exportModel, loadBundle } = await import("persimmons");
    const runtime = await import("persimmons/runtime");
    const { path } = await exportModel("tiny.mlir", { out: "api.psm", targets: ["wasm32"] });
    const bundle = await loadBundle(path);
    console.log(typeof exportModel, typeof runtime.loadBundle, "exportModel" in runtime, typeof bundle.run);`;
  expect(node("--input-type=module", "-e", script).trim()).toBe("function function false function");
}, 120_000);
