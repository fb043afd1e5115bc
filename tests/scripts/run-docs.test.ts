/** @file Blocks of the docs that are marked run, and only those, run; a broken one fails the command and names its line. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findBlocks, findLinks } from "../../scripts/run-docs.mjs";

const script = fileURLToPath(new URL("../../scripts/run-docs.mjs", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

function fenced(info: string, ...lines: string[]): string {
  return ["```" + info, ...lines, "```", ""].join("\n");
}

describe("findBlocks", () => {
  it("finds the marked blocks, with the line of their fence", () => {
    const page = `# Title\n\n${fenced("sh run", "echo 1", "echo 2")}\n${fenced("sh", "rm -rf /")}${fenced("python run", "print(1)")}`;
    expect(findBlocks(page)).toEqual([
      { language: "sh", line: 3, code: "echo 1\necho 2\n" },
      { language: "python", line: 11, code: "print(1)\n" },
    ]);
  });
  it("takes the indentation of a list away, and keeps the code's own", () => {
    expect(findBlocks("- point\n\n  ```ts run\n  if (a) {\n    b();\n  }\n  ```\n")[0]?.code).toBe(
      "if (a) {\n  b();\n}\n",
    );
  });
  it("leaves a marked block inside a longer fence alone", () => {
    expect(findBlocks("````md\n```sh run\nfalse\n```\n````\n")).toEqual([]);
  });
  it("refuses a marked block that never ends", () => {
    expect(() => findBlocks("```sh run\necho 1\n")).toThrow("line 1 never ends");
  });
});

describe("findLinks", () => {
  it("finds links to files, without their anchors, and no others", () => {
    const page = "[a](a.md) and [b](../b.md#part)\n[web](https://example.org) [here](#part) `[code](c.md)`\n";
    expect(findLinks(`${page}${fenced("md", "[d](d.md)")}[e](e.md)\n`)).toEqual([
      { target: "a.md", line: 1 },
      { target: "../b.md", line: 1 },
      { target: "e.md", line: 6 },
    ]);
  });
});

describe("the command", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "persimmons-docs-test-"));
    mkdirSync(path.join(root, "docs"));
    mkdirSync(path.join(root, "models"));
    mkdirSync(path.join(root, "dist/cli"), { recursive: true });
    writeFileSync(path.join(root, "models/a.txt"), "a model\n");
    writeFileSync(path.join(root, "dist/cli/main.js"), 'console.log("ran", ...process.argv.slice(2));\n');
    symlinkSync(modules, path.join(root, "node_modules"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  function run(page: string): {
    status: number | null;
    output: string;
    record: { passed: number; failures: string[]; skipped: string[] };
  } {
    writeFileSync(path.join(root, "docs/page.md"), page);
    const result = path.join(root, "result.json");
    const { status, stdout } = spawnSync(process.execPath, [script, "--root", root, "--result", result], {
      encoding: "utf8",
    });
    return { status, output: stdout, record: JSON.parse(readFileSync(result, "utf8")) };
  }

  it("runs the blocks of a page one after another in one folder with the models and the program", () => {
    const page =
      fenced("sh run", "persimmons export models/a.txt > said", "cat models/a.txt") +
      fenced("sh run", 'test "$(cat said)" = "ran export models/a.txt"');
    const { status, record } = run(page);
    expect(record).toMatchObject({ passed: 2, failed: 0, skipped: [] });
    expect(status).toBe(0);
  });
  it("type-checks TypeScript before it runs it", () => {
    const good = fenced(
      "ts run",
      'import { writeFileSync } from "node:fs";',
      'const text: string = "x";',
      'writeFileSync("made", text);',
    );
    expect(run(good + fenced("sh run", "test -e made")).record.passed).toBe(2);
    const bad = run(fenced("ts run", 'const text: number = "x";', "console.log(text);"));
    expect(bad.status).toBe(1);
    expect(bad.output).toContain("TS2322");
  });
  it("fails with the page and line, and does not run what stands behind a failure", () => {
    const { status, output, record } = run(
      `${fenced("sh run", "true")}${fenced("sh run", "echo why >&2", "false", "echo no")}${fenced("sh run", "true")}`,
    );
    expect(status).toBe(1);
    expect(record).toMatchObject({ passed: 1, failures: ["docs/page.md:4: sh block", "docs/page.md:9: sh block"] });
    expect(output).toContain("exit status 1\nwhy\n");
  });
  it("skips a block that needs a module which is not there, and what builds on it", () => {
    const page =
      fenced("sh run needs=sys", "true") + fenced("sh run needs=sys,no_such", "false") + fenced("sh run", "false");
    const { status, record } = run(page);
    expect(status).toBe(0);
    expect(record).toMatchObject({
      passed: 1,
      failures: [],
      skipped: ["docs/page.md:4: sh block: Python has no no_such", "docs/page.md:7: sh block: Python has no no_such"],
    });
  });
  it("fails for a link that leads nowhere", () => {
    expect(run("[a](page.md) [b](gone.md)\n").record.failures).toEqual([
      "docs/page.md:1: link to gone.md, which is not there",
    ]);
  });
  it("refuses a language it cannot run", () => {
    expect(run(fenced("ruby run", "puts 1")).output).toContain('blocks of "ruby" cannot be run');
  });
  it("fails where a pipe's first command fails", () => {
    expect(run(fenced("sh run", "false | cat")).status).toBe(1);
  });
});
