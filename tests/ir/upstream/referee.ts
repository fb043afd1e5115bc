/**
 * @file Runs upstream's own tools on our text. A tool is looked for by its versioned name, newest first; tests that need
 * one which is not there are skipped by name.
 */

import { spawnSync } from "node:child_process";

const versions = ["22", "21", "20"];

/** The first of `tool-22`, … that starts, or `undefined`. */
export function findTool(tool: string): string | undefined {
  return versions
    .map((v) => `${tool}-${v}`)
    .find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

export const mlirOpt = findTool("mlir-opt");
export const mlirTranslate = findTool("mlir-translate");
export const lli = findTool("lli");

/** What the tool prints for `input`. Throws with its errors where it refuses. */
export function runTool(tool: string, args: readonly string[], input: string): string {
  const { status, stdout, stderr } = spawnSync(tool, [...args], { input, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${tool} ${args.join(" ")} refuses:\n${stderr}\n${input}`);
  return stdout;
}

/** Upstream's normal form of a module: its own names and spacing, without our attributes on functions. */
export function normalForm(tool: string, text: string): string {
  const out = runTool(tool, ["--allow-unregistered-dialect", "--verify-each", "-"], text);
  const own = /psm\.(?:shapes|symbols) = \[(?:"[^"]*"(?:, )?)*\](?:, )?/g;
  return out.replace(own, "").replaceAll(" attributes {}", "");
}

export function genericForm(tool: string, text: string): string {
  return runTool(tool, ["--allow-unregistered-dialect", "--mlir-print-op-generic", "-"], text);
}
