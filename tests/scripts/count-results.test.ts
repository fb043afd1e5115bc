/** @file The last line of a test run counts everything: no failure is lost, and a skip is a failure where CI says so. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../scripts/count-results.mjs", import.meta.url));
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "persimmons-count-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text?: string): string {
  const full = path.join(folder, name);
  if (text !== undefined) writeFileSync(full, text);
  return full;
}

function count(...args: string[]): unknown {
  const out = file("x.result.json");
  const { status, stderr } = spawnSync(process.execPath, [script, ...args, out], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(out, "utf8"));
}

function sum(CI: string): { status: number | null; lines: string[] } {
  const env = { ...process.env, CI };
  const { status, stdout } = spawnSync(process.execPath, [script, "sum", folder], { encoding: "utf8", env });
  return { status, lines: stdout.trimEnd().split("\n") };
}

function vitestReport(...assertionResults: { status: string; fullName: string }[]): string {
  const status = assertionResults.some((a) => a.status === "failed") ? "failed" : "passed";
  return JSON.stringify({
    testResults: [{ name: path.resolve("tests/a.test.ts"), status, message: "", assertionResults }],
  });
}

describe("a command", () => {
  it("counts as one, by its exit status", () => {
    expect(count("status", "tsc", "0")).toMatchObject({ passed: 1, failed: 0 });
    expect(count("status", "tsc", "2")).toMatchObject({
      passed: 0,
      failures: ["tsc: exit status 2 without a failed test"],
    });
  });
});

describe("a vitest report", () => {
  it("counts what passed, failed, was skipped and is still to do, by name", () => {
    const tests = ["passed", "passed", "failed", "pending", "skipped", "todo"].map((status) => ({
      status,
      fullName: status,
    }));
    expect(count("vitest", file("v.json", vitestReport(...tests)), "1")).toMatchObject({
      passed: 2,
      failures: ["tests/a.test.ts: failed"],
      skipped: ["tests/a.test.ts: pending", "tests/a.test.ts: skipped", "tests/a.test.ts: todo"],
    });
  });
  it("counts a file that could not be loaded", () => {
    const broken = {
      testResults: [{ name: path.resolve("tests/b.test.ts"), status: "failed", message: "no", assertionResults: [] }],
    };
    expect(count("vitest", file("v.json", JSON.stringify(broken)), "1")).toMatchObject({
      failures: ["tests/b.test.ts: no"],
    });
  });
  it("counts a failure outside every test, and a report that was never written", () => {
    expect(count("vitest", file("v.json", vitestReport({ status: "passed", fullName: "x" })), "1")).toMatchObject({
      passed: 1,
      failed: 1,
    });
    expect(count("vitest", file("none.json"), "1")).toMatchObject({ failed: 1 });
    expect(count("vitest", file("none.json"), "0")).toMatchObject({ failed: 1 });
  });
});

describe("a JUnit report", () => {
  it("counts passed, failed, broken and skipped cases", () => {
    const xml = `<testsuites><testsuite><testcase classname="t" name="a" time="0.1" />
      <testcase classname="t" name="b"><failure message="x">a &lt;b</failure></testcase>
      <testcase classname="t" name="c"><error message="x">y</error></testcase>
      <testcase classname="t" name="d"><skipped message="z"/></testcase>
      <testcase classname="t" name="e"><system-out>text</system-out></testcase></testsuite></testsuites>`;
    expect(count("junit", file("p.xml", xml), "1")).toMatchObject({
      passed: 2,
      failures: ["t.b", "t.c"],
      skipped: ["t.d"],
    });
  });
});

describe("a list of cases", () => {
  const cases = (...results: string[]) =>
    file("c.json", JSON.stringify(results.map((result, i) => ({ name: `case${i}`, result }))));
  it("counts what was refused apart from what failed", () => {
    expect(count("cases", cases("passed", "failed", "unsupported", "passed"), "0")).toMatchObject({
      passed: 2,
      failures: ["case1"],
      refused: 1,
    });
  });
  it("does not take a verdict it does not know, or a report that is missing, for a pass", () => {
    expect(count("cases", cases("fine"), "0")).toMatchObject({ passed: 0, failures: ['case0: result "fine"'] });
    expect(count("cases", file("none.json"), "0")).toMatchObject({ failed: 1 });
  });
});

describe("the sum", () => {
  const record = (name: string, passed: number, failures: string[], skipped: string[]) =>
    file(`${name}.result.json`, JSON.stringify({ name, passed, failed: failures.length, failures, skipped }));

  it("is the last line; a run that is whole says nothing of skips", () => {
    record("a", 3, [], []);
    record("b", 4, [], []);
    expect(sum("")).toEqual({ status: 0, lines: ["7 passed, 0 failed"] });
  });
  it("names every skip, and does not fail for one", () => {
    record("a", 3, [], ["llvm-16: not root"]);
    expect(sum("")).toEqual({ status: 0, lines: ["skipped: llvm-16: not root", "3 passed, 0 failed, 1 skipped"] });
  });
  it("counts a skip as a failure in CI", () => {
    record("a", 3, [], ["llvm-16: not root"]);
    expect(sum("true")).toEqual({
      status: 1,
      lines: ["skipped, which CI forbids: llvm-16: not root", "3 passed, 1 failed"],
    });
  });
  it("fails with any failure, and where nothing ran at all", () => {
    expect(sum("")).toEqual({ status: 1, lines: ["failed: nothing ran", "0 passed, 1 failed"] });
    record("a", 3, ["t: x"], []);
    expect(sum("")).toEqual({ status: 1, lines: ["failed: t: x", "3 passed, 1 failed"] });
  });

  it("counts a harness's lines, and leaves out what is known to be noise", () => {
    const lines = ["a/0 passed", "a/1 failed", "b/0 unsupported", "c/0 noexport", "d/8 failed"].map((line) => {
      const [id, status] = line.split(" ");
      return JSON.stringify({ id, status });
    });
    const result = count("harness", file("cases.jsonl", lines.join("\n")), "^d/8$");
    expect(result).toMatchObject({ passed: 1, failed: 1, failures: ["a/1"], refused: 1 });
    expect(count("harness", file("absent.jsonl"), "^$")).toMatchObject({ passed: 0, failed: 1 });
  });

  it("takes a table at its last line", () => {
    const table = file("table.txt", "x  ok\n12 passed, 2 failed, 3 unsupported\n");
    expect(count("tally", "zoo", table, "1")).toMatchObject({ passed: 12, failed: 2, refused: 3 });
    expect(count("tally", "zoo", file("cut.txt", "x  ok\n"), "0")).toMatchObject({ passed: 0, failed: 1 });
    expect(count("tally", "zoo", file("good.txt", "3 passed, 0 failed"), "1")).toMatchObject({ passed: 3, failed: 1 });
  });
});
