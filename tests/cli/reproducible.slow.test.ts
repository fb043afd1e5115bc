/**
 * @file One model gives one bundle, byte for byte: again, from another folder, in another language and time zone, and under another
 * version of Node. `PERSIMMONS_TEST_NODE24` names the other Node; `scripts/setup-tests.sh` puts one into build/setup/node24.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { builtCli } from "../support/built-cli.js";

const { root, remove } = makeRoot();
const project = fileURLToPath(new URL("../..", import.meta.url));
const named = process.env["PERSIMMONS_TEST_NODE24"];
const node24 = [named ?? "", join(project, "build/setup/node24/node_modules/node/bin/node")].find(
  (path) => path !== "" && existsSync(path),
);
let main = "";
let first: ReadonlyMap<string, string>;

/** Exports the trained network from a folder of its own; its files, by name. */
function exported(folder: string, node: string, env: NodeJS.ProcessEnv = {}): ReadonlyMap<string, string> {
  const at = join(root, folder);
  mkdirSync(at, { recursive: true });
  copyFileSync(join(project, "models", "digits.onnx"), join(at, "digits.onnx"));
  const args = [
    main,
    "export",
    "digits.onnx",
    "--target",
    "x86-64-v3",
    "--target",
    "wasm32",
    "--target",
    "neoverse-n1",
  ];
  const cache = join(root, `cache-${folder}`);
  execFileSync(node, args, { cwd: at, env: { ...process.env, PERSIMMONS_CACHE: cache, ...env }, stdio: "pipe" });
  const bundle = join(at, "digits.psm");
  return new Map(readdirSync(bundle).map((name) => [name, readFileSync(join(bundle, name)).toString("base64")]));
}

beforeAll(() => {
  main = builtCli();
  first = exported("first", process.execPath);
}, 300_000);

afterAll(remove);

describe("a model exported again", () => {
  test("is the same, from another folder", () => {
    expect(first.size).toBe(5);
    expect(exported("another/folder", process.execPath)).toEqual(first);
  }, 120_000);

  test("is the same, in another language and time zone", () => {
    const env = { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Asia/Kathmandu" };
    expect(exported("abroad", process.execPath, env)).toEqual(first);
  }, 120_000);

  test.skipIf(node24 === undefined)(
    "is the same under Node 24 (skipped where there is none)",
    () => {
      expect(execFileSync(node24!, ["--version"]).toString()).toMatch(/^v24\./);
      expect(exported("node24", node24!)).toEqual(first);
    },
    120_000,
  );
});
