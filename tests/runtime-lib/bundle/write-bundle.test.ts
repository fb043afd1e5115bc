/** @file Writing bundles: what a directory and a packed file hold, and what failures leave behind. */

import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as systemCrc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BundleDraft, ManifestDraft } from "../../../runtime-lib/bundle/bundle-draft.js";
import { crc32 } from "../../../runtime-lib/bundle/crc32.js";
import { packBundle } from "../../../runtime-lib/bundle/pack-bundle.js";
import { openBundle } from "../../../runtime-lib/bundle/read-bundle.js";
import { writeBundle } from "../../../runtime-lib/bundle/write-bundle.js";
import { faultOf, inTemporaryDirectory } from "./faults.js";
import { compose, kernels, saltOf } from "./sample-bundle.js";

const contents = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name)).toString("base64")]),
  );

const scratch = mkdtempSync(join(tmpdir(), "psm-bundle-"));
beforeAll(() => {
  process.env["PERSIMMONS_CACHE"] = join(scratch, "cache");
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe.each([
  { form: "directory", write: writeBundle },
  { form: "packed file", write: packBundle },
])("a bundle written as a $form", ({ form, write }) => {
  const read = (path: string): unknown =>
    form === "directory" ? contents(path) : readFileSync(path).toString("base64");

  it("opens again with the manifest, the files and the hashes that were written", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      const written = await write(path, compose());
      const bundle = await openBundle(path);
      expect(bundle.manifest).toEqual(written.manifest);
      expect(bundle.digest).toBe(written.digest);
      expect(bundle.manifest.files.map((f) => f.name)).toEqual(["kernels.host.ll", "weights.safetensors"]);
      expect(Buffer.from(bundle.read("kernels.host.ll")).toString()).toBe(kernels);
      const weights = bundle.file("weights.safetensors");
      expect(weights.offset % 64).toBe(0);
      const start = weights.offset + bundle.manifest.weightData!.offset + bundle.manifest.weights[1]!.offset;
      expect(start % 64).toBe(0);
      expect([...readFileSync(weights.path).subarray(start, start + 3)]).toEqual([1, 2, 3]);
    });
  });

  it("is the same, byte for byte, for the same input", async () => {
    await inTemporaryDirectory(async (directory) => {
      await write(join(directory, "a"), compose());
      await write(join(directory, "b"), compose());
      expect(read(join(directory, "a"))).toEqual(read(join(directory, "b")));
    });
  });

  it("replaces a bundle, leaves nothing else behind, and makes the parent directory", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "new", "m.psm");
      await write(path, compose([9], 1));
      await write(path, compose([7, 5], 3));
      expect(await saltOf(path)).toBe(3);
      expect(readdirSync(join(directory, "new"))).toEqual(["m.psm"]);
    });
  });

  it("replaces what a symbolic link points to, not the link", async () => {
    await inTemporaryDirectory(async (directory) => {
      await write(join(directory, "real"), compose([9], 1));
      symlinkSync("real", join(directory, "link"));
      await write(join(directory, "link"), compose([9], 3));
      expect(await saltOf(join(directory, "real"))).toBe(3);
      expect(readdirSync(directory).sort()).toEqual(["link", "real"]);
    });
  });

  it("that fails half-way leaves the old one as it was, and no leftovers", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      await write(path, compose([9], 1));
      const before = read(path);
      const failures = [
        async (): Promise<never> => Promise.reject(new Error("the compiler failed")),
        compose([-1]),
        async (draft: BundleDraft) => {
          await draft.file("x", "1");
          return { ...(await compose()(draft)), model: "not an identifier" };
        },
        async (draft: BundleDraft) => {
          const source = async function* (): AsyncGenerator<Uint8Array> {
            yield new Uint8Array(100);
            throw new Error("the source failed");
          };
          await draft.weights([{ name: "w", dtype: "ui8", shape: [200], bytes: 200, source }]);
          return compose()(draft);
        },
      ];
      for (const failing of failures) {
        await expect(write(path, failing)).rejects.toThrow();
        expect(read(path)).toEqual(before);
        expect(readdirSync(directory)).toEqual(["m.psm"]);
      }
    });
  });

  it("stops when it is told to, leaving nothing", async () => {
    await inTemporaryDirectory(async (directory) => {
      const controller = new AbortController();
      const source = (): Uint8Array => {
        setImmediate(() => controller.abort());
        return new Uint8Array(40 * 1024 * 1024);
      };
      const bytes = 40 * 1024 * 1024;
      const writing = write(
        join(directory, "m.psm"),
        async (draft) => {
          await draft.weights([{ name: "w", dtype: "ui8", shape: [bytes], bytes, source }]);
          return compose()(draft);
        },
        { signal: controller.signal },
      );
      await expect(writing).rejects.toThrow("aborted");
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  it("never overwrites what is no bundle", async () => {
    await inTemporaryDirectory(async (directory) => {
      mkdirSync(join(directory, "folder"));
      writeFileSync(join(directory, "folder", "thesis.tex"), "years of work");
      writeFileSync(join(directory, "file"), "years of work");
      for (const name of ["folder", "file"]) {
        const fault = await faultOf(() => write(join(directory, name), compose()));
        expect(fault.exitCode).toBe(2);
        expect(fault.diagnostics[0]!.code).toBe("PS5014");
      }
      expect(readFileSync(join(directory, "folder", "thesis.tex"), "utf8")).toBe("years of work");
      expect(readFileSync(join(directory, "file"), "utf8")).toBe("years of work");
      expect(readdirSync(directory).sort()).toEqual(["file", "folder"]);
    });
  });

  it("writes into an empty place that was made for it", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      if (form === "directory") mkdirSync(path);
      else writeFileSync(path, "");
      await write(path, compose([9], 5));
      expect(await saltOf(path)).toBe(5);
    });
  });

  it("refuses names outside the bundle, names twice, and two files at a time", async () => {
    await inTemporaryDirectory(async (directory) => {
      const attempts: readonly [message: string, begin: (draft: BundleDraft) => Promise<unknown>][] = [
        ["not a plain file name", (draft) => draft.file("../x", "")],
        ["written from the manifest", (draft) => draft.file("Manifest.bin", "")],
        ["is written twice", async (draft) => [await draft.file("x", ""), await draft.file("x", "")]],
        ["is begun while", (draft) => Promise.all([draft.file("x", ""), draft.file("y", "")])],
      ];
      for (const [message, begin] of attempts) {
        const failing = async (draft: BundleDraft): Promise<ManifestDraft> => {
          await begin(draft);
          return compose()(draft);
        };
        await expect(write(join(directory, "m"), failing)).rejects.toThrow(message);
        expect(readdirSync(directory)).toEqual([]);
      }
    });
  });

  it("by several writers at once is one of theirs, whole", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      for (let round = 0; round < 5; round++) {
        await Promise.all([1, 3, 5, 7].map((salt) => write(path, compose([300, 20], salt))));
        expect([1, 3, 5, 7]).toContain(await saltOf(path));
        expect(readdirSync(directory)).toEqual(["m.psm"]);
      }
    });
  });
});

describe("a directory", () => {
  it("with files of the user's beside the bundle's is not replaced, and each is named", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      await writeBundle(path, compose());
      writeFileSync(join(path, "notes.txt"), "mine");
      mkdirSync(join(path, "data"));
      const { diagnostics } = await faultOf(() => writeBundle(path, compose()));
      expect(diagnostics.map((d) => d.message)).toEqual(
        ["data", "notes.txt"].map((name) => `${join(path, name)} does not belong to the bundle; it is not overwritten`),
      );
      expect(readFileSync(join(path, "notes.txt"), "utf8")).toBe("mine");
    });
  });

  it("whose manifest cannot be read is not replaced", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      mkdirSync(path);
      writeFileSync(join(path, "manifest.bin"), "another program's");
      expect((await faultOf(() => writeBundle(path, compose()))).diagnostics[0]!.code).toBe("PS5014");
    });
  });

  it("that an interrupted replacement set aside is named when the bundle is opened, and cleaned up by the next export", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psm");
      await writeBundle(path, compose());
      const host = hostname()
        .replace(/[^A-Za-z0-9]/g, "")
        .slice(0, 16);
      const dead = spawnSync("true").pid;
      const aside = `.m.psm.old-${host}-${dead}-0123456789ab`;
      renameSync(path, join(directory, aside));
      const { diagnostics } = await faultOf(() => openBundle(path));
      expect(diagnostics[0]!.message).toContain("there is no bundle at");
      expect(diagnostics[0]!.notes[0]!.at).toEqual({ kind: "bytes", file: join(directory, aside), offset: 0 });
      await writeBundle(path, compose());
      expect(readdirSync(directory)).toEqual(["m.psm"]);
    });
  });
});

const hasPython = spawnSync("python3", ["-c", "import zipfile"]).status === 0;

describe("a packed file", () => {
  it.skipIf(!hasPython)("is a zip archive that Python reads and finds whole (skipped without Python)", async () => {
    await inTemporaryDirectory(async (directory) => {
      const path = join(directory, "m.psmz");
      await packBundle(path, compose());
      const script = [
        "import sys, zipfile, json",
        "z = zipfile.ZipFile(sys.argv[1])",
        "assert z.testzip() is None",
        "print(json.dumps({i.filename: [i.compress_type, i.file_size, z.read(i)[:6].decode('latin1')] for i in z.infolist()}))",
      ].join("\n");
      const seen = JSON.parse(execFileSync("python3", ["-c", script, path], { encoding: "utf8" }));
      expect(Object.keys(seen)).toEqual(["weights.safetensors", "kernels.host.ll", "manifest.bin"]);
      expect(seen["kernels.host.ll"]).toEqual([0, kernels.length, "define"]);
    });
  });

  it("has the CRC of zip", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 50 }), (a, b) => {
        expect(crc32(b, crc32(a))).toBe(systemCrc32(Buffer.concat([a, b])));
      }),
    );
  });
});
