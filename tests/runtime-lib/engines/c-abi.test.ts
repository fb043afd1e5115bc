/** @file C ABI v1 from C: emitted libraries in a program of their own, and the thread pool under stress and sanitizers. */

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emitLibrary } from "../../../runtime-lib/engines/emit-lib.js";
import { findNativeToolchain } from "../../../runtime-lib/engines/toolchain.js";
import { nativeSources } from "../../../runtime-lib/native/sources.js";
import { floats, type ModelName, makeFixture, makeRoot } from "./fixtures.js";

const { root, remove } = makeRoot();
const env = { ...process.env, PERSIMMONS_CACHE: `${root}/cache` };
const sources = path.join(path.dirname(fileURLToPath(import.meta.url)), "c");
const lib = path.join(root, "lib");
const names: readonly ModelName[] = ["add", "rows", "nonzero", "total", "spin"];
const strict = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-pthread"];
const clang = (await findNativeToolchain()).command;

/** Whether a program can be started: tests that need one that is not there are skipped by name. */
const there = (program: string) => spawnSync(program, ["--version"]).status === 0;
const compilers = [clang, ...(there("gcc") ? [["gcc"]] : [])];

function compile(compiler: readonly string[], options: readonly string[]): void {
  const [program = "", ...rest] = compiler;
  execFileSync(program, [...rest, ...strict, ...options], { stdio: "pipe" });
}

afterAll(remove);

describe("emitted libraries in a C program", () => {
  const program = path.join(root, "embed");

  beforeAll(async () => {
    for (const name of names) await emitLibrary(makeFixture(root, name).variant("native"), lib, env);
    const forged = readFileSync(path.join(lib, "add.safetensors"));
    forged.set(floats([1, 2, 3, 4]), forged.length - 16);
    writeFileSync(path.join(lib, "forged.safetensors"), forged);
  }, 120_000);

  const link = (compiler: readonly string[], options: readonly string[] = []) => {
    const libraries = names.map((name) => `-l${name}`);
    const source = path.join(sources, "embed.c");
    compile(compiler, [...options, "-I", lib, source, "-o", program, "-L", lib, ...libraries, `-Wl,-rpath,${lib}`]);
  };

  test("are a library, a header and the weights, and export C ABI v1 alone", () => {
    expect(readdirSync(lib).filter((file) => file.includes("add"))).toEqual(["add.h", "add.safetensors", "libadd.so"]);
    const symbols = execFileSync("nm", ["-D", "--defined-only", "--format=posix", path.join(lib, "libadd.so")]);
    const defined = symbols
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(defined.sort()).toEqual(
      "abi_version cancel counters create describe destroy last_error plan release run state_get state_reset"
        .split(" ")
        .map((f) => `add_${f}`),
    );
  });

  test.each(compilers)(
    "run alone, five models in one process, eight threads at once (%s)",
    (...compiler) => {
      link(compiler);
      expect(execFileSync(program, [lib]).toString()).toBe("ok\n");
    },
    60_000,
  );

  test("compile as C++ too", () => {
    const source = path.join(root, "user.cc");
    const includes = names.map((name) => `#include "${name}.h"\n`).join("");
    writeFileSync(source, `${includes}int main() { return add_abi_version() == PSM_ABI_VERSION ? 0 : 1; }\n`);
    const options = ["-x", "c++", "-Wall", "-Werror", "-I", lib, "-c", source, "-o", path.join(root, "user.o")];
    execFileSync(clang[0]!, [...clang.slice(1), ...options], { stdio: "pipe" });
  });

  test.skipIf(!there("valgrind"))(
    "leak nothing and read nothing wrong under valgrind",
    () => {
      link(compilers.at(-1)!, ["-DPSM_SLOW_MACHINE"]);
      const options = ["--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=all", "-q"];
      const run = spawnSync("valgrind", [...options, program, lib]);
      expect(`${run.stdout}${run.stderr}`).toBe("ok\n");
      expect(run.status).toBe(0);
    },
    300_000,
  );
});

describe("the thread pool", () => {
  const program = path.join(root, "pool");
  const build = (options: readonly string[]) =>
    compile(clang, [...options, "-I", nativeSources().folder, path.join(sources, "pool.c"), "-o", program]);

  test.each([["futex"], ["condition variables"]])(
    "runs every chunk once (%s)",
    (wait) => {
      build(wait === "futex" ? [] : ["-DPSM_NO_FUTEX"]);
      expect(execFileSync(program, []).toString()).toBe("ok\n");
    },
    120_000,
  );

  test.each([["thread"], ["address,undefined"]])(
    "is clean under -fsanitize=%s",
    (sanitizer) => {
      try {
        build(["-g", "-O1", `-fsanitize=${sanitizer}`, "-fno-sanitize-recover=all"]);
      } catch (error) {
        if (/cannot find|no such file/i.test(String(error))) return; // a toolchain without the sanitizers' libraries
        throw error;
      }
      const run = spawnSync(program, ["3000"]);
      expect(`${run.stdout}${run.stderr}`).toBe("ok\n");
    },
    240_000,
  );
});

test("a folder of its own is not needed: emitting again replaces the files", async () => {
  const again = path.join(root, "again");
  const variant = makeFixture(root, "add").variant("native");
  await emitLibrary(variant, again, env);
  copyFileSync(path.join(again, "add.h"), path.join(again, "kept.h"));
  await emitLibrary(variant, again, env);
  expect(readFileSync(path.join(again, "add.h"))).toEqual(readFileSync(path.join(again, "kept.h")));
  expect(readdirSync(again)).toEqual(["add.h", "add.safetensors", "kept.h", "libadd.so"]);
}, 60_000);
