/**
 * @file The field's own tools accept the programs of whole networks, as they are printed after every stage: jaxlib parses
 * and verifies the graph, mlir-opt every structured, loop and vector stage, and LLVMs from 16 to 22 read the modules of
 * bundles, among them the one that the wasm engine compiles with. Their sizes do not matter to them, so networks at
 * their real size are judged in the same way: PERSIMMONS_MODELS names their files.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as yowasp from "@yowasp/clang";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli } from "../cli/session.js";
import { judge, type Verdict } from "../ir/stablehlo/referee.js";
import { mlirOpt, runTool } from "../ir/upstream/referee.js";
import { pythonWith } from "../support/python.js";
import { areAllAsked, chosenModels } from "./models.js";

const python = pythonWith("jax", "jaxlib");
const folder = mkdtempSync(path.join(tmpdir(), "psm-referees-"));
const cache = process.env["PERSIMMONS_CACHE"];
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (cache === undefined) delete process.env["PERSIMMONS_CACHE"];
  else process.env["PERSIMMONS_CACHE"] = cache;
});

/** What is judged here of each model: for both targets, or for one and the other in turn. */
const targets = ["x86-64-v4", "wasm32"] as const;
const programs = chosenModels.flatMap(({ name, path: file }, i) => {
  const chosen = areAllAsked ? targets : [targets[((i >> 1) + i) % 2]!];
  return chosen.map((target) => ({
    title: `${name} for ${target}`,
    file,
    target,
    at: path.join(folder, `${i}.${target}`),
  }));
});

const graphStages = new Set(["import", "simplify"]);

interface Dump {
  readonly stage: string;
  readonly file: string;
}

function dumpsOf(at: string): readonly Dump[] {
  const files = readdirSync(path.join(at, "ir")).sort();
  return files.map((name) => ({ stage: /^\d+-(.*)\.mlir$/.exec(name)![1]!, file: path.join(at, "ir", name) }));
}

const textsOf = (at: string, isGraph: boolean): readonly string[] =>
  dumpsOf(at)
    .filter(({ stage }) => graphStages.has(stage) === isGraph)
    .map(({ file }) => readFileSync(file, "utf8"));

const moduleOf = (at: string, target: string): string => path.join(at, "bundle.psm", `kernels.${target}.ll`);

beforeAll(async () => {
  process.env["PERSIMMONS_CACHE"] = path.join(folder, "cache");
  for (const { file, target, at } of programs) {
    const places = ["-o", path.join(at, "bundle.psm"), "--dump-ir", path.join(at, "ir")];
    const { code, err } = await cli("export", file, "-t", target, ...places);
    expect([code, err]).toEqual([0, expect.any(String)]);
    rmSync(path.join(at, "bundle.psm", "weights.safetensors"), { force: true }); // gigabytes, for real sizes
  }
}, 1_800_000);

describe.skipIf(python === undefined)("jaxlib (needs Python with it)", () => {
  const verdicts = new Map<string, Verdict>();
  beforeAll(() => {
    const cases = programs.flatMap(({ title, at }) => textsOf(at, true).map((text) => ({ title, text })));
    judge(
      python!,
      cases.map(({ text }) => ({ texts: [text] })),
    ).forEach((verdict, i) => verdicts.set(`${cases[i]!.title} ${i % graphStages.size}`, verdict));
  }, 1_800_000);

  it.each(programs)("verifies the graph of $title", ({ title }) => {
    const problems = [...graphStages].map((_, i) => verdicts.get(`${title} ${i}`)?.problems);
    expect(problems).toEqual([[null], [null]]);
  });

  it("refuses a graph with a wrong type in it", () => {
    const [text] = textsOf(programs[0]!.at, true);
    const wrong = text!.replace(/stablehlo\.add (.*) : tensor<[^>]*>/, "stablehlo.add $1 : tensor<7x7x7xi1>");
    expect(wrong).not.toBe(text);
    expect(judge(python!, [{ texts: [wrong] }])[0]!.problems).toEqual([expect.any(String)]);
  });
});

describe.skipIf(mlirOpt === undefined)("mlir-opt", () => {
  it.each(programs)("verifies every stage below the graph of $title", ({ at }) => {
    const texts = textsOf(at, false);
    expect(texts.length).toBeGreaterThanOrEqual(4);
    runTool(mlirOpt!, ["--verify-each", "--split-input-file", "-o", "/dev/null", "-"], texts.join("\n// -----\n"));
  });

  it("refuses a stage with a type in it that is wrong", () => {
    const text = textsOf(programs[0]!.at, false).at(-1)!;
    const wrong = text.replace(/arith\.addi (.*) : index/, "arith.addi $1 : f32");
    expect(wrong).not.toBe(text);
    expect(() => runTool(mlirOpt!, ["-o", "/dev/null", "-"], wrong)).toThrow(/refuses/);
  });
});

const readers = ["16", "19", "22"].map((version) => ({ reader: `llvm-as-${version}` }));
const isThere = (tool: string): boolean => spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0;

describe.each(readers)("$reader", ({ reader }) => {
  it.skipIf(!isThere(reader)).each(programs)("reads the module of $title", ({ at, target }) => {
    runTool(reader, ["-o", "/dev/null", "-"], readFileSync(moduleOf(at, target), "utf8"));
  });
});

/** What LLVM makes of a module, read and verified but not optimised; its errors where it refuses. */
async function readByYowasp(module: string): Promise<string> {
  const output: Uint8Array[] = [];
  const keep = (bytes: Uint8Array | null): void => {
    if (bytes !== null) output.push(bytes.slice());
  };
  const options = ["-Wno-override-module", "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "-x", "ir"];
  const args = ["clang", "--target=wasm32-unknown-unknown", ...options, "module.ll", "-o", "read.ll"];
  const sinks = { stdout: keep, stderr: keep, decodeASCII: false, fetchProgress: () => {} };
  try {
    const left = (await yowasp.runLLVM(args, { "module.ll": Buffer.from(module) }, sinks)) as yowasp.Tree;
    return Buffer.from(left["read.ll"] as Uint8Array).toString("utf8");
  } catch (error) {
    throw new Error(Buffer.concat(output).toString("utf8"), { cause: error });
  }
}

const functionsIn = (module: string): number => module.match(/^define /gm)?.length ?? 0;

/** It takes seconds to start, each time: one module for each target is the sample. */
const forYowasp = areAllAsked ? programs : targets.map((t) => programs.find(({ target }) => target === t)!);

describe("the LLVM of @yowasp/clang", () => {
  it.each(forYowasp)(
    "reads the module of $title",
    async ({ at, target }) => {
      const text = readFileSync(moduleOf(at, target), "utf8");
      expect(functionsIn(text)).toBeGreaterThan(10);
      expect(functionsIn(await readByYowasp(text))).toBe(functionsIn(text));
    },
    300_000,
  );

  it("refuses a module that is cut short", async () => {
    const { at, target } = programs[0]!;
    const text = readFileSync(moduleOf(at, target), "utf8");
    await expect(readByYowasp(text.slice(0, text.lastIndexOf("\n}\n")))).rejects.toThrow(/module\.ll:\d+.*error/);
  }, 300_000);
});
