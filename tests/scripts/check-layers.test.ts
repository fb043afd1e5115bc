/** @file The layer check: each rule refuses what it is for, accepts what the architecture allows, and says what to do. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkSources } from "../../scripts/check-layers.mjs";

const script = fileURLToPath(new URL("../../scripts/check-layers.mjs", import.meta.url));
const header = "/** @file A file of a test. */\n";

/** Problems of files given as path to body; every file gets a header in front, which is line 1. */
function check(files: Record<string, string>): string[] {
  const sources = new Map(Object.entries(files).map(([file, body]) => [file, header + body]));
  return checkSources(sources).map((p) => `${p.severity} ${p.rule} ${p.file}:${p.line}`);
}

function relative(from: string, to: string): string {
  const specifier = path.posix.relative(path.posix.dirname(from), to).replace(/\.ts$/, ".js");
  return specifier.startsWith(".") ? specifier : `./${specifier}`;
}

function oneImport(from: string, to: string): string[] {
  return check({ [from]: `import { x } from "${relative(from, to)}";\nx();\n`, [to]: "export const x = () => 1;\n" });
}

describe("arrows the architecture has", () => {
  it.each([
    ["machine/presets.ts", "machine/schema.ts"],
    ["ir/dialects/tile/ops.ts", "machine/opcodes.ts"],
    ["frontends/onnx/import.ts", "ir/graph.ts"],
    ["frontends/onnx/import.ts", "frontends/onnx/ops/math.ts"],
    ["frontends/onnx/import.ts", "frontends/limits.ts"],
    ["lowering/loops/tile.ts", "machine/cpu.ts"],
    ["lowering/pipeline.ts", "frontends/onnx/import.ts"],
    ["lowering/pipeline.ts", "backend/emit-bundle.ts"],
    ["backend/emit-bundle.ts", "runtime-lib/bundle/writer.ts"],
    ["backend/llvm/print.ts", "ir/graph.ts"],
    ["runtime-lib/engines/cycles/run.ts", "machine/opcodes.ts"],
    ["cli/export.ts", "lowering/pipeline.ts"],
    ["bench/race.ts", "cli/api.ts"],
    ["tests/ir/text.test.ts", "scripts/bless.ts"],
  ])("%s may import %s", (from, to) => {
    expect(oneImport(from, to)).toEqual([]);
  });
});

describe("arrows it does not have", () => {
  it.each([
    ["machine/presets.ts", "ir/graph.ts"],
    ["ir/graph.ts", "machine/cpu.ts"],
    ["ir/dialects/tile/ops.ts", "machine/presets.ts"],
    ["ir/dialects/arith/ops.ts", "machine/opcodes.ts"],
    ["ir/graph.ts", "runtime-lib/diagnostic.ts"],
    ["frontends/onnx/import.ts", "frontends/mlir/import.ts"],
    ["frontends/limits.ts", "frontends/mlir/import.ts"],
    ["frontends/onnx/import.ts", "lowering/pipeline.ts"],
    ["lowering/fuse/group.ts", "frontends/onnx/import.ts"],
    ["lowering/fuse/group.ts", "backend/emit-bundle.ts"],
    ["lowering/pipeline.ts", "runtime-lib/bundle/writer.ts"],
    ["backend/emit-bundle.ts", "runtime-lib/engines/native/run.ts"],
    ["backend/emit-bundle.ts", "lowering/pipeline.ts"],
    ["runtime-lib/bundle/reader.ts", "ir/diagnostic.ts"],
    ["ir/graph.ts", "cli/main.ts"],
    ["ir/graph.ts", "tests/helper.ts"],
    ["cli/main.ts", "bench/race.ts"],
    ["cli/main.ts", "tests/helper.ts"],
    ["scripts/bless.ts", "tests/helper.ts"],
    ["shared/strings.ts", "ir/graph.ts"],
  ])("%s may not import %s", (from, to) => {
    expect(oneImport(from, to)).toEqual([`error arrow ${from}:2`]);
  });

  it("hold for type imports, re-exports, lazy imports and the package's own name too", () => {
    const target = { "machine/cpu.ts": "export type X = 1;\nexport const x = 1;\n" };
    const refused = ["error arrow ir/a.ts:2"];
    const rest = "\nexport const y = 1;\n";
    expect(check({ ...target, "ir/a.ts": `import type { X } from "../machine/cpu.js";${rest}` })).toEqual(refused);
    expect(check({ ...target, "ir/a.ts": `export { x } from "../machine/cpu.js";${rest}` })).toEqual(refused);
    expect(check({ ...target, "ir/a.ts": `export const y = () => import("../machine/cpu.js");\n` })).toEqual(refused);
    expect(check({ "ir/a.ts": `import { exportModel } from "persimmons";${rest}` })).toEqual(refused);
    expect(check({ "ir/a.ts": `import { run } from "persimmons/runtime";${rest}` })).toEqual(refused);
  });

  it("say which rule, which file, and what to do", () => {
    const [problem] = checkSources(
      new Map([["frontends/onnx/a.ts", `${header}import { b } from "../mlir/b.js";\nb();\n`]]),
    );
    expect(problem?.message).toBe(
      'frontends may not import the front end mlir ("../mlir/b.js" is frontends/mlir/b.js): ' +
        "a front end imports ir and its own folder, never a sibling",
    );
    expect(problem?.fix).toContain("ir/");
  });

  it("leave packages and Node's own modules alone", () => {
    expect(check({ "machine/a.ts": 'import { z } from "zod";\nimport "node:fs";\nz();\n' })).toEqual([]);
  });
});

describe("import cycles", () => {
  const chain = {
    "ir/a.ts": 'import { b } from "./b.js";\nexport const a = () => b();\n',
    "ir/b.ts": 'import { c } from "./c.js";\nexport const b = () => c();\n',
  };
  it("are reported once, with every step's line", () => {
    const sources = { ...chain, "ir/c.ts": '\nimport { a } from "./a.js";\nexport const c = () => a();\n' };
    expect(check(sources)).toEqual(["error cycle ir/a.ts:2"]);
    const text = checkSources(new Map(Object.entries(sources)))[0]?.message ?? "";
    expect(text).toContain("ir/c.ts:2 imports ir/a.ts");
  });
  it("include a file that imports itself, and lazy imports", () => {
    expect(check({ "ir/a.ts": 'import "./a.js";\nexport const a = 1;\n' })).toEqual(["error cycle ir/a.ts:2"]);
    expect(check({ ...chain, "ir/c.ts": 'export const c = () => import("./a.js");\n' })).toEqual([
      "error cycle ir/a.ts:2",
    ]);
  });
  it("are not closed by `import type`, of which nothing is left at run time", () => {
    expect(check({ ...chain, "ir/c.ts": 'import type { A } from "./a.js";\nexport const c = (a: A) => a;\n' })).toEqual(
      [],
    );
  });
  it("are each reported where there are two", () => {
    const pair = (x: string, y: string) => `import { ${y} } from "./${y}.js";\nexport const ${x} = () => ${y}();\n`;
    expect(
      check({
        "ir/a.ts": pair("a", "b"),
        "ir/b.ts": pair("b", "a"),
        "ir/c.ts": pair("c", "d"),
        "ir/d.ts": pair("d", "c"),
      }),
    ).toEqual(["error cycle ir/a.ts:2", "error cycle ir/c.ts:2"]);
  });
});

describe("files", () => {
  it("that only re-export are refused, generated ones apart", () => {
    const barrel = 'export * from "./a.js";\n';
    const a = "export const a = 1;\n";
    expect(check({ "ir/index.ts": barrel, "ir/a.ts": a })).toEqual(["error barrel ir/index.ts:1"]);
    expect(check({ "ir/generated/index.ts": barrel, "ir/generated/a.ts": a })).toEqual([]);
  });
  it("without an @file header are refused", () => {
    const sources = new Map([
      ["ir/a.ts", "export const a = 1;\n"],
      ["ir/b.ts", "/** Something. */\nexport const b = 1;\n"],
      ["ir/c.ts", "export const c = 1;\n/** @file late */\n"],
    ]);
    expect(checkSources(sources).map((p) => `${p.rule} ${p.file}`)).toEqual([
      "header ir/a.ts",
      "header ir/b.ts",
      "header ir/c.ts",
    ]);
  });
  it("over 500 lines are a warning", () => {
    expect(check({ "ir/a.ts": "export {};\n".repeat(500) + "let a;\n" })).toEqual(["warning size ir/a.ts:502"]);
    expect(check({ "ir/a.ts": "let a;\n".repeat(499) })).toEqual([]);
  });
  it("that ship may not import a computed path", () => {
    expect(check({ "ir/a.ts": "export const a = (p: string) => import(p);\n" })).toEqual(["error computed ir/a.ts:2"]);
    expect(check({ "tests/a.ts": "export const a = (p: string) => import(p);\n" })).toEqual([]);
  });
});

describe("the command", () => {
  it("fails on a tree with an error and names it, and passes where there are only warnings", () => {
    const root = mkdtempSync(path.join(tmpdir(), "persimmons-layers-"));
    try {
      mkdirSync(path.join(root, "machine"));
      mkdirSync(path.join(root, "node_modules/ir"), { recursive: true });
      writeFileSync(path.join(root, "node_modules/ir/a.ts"), "no header\n");
      writeFileSync(path.join(root, "machine/a.ts"), `${header}${"let a;\n".repeat(600)}`);
      expect(execFileSync(process.execPath, [script, root], { encoding: "utf8" })).toContain(
        "1 files, 0 errors, 1 warnings",
      );
      writeFileSync(path.join(root, "machine/b.ts"), `${header}import "../ir/graph.js";\nlet b;\n`);
      const run = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
      expect(run.status).toBe(1);
      expect(run.stdout).toContain("machine/b.ts:2: error [arrow]: machine may not import ir");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
