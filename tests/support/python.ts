/**
 * @file Finds the Python that referees some tests, and runs scripts in it.
 * `PERSIMMONS_TEST_PYTHON` names an interpreter; without it, `.venv/bin/python` of the checkout is tried.
 * Tests that need a module which is not there are skipped by name, never passed.
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

function interpreter(): string | undefined {
  const named = process.env["PERSIMMONS_TEST_PYTHON"];
  if (named !== undefined && named !== "") return named;
  const local = fileURLToPath(new URL("../../.venv/bin/python", import.meta.url));
  return existsSync(local) ? local : undefined;
}

/** The interpreter when it can import all of `modules`, else `undefined`: for `describe.skipIf(python === undefined)`. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const python = interpreter();
  if (python === undefined) return undefined;
  try {
    execFileSync(python, ["-c", `import ${["sys", ...modules].join(", ")}`], { stdio: "ignore" });
    return python;
  } catch {
    return undefined;
  }
}

/** Runs a script with `input` on its standard input; its standard output. Throws, with its errors, when it fails. */
export function runPython(python: string, script: string, input: Uint8Array | string = ""): Buffer {
  return execFileSync(python, ["-c", script], { input, maxBuffer: 2 ** 30 });
}
