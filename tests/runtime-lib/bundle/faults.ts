/** @file What the tests of the bundle ask of a failure: that it is a fault a user can read, and which. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RuntimeFault } from "../../../runtime-lib/diagnostic.js";

/** The fault that `run` ends in; any other ending is the test's failure. */
export async function faultOf(run: () => unknown): Promise<RuntimeFault> {
  try {
    await run();
  } catch (error) {
    if (error instanceof RuntimeFault) return error;
    throw error;
  }
  throw new Error("no fault was raised");
}

/** "ok", or the codes of the fault. */
export async function codesOf(run: () => unknown): Promise<readonly string[] | "ok"> {
  try {
    await run();
    return "ok";
  } catch (error) {
    if (error instanceof RuntimeFault) return error.diagnostics.map((d) => d.code);
    throw error;
  }
}

/** Gives `use` an empty directory that is removed afterwards. */
export async function inTemporaryDirectory<T>(use: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "psm-bundle-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
