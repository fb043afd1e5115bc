/**
 * @file The accelerators that ship: `presets/NAME.json`, found by name. A preset is only a file that need not be
 * written; nothing asks which one is in use.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type AcceleratorDescription, readAccelerator } from "./accelerator.js";

/** The names of all presets, sorted. */
export function presetNames(): readonly string[] {
  return readdirSync(presetFolder())
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

/** The preset called `name`, or `undefined`. */
export function acceleratorNamed(name: string): AcceleratorDescription | undefined {
  if (!presetNames().includes(name)) return undefined;
  const read = readAccelerator(JSON.parse(readFileSync(path.join(presetFolder(), `${name}.json`), "utf8")));
  if (!read.ok) throw new Error(`the preset ${name} is malformed: ${JSON.stringify(read.problems)}`);
  return read.description;
}

let folder: string | undefined;

/** This file runs from machine/ or from dist/machine/; the JSON files are in the former. */
function presetFolder(): string {
  if (folder !== undefined) return folder;
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let at = start; ; at = path.dirname(at)) {
    const candidate = path.join(at, "machine", "presets");
    if (existsSync(candidate)) {
      folder = candidate;
      return candidate;
    }
    if (at === path.dirname(at)) throw new Error(`the accelerator presets are missing above ${start}`);
  }
}
