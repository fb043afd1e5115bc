/** @file Exports that are stopped at any moment: the destination holds the old bundle, the new one, or nothing. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBundle } from "../../runtime-lib/bundle/read-bundle.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { builtCli } from "../support/built-cli.js";
import { Random } from "../support/random.js";

const { root, remove } = makeRoot();
const digits = fileURLToPath(new URL("../../models/digits.onnx", import.meta.url));
const rounds = process.env["PERSIMMONS_TESTS"] === "nightly" ? 60 : 8;
let main = "";
/** Milliseconds of an export that nothing interrupts. */
let whole = 0;

const environment = { ...process.env, PERSIMMONS_CACHE: join(root, "cache") };

interface Stopped {
  readonly code: number | null;
  readonly signal: string | null;
  readonly err: string;
}

function exportTo(out: string, model: string, signal?: NodeJS.Signals, after = 0): Promise<Stopped> {
  const args = [main, "export", model, "-o", out, "--target", "wasm32"];
  const child = spawn(process.execPath, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (text: Buffer) => (err += text.toString()));
  const timer = signal && setTimeout(() => child.kill(signal), after);
  return new Promise((resolve) =>
    child.on("close", (code, by) => {
      clearTimeout(timer);
      resolve({ code, signal: by, err });
    }),
  );
}

/** Another model than the trained one, as a file of the same name. */
const small = `func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  %0 = stablehlo.add %x, %x : tensor<4xf32>\n  return %0 : tensor<4xf32>\n}\n`;

beforeAll(async () => {
  main = builtCli();
  writeFileSync(join(root, "small.mlir"), small);
  const start = performance.now();
  expect((await exportTo(join(root, "first.psm"), digits)).code).toBe(0);
  whole = performance.now() - start;
}, 180_000);

afterAll(remove);

describe.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)("an export that %s stops", (signal) => {
  test("leaves the old bundle, the new one, or nothing", async () => {
    const r = new Random(signal.length);
    const folder = join(root, signal);
    mkdirSync(folder);
    const out = join(folder, "m.psm");
    expect((await exportTo(out, join(root, "small.mlir"))).code).toBe(0);
    for (let k = 0; k < rounds; k++) {
      const { code, signal: by, err } = await exportTo(out, digits, signal, (whole * (k + r.unit())) / rounds);
      expect(err).not.toMatch(/fault of ours|^ {4}at /m);
      if (signal !== "SIGKILL") {
        // While it compiles the signal ends it; while it writes it ends itself.
        expect([0, 130, null]).toContain(code);
        if (code === null) expect(by).toBe(signal);
        expect(readdirSync(folder)).toEqual(["m.psm"]);
      }
      // Replacing a directory takes two renames: killed between them, the old one is whole beside the destination.
      if (signal === "SIGKILL" && !existsSync(out)) {
        expect(readdirSync(folder).filter((name) => name.startsWith(".m.psm.old-"))).toHaveLength(1);
        expect((await exportTo(out, join(root, "small.mlir"))).code).toBe(0);
      }
      const { manifest } = await openBundle(out, { verify: "always" });
      expect(["small", "digits"]).toContain(manifest.source.stem);
      if (code === 0) expect(manifest.source.stem).toBe("digits");
    }
    // Whatever was left is cleared away by the next export that ends well.
    expect((await exportTo(out, digits)).code).toBe(0);
    expect(readdirSync(folder)).toEqual(["m.psm"]);
    expect(readFileSync(join(out, "manifest.bin"))).toEqual(readFileSync(join(root, "first.psm", "manifest.bin")));
  }, 600_000);
});
