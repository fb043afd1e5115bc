/** @file Whatever a model's file is called, its symbols, header and library are its own. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { modelName } from "../../cli/model-name.js";
import { findNativeToolchain } from "../../runtime-lib/engines/toolchain.js";
import { abiFunctions } from "../../runtime-lib/native/abi.js";

const [clang = "", ...options] = (await findNativeToolchain()).command;
const ask = (what: string): string =>
  spawnSync(clang, [...options, what])
    .stdout.toString()
    .trim();

test("a stem of letters, digits and _ is the name", () => {
  for (const stem of ["digits", "resnet50", "Bert_base", "main2", "timers", "mathematics"])
    expect(modelName(stem)).toBe(stem);
});

test("other stems become identifiers", () => {
  expect(modelName("my-model v1.2")).toBe("my_model_v1_2");
  expect(modelName("3d")).toBe("model_3d");
  expect(modelName("")).toBe("model_");
  expect(modelName("模型")).toBe("model___");
  expect(modelName("__init__")).toBe("model___init__");
  expect(modelName("x".repeat(300))).toBe("x".repeat(100));
});

test("keywords, the runtime, and what C reserves are avoided", () => {
  for (const stem of ["int", "class", "main", "psm", "psm_create", "pthread", "timer", "_Bool", "MATH", "c", "m"])
    expect(modelName(stem)).toBe(`model_${stem}`);
});

const libraries = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libgcc_s.so.1", "libstdc++.so.6"]
  .map((name) => ask(`-print-file-name=${name}`))
  .filter((path) => existsSync(path));

test.skipIf(libraries.length === 0)("no function of a model is one of the system's libraries", () => {
  const symbols = libraries.flatMap((path) =>
    spawnSync("nm", ["-D", "--defined-only", "--format=posix", path], { maxBuffer: 2 ** 28 })
      .stdout.toString()
      .split("\n"),
  );
  const names = new Set(symbols.map((line) => line.split(/[ @]/)[0]!));
  expect(names.has("pthread_create")).toBe(true);
  const clashing = [...names].flatMap((name) => {
    const verb = abiFunctions.find((f) => name.endsWith(`_${f}`));
    return verb === undefined ? [] : [name.slice(0, -verb.length - 1)];
  });
  expect(clashing.length).toBeGreaterThan(10);
  expect(clashing.filter((stem) => modelName(stem) === stem)).toEqual([]);
});

const standard = `assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic
  stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype unistd pthread semaphore`;

test("no header of a model is one of C's, POSIX's or the compiler's", () => {
  for (const name of standard.split(/\s+/)) expect(modelName(name)).toBe(`model_${name}`);
  const folder = join(ask("-print-resource-dir"), "include");
  const own = existsSync(folder)
    ? readdirSync(folder).flatMap((file) => /^(\w+intrin|std\w+)\.h$/.exec(file)?.[1] ?? [])
    : [];
  expect(own.filter((name) => modelName(name) === name)).toEqual([]);
});
