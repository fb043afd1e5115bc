/**
 * @file Runs the code blocks of README.md and docs/ that are marked for it, so that what the docs say keeps working.
 * A block whose fence reads ```sh run, ```ts run or ```python run is executed; all others are only shown.
 * The blocks of one page run in order in one fresh folder that looks like a clone as far as examples need: models/ is
 * there, `persimmons` is on the PATH and importable. TypeScript blocks are type-checked. A page stops at its first failure.
 * A block with `needs=torch` and those behind it are skipped, by name, where Python has no such module.
 * Links to files of the repository must lead somewhere.
 *
 * Usage: node scripts/run-docs.mjs [--root ROOT] [--result FILE] [PAGE.md...]
 */

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const TIMEOUT_MS = 300_000;
/** The compiler options examples are held to; the package itself is found through its symbolic link. */
const TSC_OPTIONS =
  "--strict --target es2023 --module nodenext --moduleResolution nodenext --types node --skipLibCheck --outDir .out".split(
    " ",
  );

/**
 * @typedef {{ language: string, line: number, code: string, needs?: string[] }} Block  `line` is that of the opening fence,
 * from 1; `needs` are Python modules.
 * @param {string} markdown @returns {Block[]} the blocks marked `run`
 */
export function findBlocks(markdown) {
  const blocks = [];
  let open;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^(\s*)(`{3,})([^`]*)$/.exec(line);
    if (open === undefined) {
      if (fence !== null)
        open = { indent: fence[1], ticks: fence[2], info: fence[3].trim().split(/\s+/), line: index + 1, body: [] };
    } else if (fence !== null && fence[2].length >= open.ticks.length && fence[3].trim() === "") {
      const [language, ...flags] = open.info;
      const needs = flags.flatMap((flag) => (flag.startsWith("needs=") ? flag.slice("needs=".length).split(",") : []));
      if (flags.includes("run"))
        blocks.push({
          language,
          line: open.line,
          code: `${open.body.join("\n")}\n`,
          ...(needs.length === 0 ? {} : { needs }),
        });
      open = undefined;
    } else open.body.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
  }
  if (open?.info.includes("run")) throw new Error(`the block opened on line ${open.line} never ends`);
  return blocks;
}

/** @returns {{ target: string, line: number }[]} links to files of ours, those in code apart */
export function findLinks(markdown) {
  const links = [];
  let fence = "";
  for (const [index, line] of markdown.split("\n").entries()) {
    const ticks = /^\s*(`{3,})/.exec(line)?.[1] ?? "";
    if (fence === "" ? ticks !== "" : ticks.length >= fence.length) fence = fence === "" ? ticks : "";
    else if (fence === "") {
      for (const [, target] of line.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
        if (!/^[a-z]+:/.test(target)) links.push({ target, line: index + 1 });
      }
    }
  }
  return links;
}

/** The commands that run a file of each language. */
const RUNNERS = {
  sh: (file) => [["bash", "-euo", "pipefail", file]],
  ts: (file, root) => [
    [process.execPath, path.join(root, "node_modules/typescript/bin/tsc"), ...TSC_OPTIONS, file],
    [process.execPath, `.out/${file.replace(/\.ts$/, ".js")}`],
  ],
  python: (file, root) => [[pythonFor(root), file]],
};

function pythonFor(root) {
  const named = process.env.PERSIMMONS_TEST_PYTHON;
  if (named) return named;
  const local = path.join(root, ".venv/bin/python");
  return existsSync(local) ? local : "python3";
}

function hasModule(module, root) {
  return spawnSync(pythonFor(root), ["-c", `import ${module}`], { stdio: "ignore" }).status === 0;
}

function makeFolder(root) {
  const folder = mkdtempSync(path.join(tmpdir(), "persimmons-docs-"));
  for (const made of [".bin", "node_modules/@types"]) mkdirSync(path.join(folder, made), { recursive: true });
  if (existsSync(path.join(root, "models"))) {
    const kept = (source) => !source.includes("__pycache__");
    cpSync(path.join(root, "models"), path.join(folder, "models"), { recursive: true, filter: kept });
  }
  const command = `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, "dist/cli/main.js")}" "$@"\n`;
  writeFileSync(path.join(folder, ".bin/persimmons"), command, { mode: 0o755 });
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }\n');
  symlinkSync(root, path.join(folder, "node_modules/persimmons"));
  symlinkSync(path.join(root, "node_modules/@types/node"), path.join(folder, "node_modules/@types/node"));
  return folder;
}

/** @returns {string | undefined} what went wrong */
function runBlock(block, index, folder, root) {
  const runner = RUNNERS[block.language];
  if (runner === undefined)
    return `blocks of "${block.language}" cannot be run; there are ${Object.keys(RUNNERS).join(", ")}`;
  const file = `block${index}.${block.language === "python" ? "py" : block.language}`;
  writeFileSync(path.join(folder, file), block.code);
  const env = {
    ...process.env,
    PATH: `${path.join(folder, ".bin")}${path.delimiter}${process.env.PATH}`,
    PYTHONPATH: path.join(root, "python"),
    PERSIMMONS_CACHE: path.join(folder, ".cache"),
  };
  for (const [command, ...args] of runner(file, root)) {
    const result = spawnSync(command, args, {
      cwd: folder,
      env,
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (result.status === 0) continue;
    const why =
      result.error?.message ?? (result.signal === null ? `exit status ${result.status}` : `ended by ${result.signal}`);
    return `${why}\n${result.stdout ?? ""}${result.stderr ?? ""}`.trimEnd();
  }
  return undefined;
}

function checkLinks(page, markdown, root, record) {
  for (const { target, line } of findLinks(markdown)) {
    if (existsSync(path.join(root, path.dirname(page), target))) continue;
    record.failed++;
    record.failures.push(`${page}:${line}: link to ${target}, which is not there`);
    console.log(`FAILED  ${record.failures.at(-1)}`);
  }
}

/** Runs one page's blocks; a failed one leaves those behind it unrun, and they count as failed too. */
function runPage(page, root, record) {
  const markdown = readFileSync(path.join(root, page), "utf8");
  checkLinks(page, markdown, root, record);
  const blocks = findBlocks(markdown);
  if (blocks.length === 0) return;
  const folder = makeFolder(root);
  try {
    let broken = false;
    let missing;
    for (const [index, block] of blocks.entries()) {
      const name = `${page}:${block.line}: ${block.language} block`;
      missing ??= (block.needs ?? []).find((module) => !hasModule(module, root));
      if (missing !== undefined) {
        record.skipped.push(`${name}: Python has no ${missing}`);
        console.log(`skipped ${record.skipped.at(-1)}`);
        continue;
      }
      const problem = broken ? "not run, for the one before it failed" : runBlock(block, index, folder, root);
      if (problem === undefined) record.passed++;
      else {
        broken = true;
        record.failed++;
        record.failures.push(name);
      }
      console.log(problem === undefined ? `ok      ${name}` : `FAILED  ${name}: ${problem}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pagesOf(root) {
  const docs = existsSync(path.join(root, "docs")) ? readdirSync(path.join(root, "docs"), { recursive: true }) : [];
  const pages = docs.filter((f) => f.endsWith(".md")).map((f) => `docs/${f}`);
  return [...(existsSync(path.join(root, "README.md")) ? ["README.md"] : []), ...pages.toSorted()];
}

function main() {
  const options = { root: { type: "string" }, result: { type: "string" } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const root = path.resolve(values.root ?? fileURLToPath(new URL("..", import.meta.url)));
  const record = { name: "docs", passed: 0, failed: 0, failures: [], skipped: [] };
  for (const page of positionals.length > 0 ? positionals : pagesOf(root)) runPage(page, root, record);
  if (values.result !== undefined) writeFileSync(values.result, `${JSON.stringify(record)}\n`);
  console.log(`docs: ${record.passed} blocks passed, ${record.failed} failed`);
  process.exitCode = record.failed === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main();
