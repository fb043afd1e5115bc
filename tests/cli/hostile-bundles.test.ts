/**
 * @file Bundles that were damaged, cut or come from elsewhere, and inputs that do not fit, through `run`: each ends with its
 * exit code and a problem that names the file or the input.
 */

import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeNpy } from "../../cli/npy.js";
import { tensor } from "../../runtime-lib/tensor.js";
import { makeRoot } from "../runtime-lib/engines/fixtures.js";
import { cli, cliJson, problemsOf } from "./session.js";

const { root, remove } = makeRoot();
const before = { ...process.env };
const at = (name: string): string => join(root, name);
const digits = fileURLToPath(new URL("../../models/digits.onnx", import.meta.url));

beforeAll(async () => {
  process.env["PERSIMMONS_CACHE"] = at("cache");
  expect((await cli("export", digits, "-o", at("good.psm"), "--target", "wasm32")).err).not.toMatch(/error/);
}, 120_000);

afterAll(() => {
  process.env = before;
  remove();
});

const run = (bundle: string, ...args: readonly string[]) =>
  cli("run", bundle, "--engine", "wasm", "--seed", "1", "--dim", "N=1", ...args);

/** A copy of the good bundle, changed. */
function changed(change: (folder: string) => void): string {
  const copy = at("bad.psm");
  rmSync(copy, { recursive: true, force: true });
  cpSync(at("good.psm"), copy, { recursive: true });
  change(copy);
  return copy;
}

async function refusal(bundle: string, ...args: readonly string[]): Promise<string> {
  const start = performance.now();
  const { code, err } = await run(bundle, ...args);
  expect({ code, err }).toMatchObject({ code: 5 });
  expect(err).toMatch(/error PS5\d{3}/);
  expect(err).not.toMatch(/^ {4}at /m);
  expect(performance.now() - start).toBeLessThan(10_000);
  return err;
}

test("the bundle as it was written runs", async () => {
  expect((await run(at("good.psm"))).err).not.toMatch(/error/);
}, 120_000);

const files = ["manifest.bin", "kernels.wasm32.ll", "weights.safetensors"];

describe.each(files)("a bundle whose %s", (name) => {
  test("has a byte changed is refused wherever that is", async () => {
    const { length } = readFileSync(join(at("good.psm"), name));
    for (const share of [0, 0.01, 0.37, 0.5, 0.81, 1]) {
      const bad = changed((folder) => {
        const bytes = readFileSync(join(folder, name));
        bytes[Math.min(length - 1, Math.floor(length * share))]! ^= 1;
        writeFileSync(join(folder, name), bytes);
      });
      expect(await refusal(bad)).toContain(name);
    }
  });

  test("is cut, empty or longer is refused", async () => {
    const { length } = readFileSync(join(at("good.psm"), name));
    for (const size of [0, 1, Math.floor(length / 2), length - 1, length + 1])
      expect(await refusal(changed((folder) => truncateSync(join(folder, name), size)))).toContain(name);
  });

  test("is missing, a folder or a link is refused", async () => {
    const missing = changed((folder) => rmSync(join(folder, name)));
    expect(await refusal(missing)).toContain(name);
    const folder = changed((f) => {
      rmSync(join(f, name));
      mkdirSync(join(f, name));
    });
    expect(await refusal(folder)).toContain(name);
    const link = changed((f) => {
      renameSync(join(f, name), at("elsewhere"));
      symlinkSync(at("elsewhere"), join(f, name));
    });
    expect(await refusal(link)).toContain(name);
  });
});

test("every file that is damaged is named at once", async () => {
  const bad = changed((folder) => {
    rmSync(join(folder, "kernels.wasm32.ll"));
    truncateSync(join(folder, "weights.safetensors"), 10);
  });
  expect(await refusal(bad)).toMatch(/kernels\.wasm32\.ll[\s\S]*weights\.safetensors/);
});

test("a bundle for another processor is exit 4, and what it has is named", async () => {
  const foreign = process.arch === "arm64" ? "x86-64-v3" : "neoverse-n1";
  const exported = await cli("export", digits, "-o", at("foreign.psm"), "--target", foreign);
  expect(exported.err).not.toMatch(/error/);
  const { code, err } = await cli("run", at("foreign.psm"), "--seed", "1", "--dim", "N=1");
  expect({ code, err }).toMatchObject({ code: 4 });
  expect(err).toMatch(/error PS5\d{3}/);
}, 60_000);

describe("inputs that do not fit are exit 2 and named", () => {
  const image = () => tensor(new Float32Array(64), [1, 1, 8, 8]);
  const given = async (name: string, write: (file: string) => void): Promise<string> => {
    const file = at("in.npy");
    write(file);
    const args = ["run", at("good.psm"), "--engine", "wasm", "--in", `${name}=${file}`];
    const { code, json } = await cliJson(...args);
    expect({ code, problems: problemsOf(json) }).toMatchObject({ code: 2 });
    return problemsOf(json).join("\n");
  };
  test("a name", async () => {
    expect(await given("picture", (f) => writeNpy(f, image()))).toMatch(/picture/);
  });
  test("an element type", async () => {
    expect(await given("image", (f) => writeNpy(f, tensor(new Int32Array(64), [1, 1, 8, 8])))).toMatch(
      /image.*i32|f32/,
    );
  });
  test("a size", async () => {
    expect(await given("image", (f) => writeNpy(f, tensor(new Float32Array(63), [1, 1, 9, 7])))).toMatch(/image/);
  });
  test("a rank", async () => {
    expect(await given("image", (f) => writeNpy(f, tensor(new Float32Array(64), [64])))).toMatch(/image/);
  });
  test("none at all", async () => {
    const { code, json } = await cliJson("run", at("good.psm"), "--engine", "wasm");
    expect([code, problemsOf(json).join()]).toEqual([2, expect.stringMatching(/image.*missing/)]);
  });
  test("files that are cut, no arrays, or of forged sizes", async () => {
    const whole = at("whole.npy");
    writeNpy(whole, image());
    const bytes = readFileSync(whole);
    const forged = Buffer.from(bytes.toString("latin1").replace("(1, 1, 8, 8)", "(9,9,9,9,9)".padEnd(12)), "latin1");
    const huge = Buffer.from(
      bytes.toString("latin1").replace("(1, 1, 8, 8)", "(99999999999".slice(0, 11) + ")"),
      "latin1",
    );
    for (const bad of [
      bytes.subarray(0, bytes.length - 4),
      bytes.subarray(0, 20),
      Buffer.from("hello"),
      Buffer.alloc(0),
      forged,
      huge,
    ]) {
      writeFileSync(at("bad.npy"), bad);
      const { code, json } = await cliJson("run", at("good.psm"), "--engine", "wasm", "--in", `image=${at("bad.npy")}`);
      expect(code, bad.toString("latin1", 0, 80)).toBeOneOf([2, 5]);
      expect(problemsOf(json)[0]).toMatch(/PS6003|PS520\d/);
    }
  });
});

const canMount = ((): boolean => {
  const probe = at("probe");
  mkdirSync(probe);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]).status !== 0) return false;
  return spawnSync("umount", [probe]).status === 0;
})();

describe.skipIf(!canMount)("a full disk (skipped where no file system can be mounted)", () => {
  const withDisk = async (size: string, work: (disk: string) => Promise<void>): Promise<void> => {
    const disk = at(`disk-${size}`);
    mkdirSync(disk, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk]);
    try {
      await work(disk);
    } finally {
      execFileSync("umount", [disk]);
    }
  };

  test.each([
    ["a bundle", ["-o"]],
    ["a packed bundle", ["--pack"]],
  ])("under an export of %s is exit 5 and leaves nothing", async (_, [option]) => {
    await withDisk("64k", async (disk) => {
      const { code, err } = await cli("export", digits, option!, join(disk, "digits.psm"), "--target", "wasm32");
      expect({ code, err }).toMatchObject({ code: 5 });
      expect(err).toMatch(/PS5015.*ENOSPC|no space/);
      expect(readdirSync(disk)).toEqual([]);
    });
  });

  test("under the dumped program and under outputs is exit 5", async () => {
    await withDisk("65k", async (disk) => {
      const dumped = await cli("export", digits, "-o", at("dumped.psm"), "--target", "wasm32", "--dump-ir", disk);
      expect([dumped.code, existsSync(at("dumped.psm"))]).toEqual([5, false]);
      spawnSync("sh", ["-c", `cat /dev/zero > ${disk}/fill`]);
      const { code, err } = await run(at("good.psm"), "--out", join(disk, "outputs"));
      expect({ code, err }).toMatchObject({ code: 5 });
    });
  });

  test("under the cache costs the trust list or the build, and says so", async () => {
    await withDisk("66k", async (disk) => {
      spawnSync("sh", ["-c", `cat /dev/zero > ${disk}/fill`]);
      process.env["PERSIMMONS_CACHE"] = join(disk, "cache");
      try {
        const exported = await cli("export", digits, "-o", at("untrusted.psm"), "--target", "wasm32");
        expect({ code: exported.code, err: exported.err }).toMatchObject({
          code: 0,
          err: expect.stringMatching(/warning PS5/),
        });
        const { code, err } = await run(at("good.psm"));
        expect({ code, err }).toMatchObject({ code: 5, err: expect.stringMatching(/PS5222/) });
      } finally {
        process.env["PERSIMMONS_CACHE"] = at("cache");
      }
    });
  }, 60_000);
});
