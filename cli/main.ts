#!/usr/bin/env node
/**
 * @file The `persimmons` command. Nothing is loaded before it is known to be needed: `--version` reads one file, a verb
 * loads its own code.
 */

import { packageVersion } from "./version.js";

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  // A reader that has seen enough (`| head`) is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 5));
  const { runProgram } = await import("./program.js");
  process.exitCode = await runProgram(args);
}
