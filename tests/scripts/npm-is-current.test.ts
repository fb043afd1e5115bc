/** @file The check that spares a set-up `npm ci` sees every way in which node_modules can differ from the lock file. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../scripts/npm-is-current.mjs", import.meta.url));

interface Entry {
  readonly version: string;
  readonly optional?: boolean;
}
type Packages = Record<string, Entry>;

/** Whether a tree with this lock file, npm's record of what it installed, and these installed versions counts as current. */
function current(lock: Packages, record: Packages | undefined, onDisk: Packages = record ?? {}): boolean {
  const root = mkdtempSync(path.join(tmpdir(), "persimmons-npm-"));
  try {
    writeFileSync(
      path.join(root, "package-lock.json"),
      JSON.stringify({ packages: { "": { version: "0.1.0" }, ...lock } }),
    );
    for (const [name, { version }] of Object.entries(onDisk)) {
      mkdirSync(path.join(root, name), { recursive: true });
      writeFileSync(path.join(root, name, "package.json"), JSON.stringify({ version }));
    }
    if (record !== undefined) {
      mkdirSync(path.join(root, "node_modules"), { recursive: true });
      writeFileSync(path.join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages: record }));
    }
    return spawnSync(process.execPath, [script, root]).status === 0;
  } finally {
    rmSync(root, { recursive: true });
  }
}

const a = { "node_modules/a": { version: "1.0.0" } };
const b = { "node_modules/b": { version: "2.0.0" } };

it("is current when every package is there in its version", () => {
  expect(current({ ...a, ...b }, { ...a, ...b })).toBe(true);
});
it("is current without an optional package, which belongs to another platform", () => {
  expect(current({ ...a, "node_modules/b": { version: "2.0.0", optional: true } }, a)).toBe(true);
});
it("is not current without node_modules, without a package, or with one too many", () => {
  expect(current(a, undefined)).toBe(false);
  expect(current({ ...a, ...b }, a)).toBe(false);
  expect(current(a, { ...a, ...b })).toBe(false);
});
it("is not current with another version, in npm's record or on the disk", () => {
  expect(current(a, { "node_modules/a": { version: "1.0.1" } })).toBe(false);
  expect(current(a, a, { "node_modules/a": { version: "1.0.1" } })).toBe(false);
  expect(current(a, a, {})).toBe(false);
});
