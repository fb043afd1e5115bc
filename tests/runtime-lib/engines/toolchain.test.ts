/** @file Finding a compiler, asking the CPU, keeping what was compiled. */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RuntimeFault } from "../../../runtime-lib/diagnostic.js";
import { buildNative } from "../../../runtime-lib/engines/build-native.js";
import { cachedFile, cacheFolder, contentKey } from "../../../runtime-lib/engines/cache.js";
import { missingFeatures, readCpuFlags, requireHost } from "../../../runtime-lib/engines/cpu.js";
import { findNativeToolchain, runProgram } from "../../../runtime-lib/engines/toolchain.js";
import { neededFeatures } from "../../../runtime-lib/native/features.js";
import { makeFixture, makeRoot } from "./fixtures.js";

const { root, remove } = makeRoot();
afterAll(remove);

/** A program that prints `text` and ends with `status`. */
function fakeProgram(folder: string, name: string, text: string, status = 0): string {
  const file = path.join(root, folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho '${text}'\nexit ${status}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function faultOf(promise: Promise<unknown>): Promise<RuntimeFault> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: RuntimeFault) => {
      if (error.diagnostics === undefined) throw error;
      return error;
    },
  );
}

describe("the native toolchain", () => {
  test("is the newest numbered clang on the PATH", async () => {
    fakeProgram("numbered", "clang-17", "clang version 17.0.6");
    const newer = fakeProgram("numbered", "clang-19", "Debian clang version 19.1.7 (3)");
    const PATH = path.join(root, "numbered");
    expect(await findNativeToolchain({ PATH })).toEqual({
      kind: "clang",
      command: [newer],
      version: "Debian clang version 19.1.7 (3)",
      major: 19,
    });
  });

  test("is what PERSIMMONS_CLANG says, and nothing else", async () => {
    const own = fakeProgram("own", "my-clang", "clang version 18.1.0");
    expect(await findNativeToolchain({ PERSIMMONS_CLANG: own })).toMatchObject({ command: [own], major: 18 });
    const old = fakeProgram("own", "old-clang", "clang version 14.0.6");
    const fault = await faultOf(findNativeToolchain({ ...process.env, PERSIMMONS_CLANG: old }));
    expect(fault.exitCode).toBe(4);
    expect(fault.diagnostics[0]).toMatchObject({
      code: "PS5220",
      message: `PERSIMMONS_CLANG='${old}' is no usable LLVM`,
      notes: [{ message: `${old}: version 14; 16 or later is needed` }],
    });
  });

  test("knows zig's clang by its command", async () => {
    const python = fakeProgram("zig", "python3", "clang version 22.1.8");
    const found = await findNativeToolchain({ PERSIMMONS_CLANG: `${python} -m ziglang cc` });
    expect(found).toMatchObject({ kind: "zig", command: [python, "-m", "ziglang", "cc"], major: 22 });
  });
});

describe("the CPU", () => {
  const cpuinfo = "processor : 0\nflags\t\t: fpu lm pni ssse3 sse4_1 avx2 avx512f avx512_vnni abm\nbugs : x\n";

  test("has the features that its flags name, under LLVM's names", () => {
    const flags = readCpuFlags(cpuinfo)!;
    expect(missingFeatures(["sse3", "sse4.1", "avx2", "avx512vnni", "lzcnt", "64bit"], flags)).toEqual([]);
    expect(missingFeatures(["avx512bf16", "avx2", "amx-tile"], flags)).toEqual(["avx512bf16", "amx-tile"]);
  });

  test("is asked for every feature of a level, more and less", () => {
    expect(neededFeatures("x86-64-v2", ["+avx", "-sahf"])).toEqual(
      ["avx", "cx16", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3"].sort(),
    );
    expect(neededFeatures("znver4", ["avx2"])).toEqual(["avx2"]);
    expect(neededFeatures("x86-64-v4", [])).toContain("avx512vl");
    expect(neededFeatures("x86-64-v4", [])).toContain("avx2");
  });

  test("refuses a variant it cannot run before anything is compiled (exit 4)", async () => {
    const fixture = makeFixture(root, "add");
    const env = { ...process.env, PERSIMMONS_CACHE: path.join(root, "unused") };
    const lacks = await faultOf(buildNative(fixture.variant("native", { features: ["+amx-transpose", "+sse2"] }), env));
    expect(lacks).toMatchObject({ exitCode: 4, diagnostics: [{ code: "PS5223" }] });
    expect(lacks.message).toMatch(/lacks: amx-transpose\n/);
    const other = fixture.variant("native", { triple: "riscv64-unknown-linux-gnu" });
    expect(() => requireHost(other.description)).toThrow(/PS5224.*is for riscv64; this machine is/);
    expect(existsSync(path.join(root, "unused"))).toBe(false);
  });
});

describe("the compile cache", () => {
  const env = { PERSIMMONS_CACHE: path.join(root, "cache") };

  test("lies where it is told", () => {
    expect(cacheFolder({ PERSIMMONS_CACHE: "/a/b" })).toBe("/a/b");
  });

  test("keeps parts of a key apart", () => {
    expect(contentKey(["ab", "c"])).not.toBe(contentKey(["a", "bc"]));
    expect(contentKey(["a", "b"])).toBe(contentKey(["a", Buffer.from("b")]));
  });

  test("builds once however many ask, and leaves no temporary files", async () => {
    let builds = 0;
    const key = contentKey(["once"]);
    const ask = () =>
      cachedFile(
        key,
        ".txt",
        async (folder) => {
          builds++;
          writeFileSync(path.join(folder, "x"), "made");
          return path.join(folder, "x");
        },
        env,
      );
    const files = await Promise.all([ask(), ask(), ask()]);
    expect(new Set([...files, await ask()]).size).toBe(1);
    expect(builds).toBe(1);
    expect(readFileSync(files[0]!, "utf8")).toBe("made");
    expect(readdirSync(path.dirname(files[0]!))).toEqual([`${key}.txt`]);
  });

  test("keeps nothing of a build that fails", async () => {
    const key = contentKey(["fails"]);
    const build = () => Promise.reject(new Error("no"));
    await expect(cachedFile(key, ".txt", build, env)).rejects.toThrow("no");
    expect(readdirSync(path.join(root, "cache", "compiled", key.slice(0, 2)))).toEqual([]);
  });

  test("says by name that it cannot be written", async () => {
    writeFileSync(path.join(root, "a-file"), "");
    const build = () => Promise.reject(new Error("not reached"));
    const fault = await faultOf(cachedFile("0".repeat(64), ".txt", build, { PERSIMMONS_CACHE: `${root}/a-file` }));
    expect(fault).toMatchObject({ exitCode: 5, diagnostics: [{ code: "PS5222" }] });
    expect(fault.diagnostics[0]!.fix).toContain("PERSIMMONS_CACHE");
  });
});

describe("a native build", () => {
  const env = { ...process.env, PERSIMMONS_CACHE: path.join(root, "native-cache") };

  test("gives the same bytes for the same input, wherever the files lie", async () => {
    const first = await buildNative(makeFixture(path.join(root, "here"), "rows").variant("native"), env);
    const otherEnv = { ...process.env, PERSIMMONS_CACHE: path.join(root, "other-cache") };
    const second = await buildNative(makeFixture(path.join(root, "there"), "rows").variant("native"), otherEnv);
    expect(path.basename(second)).toBe(path.basename(first));
    expect(readFileSync(second)).toEqual(readFileSync(first));
  }, 60_000);

  test("uses the features it was given", async () => {
    const flags = readCpuFlags();
    if (flags === undefined || !flags.has("avx2")) return;
    const fixture = makeFixture(path.join(root, "vex"), "add");
    const library = await buildNative(fixture.variant("native", { features: ["avx", "avx2"] }), env);
    const plain = await buildNative(fixture.variant("native"), env);
    const disassemble = async (file: string) => (await runProgram(["objdump", "-d", file])).stdout;
    expect(await disassemble(library)).toContain("vaddps");
    expect(await disassemble(plain)).not.toContain("vaddps");
  }, 60_000);

  test("reports a module that does not compile with the compiler's own words", async () => {
    const variant = makeFixture(path.join(root, "broken"), "add").variant("native");
    writeFileSync(variant.modulePath, "define i32 @broken( {\n");
    const fault = await faultOf(buildNative(variant, env));
    expect(fault).toMatchObject({ exitCode: 5, diagnostics: [{ code: "PS5221" }] });
    expect(fault.diagnostics[0]!.notes[0]!.message).toMatch(/module\.ll:\d+:\d+: error/);
  }, 60_000);
});
