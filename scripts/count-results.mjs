/**
 * @file Counts what the steps of a test run passed, failed and skipped, and adds the steps up.
 * A step's record is `NAME.result.json`: `{ name, passed, failed, skipped: [names], failures: [names] }`.
 * Invariant: a step that failed without saying what counts as one failure; nothing that failed is ever lost.
 *
 * Usage: node scripts/count-results.mjs status NAME STATUS OUT            a command: passed or failed as a whole
 *        node scripts/count-results.mjs vitest REPORT.json STATUS OUT     vitest's JSON report
 *        node scripts/count-results.mjs junit REPORT.xml STATUS OUT       pytest's JUnit report
 *        node scripts/count-results.mjs cases REPORT.json STATUS OUT     a list of { name, result: passed|failed|unsupported }
 *        node scripts/count-results.mjs harness LINES.jsonl NOISE OUT     lines { id, status: passed|failed|unsupported|noexport };
 *                                                                         failures that match NOISE are left out
 *        node scripts/count-results.mjs tally NAME TABLE STATUS OUT       a text whose last line begins "N passed, N failed"
 *        node scripts/count-results.mjs skipped LIST.txt OUT              one skipped name per line
 *        node scripts/count-results.mjs passed RECORD                    fails with any failure in it; prints nothing
 *        node scripts/count-results.mjs sum FOLDER...                     prints the last line; fails with any failure
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A record; a status other than 0 without a failure becomes one. */
function record(name, status, passed, failures, skipped) {
  const all =
    status !== 0 && failures.length === 0 ? [`${name}: exit status ${status} without a failed test`] : failures;
  return { name, passed, failed: all.length, failures: all, skipped };
}

function fromVitest(report, status) {
  if (!existsSync(report)) return record("vitest", status === 0 ? 1 : status, 0, [], []);
  const failures = [];
  const skipped = [];
  let passed = 0;
  for (const file of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const name = path.relative(process.cwd(), file.name);
    const tests = file.assertionResults;
    for (const test of tests) {
      const title = `${name}: ${test.fullName}`;
      if (test.status === "passed") passed++;
      else if (test.status === "failed") failures.push(title);
      else skipped.push(title);
    }
    // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
    if (file.status === "failed" && !tests.some((t) => t.status === "failed"))
      failures.push(`${name}: ${file.message}`);
  }
  return record("vitest", status, passed, failures, skipped);
}

function fromJunit(report, status) {
  if (!existsSync(report)) return record("python", status === 0 ? 1 : status, 0, [], []);
  const failures = [];
  const skipped = [];
  let passed = 0;
  for (const [, attributes, , body = ""] of readFileSync(report, "utf8").matchAll(
    /<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const attribute = (key) => new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? "";
    const title = `${attribute("classname")}.${attribute("name")}`;
    if (/<(failure|error)\b/.test(body)) failures.push(title);
    else if (/<skipped\b/.test(body)) skipped.push(title);
    else passed++;
  }
  return record("python", status, passed, failures, skipped);
}

/** Unsupported cases were refused with a typed error, as they should be: counted apart, neither passed nor failed. */
function fromCases(report, status) {
  if (!existsSync(report)) return record("cases", status === 0 ? 1 : status, 0, [], []);
  return asRecord(JSON.parse(readFileSync(report, "utf8")), status);
}

function asRecord(cases, status) {
  const named = (result) => cases.filter((c) => c.result === result).map((c) => c.name);
  const known = ["passed", "failed", "unsupported"];
  const strange = cases.filter((c) => !known.includes(c.result)).map((c) => `${c.name}: result "${c.result}"`);
  const counted = record("cases", status, named("passed").length, [...named("failed"), ...strange], []);
  return { ...counted, refused: named("unsupported").length };
}

function fromHarness(report, noise) {
  if (!existsSync(report)) return record("cases", 1, 0, [], []);
  const lines = readFileSync(report, "utf8").split("\n").filter(Boolean);
  const cases = lines.map((line) => JSON.parse(line)).filter(({ status }) => status !== "noexport");
  const known = cases.filter(({ id, status }) => status !== "failed" || !new RegExp(noise).test(id));
  return asRecord(
    known.map(({ id, status }) => ({ name: id, result: status })),
    0,
  );
}

function fromTally(table, status, name) {
  const last = existsSync(table) ? readFileSync(table, "utf8").trimEnd().split("\n").at(-1) : "";
  const [, passed, failed, refused] = /^(\d+) passed, (\d+) failed(?:, (\d+) unsupported)?/.exec(last) ?? [];
  if (passed === undefined) return record(name, status === 0 ? 1 : status, 0, [], []);
  const failures = Array.from({ length: Number(failed) }, (_, k) => `${name}: failure ${k + 1}, see ${table}`);
  return { ...record(name, status, Number(passed), failures, []), refused: Number(refused ?? 0) };
}

function fromList(list) {
  const names = existsSync(list) ? readFileSync(list, "utf8").split("\n").filter(Boolean) : [];
  return record("setup", 0, 0, [], names);
}

function readRecords(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((f) => /(^|[./\\])result\.json$/.test(f));
  return files.toSorted().map((f) => JSON.parse(readFileSync(path.join(folder, f), "utf8")));
}

function sum(folders) {
  const records = folders.flatMap(readRecords);
  const skipped = records.flatMap((r) => r.skipped);
  const failures = records.flatMap((r) => r.failures);
  // In CI a skip is a failure: a referee that silently went missing would pass for agreement.
  const strict = process.env.CI === "true";
  for (const name of skipped) console.log(`${strict ? "skipped, which CI forbids" : "skipped"}: ${name}`);
  for (const name of failures) console.log(`failed: ${name}`);
  const refused = records.reduce((total, r) => total + (r.refused ?? 0), 0);
  if (refused > 0) console.log(`refused with a typed error: ${refused}`);
  const passed = records.reduce((total, r) => total + r.passed, 0);
  const failed = failures.length + (strict ? skipped.length : 0);
  const left = strict || skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  const nothing = passed === 0 && failed === 0;
  if (nothing) console.log("failed: nothing ran");
  console.log(`${passed} passed, ${nothing ? 1 : failed} failed${left}`);
  return nothing || failed > 0 ? 1 : 0;
}

function main([command, ...args]) {
  const write = (out, result) => writeFileSync(out, `${JSON.stringify(result)}\n`);
  if (command === "sum" && args.length > 0) return sum(args);
  if (command === "passed" && args.length === 1) return JSON.parse(readFileSync(args[0], "utf8")).failed === 0 ? 0 : 1;
  if (command === "skipped" && args.length === 2) return write(args[1], fromList(args[0]));
  if (command === "tally" && args.length === 4) return write(args[3], fromTally(args[1], Number(args[2]), args[0]));
  if (command === "harness" && args.length === 3) return write(args[2], fromHarness(args[0], args[1]));
  if (args.length !== 3) throw new Error("usage: see the head of scripts/count-results.mjs");
  const [what, status, out] = [args[0], Number(args[1]), args[2]];
  if (command === "status") return write(out, record(what, status, status === 0 ? 1 : 0, [], []));
  if (command === "vitest") return write(out, fromVitest(what, status));
  if (command === "junit") return write(out, fromJunit(what, status));
  if (command === "cases") return write(out, fromCases(what, status));
  throw new Error(`unknown command ${command}`);
}

process.exitCode = main(process.argv.slice(2)) ?? 0;
