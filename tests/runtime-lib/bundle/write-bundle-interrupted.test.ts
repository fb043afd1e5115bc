/** @file Interrupted writing: whatever ends it, the destination holds the old bundle, the new one, or nothing. */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packBundle } from "../../../runtime-lib/bundle/pack-bundle.js";
import { publishDirectory } from "../../../runtime-lib/bundle/publish.js";
import { writeBundle } from "../../../runtime-lib/bundle/write-bundle.js";
import { faultOf, inTemporaryDirectory } from "./faults.js";
import { compose, saltOf } from "./sample-bundle.js";

const scratch = mkdtempSync(join(tmpdir(), "psm-bundle-"));
beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = join(scratch, "cache");
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe("a process killed while it writes", () => {
  const built = join(process.cwd(), "build", `bundle-test-${process.pid}`);

  beforeAll(() => {
    const config = join(built, "tsconfig.json");
    mkdirSync(built, { recursive: true });
    const options = {
      extends: "../../tsconfig.json",
      include: ["../../runtime-lib/bundle"],
      compilerOptions: { rootDir: "../..", outDir: "out" },
    };
    writeFileSync(config, JSON.stringify(options));
    execFileSync(join(process.cwd(), "node_modules", ".bin", "tsc"), ["-p", config]);
    writeFileSync(join(built, "child.mjs"), child);
  }, 120_000);
  afterAll(() => {
    rmSync(built, { recursive: true, force: true });
  });

  /** Replaces the bundle for ever, with salts 3, 5, 7, ... */
  const child = `
    const [path, form] = process.argv.slice(2);
    const { writeBundle } = await import("./out/runtime-lib/bundle/write-bundle.js");
    const { packBundle } = await import("./out/runtime-lib/bundle/pack-bundle.js");
    const body = { formatVersion: 1, producer: "p", model: "m", source: { stem: "m", kind: "mlir", sha256: "0".repeat(64) },
      options: [], symbols: [], states: [], entries: [], sources: [], targets: [] };
    for (let salt = 3; ; salt += 2) {
      const source = () => Uint8Array.from({ length: 200_000 }, (_, i) => i * salt);
      await (form === "pack" ? packBundle : writeBundle)(path, async (draft) => {
        const { data, tensors } = await draft.weights([{ name: "w", dtype: "ui8", shape: [200_000], bytes: 200_000, source }]);
        return { ...body, weightData: data, weights: tensors };
      });
      if (salt === 3) process.stdout.write("started");
    }`;

  it.each(["directory", "pack"])(
    "leaves the old bundle or the new one or none: %s",
    async (form) => {
      await inTemporaryDirectory(async (directory) => {
        const path = join(directory, "m.psm");
        let found = 0;
        for (let round = 0; round < 12; round++) {
          const writer = spawn(process.execPath, [join(built, "child.mjs"), path, form], {
            stdio: ["ignore", "pipe", "inherit"],
          });
          await new Promise((started) => writer.stdout.once("data", started));
          await new Promise((later) => setTimeout(later, (round * 7) % 40));
          const closed = new Promise((done) => writer.once("close", done));
          writer.kill("SIGKILL");
          await closed;
          if (!existsSync(path)) continue;
          expect((await saltOf(path)) % 2).toBe(1);
          found++;
        }
        expect(found).toBeGreaterThan(0);
        await (form === "pack" ? packBundle : writeBundle)(path, compose([9], 3));
        expect(readdirSync(directory)).toEqual(["m.psm"]);
      });
    },
    60_000,
  );
});

describe("a replacement that fails between its two renames", () => {
  it("puts the old bundle back", async () => {
    await inTemporaryDirectory(async (directory) => {
      const [path, next] = [join(directory, "m.psm"), join(directory, "next")];
      await writeBundle(path, compose([9], 3));
      mkdirSync(next);
      const vanish = (): void => rmSync(next, { recursive: true });
      const fault = await faultOf(() => publishDirectory(next, path, vanish));
      expect(fault.diagnostics[0]!.code).toBe("PS5015");
      expect(await saltOf(path)).toBe(3);
      expect(readdirSync(directory)).toEqual(["m.psm"]);
    });
  });
});

/** Whether a small file system can be mounted here, to be filled. */
const canMount = ((): boolean => {
  const at = join(scratch, "probe");
  mkdirSync(at);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", at]).status !== 0) return false;
  return spawnSync("umount", [at]).status === 0;
})();

describe.skipIf(!canMount)("a full disk (skipped where no file system can be mounted)", () => {
  it.each([
    { form: "directory", write: writeBundle },
    { form: "packed file", write: packBundle },
  ])("leaves the old $form, and says what failed", async ({ write }) => {
    const disk = join(scratch, `disk-${write.name}`);
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]);
    try {
      const path = join(disk, "m.psm");
      await write(path, compose([1000], 3));
      const fault = await faultOf(() => write(path, compose([400_000, 900_000], 5)));
      expect(fault.exitCode).toBe(5);
      expect(fault.diagnostics[0]!.code).toBe("PS5015");
      expect(fault.message).toContain("no space is left on the device (ENOSPC)");
      expect(await saltOf(path)).toBe(3);
      expect(readdirSync(disk)).toEqual(["m.psm"]);
      await write(path, compose([400_000], 5));
      expect(await saltOf(path)).toBe(5);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
