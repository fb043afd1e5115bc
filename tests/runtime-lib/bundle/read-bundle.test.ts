/** @file Opening bundles: damage of every kind is named, all of it at once; stamps and trust do what they promise. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheDirectory } from "../../../runtime-lib/bundle/cache-directory.js";
import { packBundle } from "../../../runtime-lib/bundle/pack-bundle.js";
import { openBundle } from "../../../runtime-lib/bundle/read-bundle.js";
import { distrustBundle, isTrusted, trustBundle, untrusted } from "../../../runtime-lib/bundle/trust.js";
import { writeBundle } from "../../../runtime-lib/bundle/write-bundle.js";
import { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import { pythonWith } from "../../support/python.js";
import { codesOf, faultOf } from "./faults.js";
import { compose, kernels } from "./sample-bundle.js";

let scratch = "";
let path = "";
let packed = "";

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "psm-bundle-"));
  process.env["PERSIMMONS_CACHE"] = join(scratch, "cache");
  path = join(scratch, "m.psm");
  packed = join(scratch, "m.psmz");
  await writeBundle(path, compose());
  await packBundle(packed, compose());
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Changes one byte of a file without changing its size. */
function flip(file: string, at: number): void {
  const fd = openSync(file, "r+");
  const byte = new Uint8Array(1);
  readSync(fd, byte, 0, 1, at);
  byte[0]! ^= 0x10;
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
}

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 150));

describe("opening a damaged directory", () => {
  it("names every file that is missing, of another size, or no plain file, at once", async () => {
    const weights = join(path, "weights.safetensors");
    truncateSync(weights, statSync(weights).size - 1);
    rmSync(join(path, "kernels.host.ll"));
    const first = await faultOf(() => openBundle(path));
    expect(first.exitCode).toBe(5);
    expect(first.diagnostics.map((d) => d.code)).toEqual(["PS5008", "PS5010"]);
    expect(first.message).toContain("'kernels.host.ll' is missing");
    expect(first.message).toContain(`'weights.safetensors' has ${statSync(weights).size} bytes; the manifest says`);
    writeFileSync(join(scratch, "elsewhere"), kernels);
    symlinkSync(join(scratch, "elsewhere"), join(path, "kernels.host.ll"));
    expect((await faultOf(() => openBundle(path))).diagnostics.map((d) => d.code)).toEqual(["PS5009", "PS5010"]);
  });

  it("names every file whose content differs, at once", async () => {
    flip(join(path, "kernels.host.ll"), 3);
    flip(join(path, "weights.safetensors"), statSync(join(path, "weights.safetensors")).size - 1);
    const { diagnostics, exitCode } = await faultOf(() => openBundle(path));
    expect(exitCode).toBe(5);
    expect(diagnostics.map((d) => [d.code, d.message])).toEqual([
      ["PS5011", "'kernels.host.ll' is not what the manifest lists: its SHA-256 differs"],
      ["PS5011", "'weights.safetensors' is not what the manifest lists: its SHA-256 differs"],
    ]);
  });

  it.each(["kernels.host.ll", "weights.safetensors", "manifest.bin"])("notices any flipped bit of %s", async (name) => {
    const file = join(path, name);
    for (let at = 0; at < statSync(file).size; at += 41) {
      flip(file, at);
      expect(await codesOf(() => openBundle(path))).not.toBe("ok");
      flip(file, at);
    }
    expect(await codesOf(() => openBundle(path))).toBe("ok");
  });

  it("refuses a pipe in a file's place without waiting for it", async () => {
    rmSync(join(path, "manifest.bin"));
    expect(spawnSync("mkfifo", [join(path, "manifest.bin")]).status).toBe(0);
    expect(await codesOf(() => openBundle(path))).toEqual(["PS5009"]);
  });

  it("says what is no bundle, and what is not there", async () => {
    mkdirSync(join(scratch, "empty"));
    writeFileSync(join(scratch, "file"), "x".repeat(500));
    expect(await codesOf(() => openBundle(join(scratch, "empty")))).toEqual(["PS5002"]);
    expect(await codesOf(() => openBundle(join(scratch, "file")))).toEqual(["PS5002"]);
    expect(await codesOf(() => openBundle(join(scratch, "absent")))).toEqual(["PS5001"]);
  });

  it("refuses a manifest of a size no manifest has without reading it", async () => {
    const fd = openSync(join(path, "manifest.bin"), "r+");
    ftruncateSync(fd, 40 * 2 ** 30);
    closeSync(fd);
    expect((await faultOf(() => openBundle(path))).message).toContain("the limit is 67108864");
  });
});

describe("opening a damaged packed file", () => {
  it("ends in a fault whichever byte is changed, and wherever it is cut", async () => {
    const bytes = readFileSync(packed);
    const damaged = join(scratch, "damaged");
    for (let at = 0; at < bytes.length; at++) {
      const copy = Uint8Array.from(bytes);
      copy[at]! ^= 0x04;
      writeFileSync(damaged, copy);
      expect(await codesOf(() => openBundle(damaged, { verify: "always" }))).not.toBe("ok");
    }
    for (let length = 0; length < bytes.length; length += 7) {
      writeFileSync(damaged, bytes.subarray(0, length));
      expect(await codesOf(() => openBundle(damaged))).not.toBe("ok");
    }
  });

  const python = pythonWith("zipfile");

  it.skipIf(python === undefined)("repacked by another tool is refused, with the way to make it again", async () => {
    const script = [
      "import sys, zipfile",
      "a = zipfile.ZipFile(sys.argv[1]); b = zipfile.ZipFile(sys.argv[2], 'w')",
      "for n in a.namelist(): b.writestr(n, a.read(n))",
      "b.close()",
    ].join("\n");
    const other = join(scratch, "other.zip");
    execFileSync(python!, ["-c", script, packed, other]);
    const { diagnostics } = await faultOf(() => openBundle(other));
    expect(diagnostics[0]!.code).toBe("PS5002");
  });
});

describe("a stamp", () => {
  it("stands for the hashes once they were found right, until a file is touched", async () => {
    await settle();
    expect((await openBundle(path)).hashes).toBe("checked");
    expect((await openBundle(path)).hashes).toBe("stamped");
    expect((await openBundle(path, { verify: "always" })).hashes).toBe("checked");
    utimesSync(join(path, "weights.safetensors"), 1, 1);
    await settle();
    expect((await openBundle(path)).hashes).toBe("checked");
    expect((await openBundle(path)).hashes).toBe("stamped");
  });

  it("does not hide a change that keeps size and modification time", async () => {
    await settle();
    await openBundle(path);
    const weights = join(path, "weights.safetensors");
    const { atime, mtime } = statSync(weights);
    flip(weights, statSync(weights).size - 1);
    utimesSync(weights, atime, mtime);
    expect(await codesOf(() => openBundle(path))).toEqual(["PS5011"]);
  });

  it("does not hide a file exchanged for another", async () => {
    await settle();
    await openBundle(path);
    const weights = join(path, "weights.safetensors");
    cpSync(weights, join(scratch, "copy"), { preserveTimestamps: true });
    flip(join(scratch, "copy"), 500);
    renameSync(join(scratch, "copy"), weights);
    expect(await codesOf(() => openBundle(path))).toEqual(["PS5011"]);
  });

  it("is not kept of a file changed a moment ago", async () => {
    await writeBundle(join(scratch, "fresh.psm"), compose([5], 9));
    await openBundle(join(scratch, "fresh.psm"));
    expect((await openBundle(join(scratch, "fresh.psm"))).hashes).toBe("checked");
  });

  it("of a packed file is one of the whole file", async () => {
    await settle();
    expect((await openBundle(packed)).hashes).toBe("checked");
    expect((await openBundle(packed)).hashes).toBe("stamped");
    flip(packed, 200);
    expect(await codesOf(() => openBundle(packed))).not.toBe("ok");
  });

  it("is not believed where other users can write it", async () => {
    await settle();
    await openBundle(path);
    chmodSync(join(cacheDirectory(), "stamps"), 0o777);
    expect((await openBundle(path)).hashes).toBe("checked");
    chmodSync(join(cacheDirectory(), "stamps"), 0o700);
    expect((await openBundle(path)).hashes).toBe("stamped");
  });

  it.skipIf(!existsSync("/proc/self/io"))("spares every byte of the weights (skipped without /proc)", async () => {
    const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))![1]);
    const weights = 30_000_000;
    await writeBundle(path, compose([weights]));
    await settle();
    const costOfOpening = async (): Promise<number> => {
      const before = bytesRead();
      await openBundle(path);
      return bytesRead() - before;
    };
    expect(await costOfOpening()).toBeGreaterThan(weights);
    expect(await costOfOpening()).toBeLessThan(100_000);
  });

  it("is missed, not needed, where the cache cannot be written", async () => {
    await settle();
    writeFileSync(join(scratch, "file"), "");
    process.env["PERSIMMONS_CACHE"] = join(scratch, "file", "cache");
    expect((await openBundle(path)).hashes).toBe("checked");
    expect((await openBundle(path)).hashes).toBe("checked");
  });

  it("is lost with the cache, and stamps do not pile up", async () => {
    await settle();
    await openBundle(path);
    for (const salt of [3, 5]) {
      await writeBundle(path, compose([10], salt));
      await settle();
      await openBundle(path);
    }
    expect(readdirSync(join(cacheDirectory(), "stamps"))).toHaveLength(1);
    rmSync(cacheDirectory(), { recursive: true });
    expect((await openBundle(path)).hashes).toBe("checked");
  });
});

describe("an open bundle", () => {
  it("hashes a file again as it is read, and on demand", async () => {
    await settle();
    await openBundle(path);
    const bundle = await openBundle(path);
    expect(bundle.hashes).toBe("stamped");
    flip(join(path, "kernels.host.ll"), 3);
    expect(await codesOf(() => bundle.read("kernels.host.ll"))).toEqual(["PS5011"]);
    expect(await codesOf(() => bundle.verifyHashes())).toEqual(["PS5011", "PS5018"]);
    appendFileSync(join(path, "kernels.host.ll"), "x");
    expect(() => bundle.file("other")).toThrow("lists no file 'other'");
  });

  it("is found through symbolic links, and is the same under both names", async () => {
    symlinkSync(path, join(scratch, "link"));
    expect((await openBundle(join(scratch, "link"))).path).toBe(path);
  });

  it("in both forms has one manifest and one digest", async () => {
    const [directory, file] = [await openBundle(path), await openBundle(packed)];
    expect(file.digest).toBe(directory.digest);
    expect(file.manifest).toEqual(directory.manifest);
    expect([directory.form, file.form]).toEqual(["directory", "pack"]);
  });

  it("is refused where weights and manifest disagree about a place", async () => {
    const lying = join(scratch, "lying.psm");
    await writeBundle(lying, async (draft) => {
      const body = await compose()(draft);
      return { ...body, weights: body.weights.map((w) => ({ ...w, name: `${w.name}!` })) };
    });
    const { diagnostics } = await faultOf(() => openBundle(lying));
    expect(diagnostics.map((d) => d.code)).toEqual(["PS5004", "PS5004", "PS5004"]);
    expect(diagnostics[0]!.message).toBe("the weight 'w0!' is not where the manifest says");
  });
});

describe("the trust list", () => {
  it("holds what was added, wherever it lies, and not what was changed", async () => {
    const { digest } = await openBundle(path);
    expect(isTrusted(digest)).toBe(false);
    trustBundle(path, digest);
    trustBundle(path, digest);
    expect(isTrusted(digest)).toBe(true);
    expect(isTrusted("0".repeat(64))).toBe(false);
    await writeBundle(path, compose([8], 9));
    expect(isTrusted((await openBundle(path)).digest)).toBe(false);
    distrustBundle(digest);
    expect(isTrusted(digest)).toBe(false);
  });

  it("is not believed where other users can write it", async () => {
    const { digest } = await openBundle(path);
    trustBundle(path, digest);
    for (const folder of [cacheDirectory(), join(cacheDirectory(), "trusted")]) {
      chmodSync(folder, 0o777);
      const fault = await faultOf(() => isTrusted(digest));
      expect(fault.diagnostics[0]!.code).toBe("PS5016");
      expect(fault.message).toContain(`chmod go-w ${folder}`);
      chmodSync(folder, 0o700);
    }
    expect(isTrusted(digest)).toBe(true);
  });

  it("refuses digests that are none, so that no path can be smuggled in", () => {
    expect(() => isTrusted("../../etc/passwd")).toThrow("is not a digest");
  });

  it("names the ways on when it refuses", () => {
    expect(untrusted("m.psm", ["native"])).toBeInstanceOf(RuntimeFault);
    expect(untrusted("m.psm", ["native"]).message).toContain("--trust");
    expect(untrusted("m.psm", ["native"]).message).not.toContain("--engine wasm");
    expect(untrusted("m.psm", ["native", "wasm"]).message).toContain("--engine wasm");
  });
});
