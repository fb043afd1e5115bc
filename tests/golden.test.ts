/**
 * @file Runs every `golden/<stage>/<pass>.mlir`: parse, print, read back; run the passes its `RUN:` line names; compare the
 * whole output. Cases are separated by `// -----`; a case is a few words of intent, a module, and behind `// =>` what must
 * come out (`unchanged` where nothing may happen), or before it `// expected-error CODE: message`. `BLESS=1` rewrites outputs.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Context } from "../ir/context.js";
import { CompileError } from "../ir/diagnostic.js";
import type { Operation } from "../ir/graph.js";
import type { Pass } from "../ir/pass.js";
import { parseModule, printModule } from "../ir/text/module.js";
import { verify } from "../ir/verify.js";
import { newContext } from "../lowering/dialects.js";
import { stagesFor } from "../lowering/pipeline.js";
import { cpuNamed } from "../machine/cpu.js";
import { acceleratorNamed } from "../machine/presets.js";
import { mlirOpt, runTool } from "./ir/upstream/referee.js";

const folder = fileURLToPath(new URL("golden/", import.meta.url));
const blesses = process.env["BLESS"] === "1";
const SEPARATOR = "// -----\n";

const cpu = cpuNamed("x86-64-v3");
if (!cpu) throw new Error("there is no CPU x86-64-v3");
const accelerator = acceleratorNamed("p1-tiny");
if (!accelerator) throw new Error("there is no accelerator p1-tiny");
const stages = [...stagesFor(accelerator), ...stagesFor(cpu)];
const passes = new Map<string, Pass>(stages.flatMap((s) => s.passes.map((p) => [p.name, p] as const)));

interface Case {
  /** The comment before the module. */
  readonly intent: string;
  readonly error: string | undefined;
  readonly source: string;
  readonly expected: string;
}

function splitCase(text: string): Case {
  const lines = text.split("\n");
  const isExpected = (line: string): boolean => line.startsWith("// =>");
  const [head, error] = [
    lines.filter((l) => l.startsWith("//") && !isExpected(l)),
    /^\/\/ expected-error (.*)$/m.exec(text)?.[1],
  ];
  return {
    intent: head.filter((l) => !/^\/\/ (expected-error|RUN:)/.test(l)).join("\n"),
    error,
    source: lines
      .filter((l) => !l.startsWith("//"))
      .join("\n")
      .trim(),
    expected: lines
      .filter(isExpected)
      .map((l) => l.replace(/^\/\/ => ?/, ""))
      .join("\n"),
  };
}

function nameOf({ intent, source }: Case): string {
  const words = intent
    .replace(/^\/\/ ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return words === "" ? (/@(\w+)/.exec(source)?.[0] ?? "case") : words;
}

function read(text: string, context: Context): Operation {
  const module = parseModule(text, "golden.mlir", context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  return module;
}

function again(text: string): string {
  const context = newContext();
  return printModule(read(text, context), context);
}

function runPasses(pipeline: readonly Pass[], source: string): { readonly before: string; readonly after: string } {
  const context = newContext();
  const module = read(source, context);
  const before = printModule(module, context);
  expect(again(before), "the text does not round-trip").toBe(before);
  for (const pass of pipeline) pass.run(module, context);
  expect(verify(module, context).map((d) => d.message)).toEqual([]);
  const after = printModule(module, context);
  expect(again(after), "the output does not round-trip").toBe(after);
  return { before: before.trimEnd(), after: after.trimEnd() };
}

function checkError(run: () => unknown, wanted: string): void {
  try {
    run();
  } catch (e) {
    if (!(e instanceof CompileError)) throw e;
    expect(e.diagnostics.map((d) => `${d.code}: ${d.message}`)).toContain(wanted);
    return;
  }
  expect.fail(`expected ${wanted}`);
}

const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".mlir"));

describe.each(files.sort())("%s", (file) => {
  const text = readFileSync(folder + file, "utf8");
  const run = /^\/\/ RUN: (.*)$/m.exec(text)?.[1] ?? "";
  const pipeline = run.split(" ").map((name) => {
    const pass = passes.get(name);
    if (!pass) throw new Error(`${file}: there is no pass '${name}'`);
    return pass;
  });
  const cases = text
    .split(SEPARATOR)
    .map(splitCase)
    .filter((c) => c.source !== "");
  const outputs: string[] = [];

  it.each(cases.map((c, i) => [nameOf(c), i] as const))("%s", (_, i) => {
    const { source, error, expected } = cases[i]!;
    if (error !== undefined) {
      checkError(() => runPasses(pipeline, source), error);
      return;
    }
    const { before, after } = runPasses(pipeline, source);
    outputs[i] = before === after ? "unchanged" : after;
    if (!blesses) expect(outputs[i]).toBe(expected);
    const isUpstreams = !["stablehlo.", "chlo.", "tile."].some((dialect) => after.includes(dialect));
    if (mlirOpt !== undefined && isUpstreams) {
      runTool(mlirOpt, ["--allow-unregistered-dialect", "-"], after);
    }
  });

  afterAll(() => {
    if (!blesses) return;
    const header = text.slice(0, text.indexOf(SEPARATOR));
    const written = cases.map((c, i) => blessed(c, outputs[i]));
    writeFileSync(folder + file, `${header}${SEPARATOR}${written.join(SEPARATOR)}`);
  });
});

function blessed({ intent, error, source, expected }: Case, output = expected): string {
  const lines = output.split("\n").map((l) => (l === "" ? "// =>" : `// => ${l}`));
  const before = [intent, error === undefined ? "" : `// expected-error ${error}`].filter((l) => l !== "");
  const after = error === undefined ? [lines.join("\n")] : [];
  return `${[...before, source, ...after].join("\n")}\n`;
}
