/**
 * @file Tells whether node_modules holds what package-lock.json asks for: exit status 0 or 1, nothing printed.
 * `npm ci` deletes and refills the folder every time; this makes the second run of a set-up cost nothing.
 * Optional packages that are absent were left out for this platform.
 *
 * Usage: node scripts/npm-is-current.mjs [ROOT]
 */

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function isCurrent(root) {
  try {
    const wanted = packagesOf(path.join(root, "package-lock.json"));
    const installed = packagesOf(path.join(root, "node_modules/.package-lock.json"));
    const same = (name, { version, optional }) => {
      if (installed[name] === undefined) return optional === true;
      return (
        installed[name].version === version &&
        JSON.parse(readFileSync(path.join(root, name, "package.json"), "utf8")).version === version
      );
    };
    const names = Object.keys(wanted).filter((name) => name !== "");
    return names.every((name) => same(name, wanted[name])) && Object.keys(installed).every((name) => name in wanted);
  } catch {
    return false;
  }
}

const root = process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url));
process.exitCode = isCurrent(root) ? 0 : 1;
