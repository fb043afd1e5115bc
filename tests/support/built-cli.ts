/** @file The command line as it ships: built to dist/, which is brought up to date first where sources are newer. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const layers = ["machine", "ir", "frontends", "lowering", "backend", "runtime-lib", "cli"];

/** The path of the script that Node runs. */
export function builtCli(): string {
  const main = join(root, "dist", "cli", "main.js");
  const newest = Math.max(...layers.flatMap((layer) => sourceTimes(join(root, layer))));
  if (!existsSync(main) || oldestOutput() < newest) {
    execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "ignore" });
  }
  return main;
}

function sourceTimes(folder: string): readonly number[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
}

/** When dist/ was last written as a whole: the compiler writes every file each time. */
function oldestOutput(): number {
  return statSync(join(root, "dist", "cli", "main.js")).mtimeMs;
}
