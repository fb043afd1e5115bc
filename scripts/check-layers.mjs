#!/usr/bin/env node
/**
 * @file The layer check: fails the build on an import against the arrows of the architecture, an import cycle, a barrel file,
 * a dynamic import that hides its target, or a source without its `@file` header; warns of very long files.
 * The arrows stand in docs/architecture.md; the table below is their executable form, and the two must agree.
 *
 * Usage: node scripts/check-layers.mjs [ROOT] [--json]
 */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { scanImports } from "./scan-imports.mjs";

const LONGEST_FILE = 500;

/** The package's own entry points, so that importing the package by name does not go around an arrow. */
const SELF_IMPORTS = new Map([
  ["persimmons", "cli/api.ts"],
  ["persimmons/runtime", "runtime-lib/api.ts"],
]);

/** Folders that hold no sources of ours. */
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "build"]);

/** Layers that ship, in the order of the house. */
const HOUSE = ["machine", "ir", "frontends", "lowering", "backend", "runtime-lib"];

/**
 * What each layer may import besides its own files. `except` names files that may more, or folders that may less.
 * @type {Record<string, { may: string[], rule: string, fix: string,
 *   exceptions?: { from: RegExp, to: RegExp }[], refuses?: (from: string, to: string) => string | undefined }>}
 */
const LAYERS = {
  machine: {
    may: [],
    rule: "machine imports nothing of ours",
    fix: "describe it as data in machine/, and let the layer that has the code read the description",
  },
  ir: {
    may: [],
    exceptions: [{ from: /^ir\/dialects\/tile(\/|\.ts$)/, to: /^machine\/(.*\/)?opcodes?(\/|[-.])/ }],
    rule: "ir imports nothing of ours; ir/dialects/tile alone reads machine's opcode table (machine/opcodes.ts)",
    fix: "pass what the IR needs as an argument, or move the code to the layer that knows about it",
  },
  frontends: {
    may: ["ir"],
    refuses: siblingFrontend,
    rule: "a front end imports ir and its own folder, never a sibling",
    fix: "move what two front ends share to ir/; leave what a stage needs to lowering/",
  },
  lowering: {
    may: ["ir", "machine"],
    exceptions: [{ from: /^lowering\/pipeline\.ts$/, to: /^(frontends|backend)\// }],
    rule: "lowering imports ir and machine; lowering/pipeline.ts alone also frontends and backend",
    fix: "let lowering/pipeline.ts hand it over as a stage or an argument",
  },
  backend: {
    may: ["ir", "machine"],
    exceptions: [{ from: /^backend\//, to: /^runtime-lib\/bundle\// }],
    rule: "backend imports ir, machine and runtime-lib/bundle",
    fix: "go through the bundle's schema in runtime-lib/bundle/; a pass over the IR belongs to lowering/",
  },
  "runtime-lib": {
    may: ["machine"],
    rule: "runtime-lib imports machine only: the bundle is its whole contract with the compiler",
    fix: "put what it needs into the bundle, or write the few lines again on the runtime's side",
  },
  cli: {
    may: HOUSE,
    rule: "cli may import the whole house, but not what does not ship with it",
    fix: "move the code the command needs into cli/ or the layer it belongs to",
  },
  python: {
    may: [...HOUSE, "cli"],
    rule: "python may import the house and cli",
    fix: "move the shared code into cli/",
  },
  bench: { may: [...HOUSE, "cli"], rule: "bench may import the house and cli", fix: "move the shared code into cli/" },
  models: {
    may: [...HOUSE, "cli"],
    rule: "models may import the house and cli",
    fix: "move the shared code into cli/",
  },
  scripts: {
    may: [...HOUSE, "cli", "bench", "models", "python"],
    rule: "scripts may import everything but tests",
    fix: "move the shared code out of tests/",
  },
  tests: {
    may: [...HOUSE, "cli", "bench", "models", "python", "scripts"],
    rule: "tests may import everything",
    fix: "",
  },
};

function siblingFrontend(from, to) {
  const own = frontendOf(from);
  const other = frontendOf(to);
  return other !== undefined && other !== own ? `the front end ${other}` : undefined;
}

function frontendOf(file) {
  const parts = file.split("/");
  return parts[0] === "frontends" && parts.length > 2 ? parts[1] : undefined;
}

/** @param {ReadonlyMap<string, string>} sources path to text @returns problems, errors first, by file and line */
export function checkSources(sources) {
  const problems = [];
  /** Per file the files of ours that it loads. `import type` crosses layers too, but loads nothing and closes no cycle. */
  const graph = new Map();
  for (const [file, source] of sources) {
    const scan = scanImports(source);
    const edges = [];
    for (const { specifier, line, erased } of scan.imports) {
      if (specifier === undefined) {
        problems.push(...computedImport(file, line));
        continue;
      }
      const target = resolveImport(file, specifier, sources);
      if (target === undefined) continue;
      if (!erased) edges.push({ to: target, line });
      problems.push(...checkArrow(file, target, specifier, line));
    }
    graph.set(file, edges);
    problems.push(...checkFile(file, scan));
  }
  problems.push(...findCycles(graph));
  return problems.sort(byPlace);
}

function checkFile(file, scan) {
  if (isGenerated(file)) return [];
  const problems = [];
  if (!/^\/\*\*[\s\S]*@file\s+\S/.test(scan.header)) {
    const fix = "open it with /** @file what it is, why it exists, the invariant it keeps */";
    problems.push(error("header", file, 1, "the file does not open with an @file comment", fix));
  }
  if (scan.onlyReexports) {
    const fix = "delete it and let every importer name the file that defines what it takes";
    problems.push(error("barrel", file, 1, "the file only re-exports what others define (a barrel)", fix));
  }
  if (scan.lines > LONGEST_FILE) {
    const fix = "split it: a file that long is usually two things";
    const message = `${scan.lines} lines, more than ${LONGEST_FILE}`;
    problems.push({ ...error("size", file, scan.lines, message, fix), severity: "warning" });
  }
  return problems;
}

function computedImport(file, line) {
  const layer = layerOf(file);
  if (!HOUSE.includes(layer) && layer !== "cli") return [];
  const fix = "import a literal path, or take the loaded module as an argument";
  return [error("computed", file, line, "a dynamic import of a computed path cannot be checked", fix)];
}

function checkArrow(from, to, specifier, line) {
  const layer = layerOf(from);
  const target = layerOf(to);
  const rules = LAYERS[layer];
  if (rules === undefined) {
    const fix = "put it in a folder of the house, or add the folder to docs/architecture.md and to this script";
    return [error("arrow", from, line, `the folder ${layer}/ is no layer of the house`, fix)];
  }
  const refused = rules.refuses?.(from, to);
  const allowed =
    target === layer || rules.may.includes(target) || rules.exceptions?.some((e) => e.from.test(from) && e.to.test(to));
  if (refused === undefined && allowed) return [];
  const what = `${layer} may not import ${refused ?? layerName(target)} ("${specifier}" is ${to})`;
  return [error("arrow", from, line, `${what}: ${rules.rule}`, rules.fix)];
}

function layerName(layer) {
  return LAYERS[layer] === undefined ? `the folder ${layer}/` : layer;
}

/** One shortest cycle through every strongly connected group of files. */
function findCycles(graph) {
  const problems = [];
  for (const group of stronglyConnected(graph)) {
    const inside = new Set(group);
    if (group.every(isGenerated)) continue;
    const start = group.toSorted()[0];
    const path = shortestCycle(graph, start, inside);
    if (path === undefined) continue;
    const steps = path.map((edge) => `    ${edge.from}:${edge.line} imports ${edge.to}`);
    const others = group.length > path.length ? ` (one of the cycles among ${group.length} files)` : "";
    const fix = "move what both need to a file of its own, or pass it as an argument";
    problems.push(error("cycle", path[0].from, path[0].line, `import cycle${others}:\n${steps.join("\n")}`, fix));
  }
  return problems;
}

function shortestCycle(graph, start, inside) {
  const cameBy = new Map();
  const queue = [start];
  for (const file of queue) {
    for (const { to, line } of graph.get(file) ?? []) {
      if (!inside.has(to)) continue;
      if (to === start) return traceBack(cameBy, { from: file, to, line }, start);
      if (cameBy.has(to)) continue;
      cameBy.set(to, { from: file, to, line });
      queue.push(to);
    }
  }
  return undefined;
}

function traceBack(cameBy, last, start) {
  const path = [last];
  while (path[0].from !== start) path.unshift(cameBy.get(path[0].from));
  return path;
}

/** Tarjan's algorithm with a stack of its own; groups of one file count only where the file imports itself. */
function stronglyConnected(graph) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const onStack = new Set();
  const groups = [];
  for (const root of graph.keys()) {
    if (index.has(root)) continue;
    const work = [{ file: root, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1);
      const { file } = frame;
      if (frame.next === 0) {
        index.set(file, index.size);
        low.set(file, index.get(file));
        stack.push(file);
        onStack.add(file);
      }
      const edges = graph.get(file) ?? [];
      if (frame.next < edges.length) {
        const { to } = edges[frame.next++];
        if (!graph.has(to)) continue;
        if (!index.has(to)) work.push({ file: to, next: 0 });
        else if (onStack.has(to)) low.set(file, Math.min(low.get(file), index.get(to)));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.file;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent), low.get(file)));
      if (low.get(file) === index.get(file)) {
        const group = stack.splice(stack.indexOf(file));
        for (const member of group) onStack.delete(member);
        if (group.length > 1 || edges.some((edge) => edge.to === file)) groups.push(group);
      }
    }
  }
  return groups;
}

/** The file of ours that an import names, or undefined for packages and Node's own modules. */
function resolveImport(from, specifier, sources) {
  const self = SELF_IMPORTS.get(specifier);
  if (self !== undefined) return self;
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier));
  const candidates = [target.replace(/\.js$/, ".ts"), target.replace(/\.mjs$/, ".mts"), `${target}.ts`];
  return candidates.find((candidate) => sources.has(candidate)) ?? target;
}

function layerOf(file) {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : ".";
}

function isGenerated(file) {
  return file.split("/").includes("generated");
}

function error(rule, file, line, message, fix) {
  return { severity: "error", rule, file, line, message, fix };
}

function byPlace(a, b) {
  return (
    a.severity.localeCompare(b.severity) ||
    a.file.localeCompare(b.file) ||
    a.line - b.line ||
    a.rule.localeCompare(b.rule)
  );
}

/** Every .ts file below `root`, hidden folders and build outputs apart. */
export function readSources(root) {
  const sources = new Map();
  const visit = (folder) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const file = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".") && !SKIPPED_FOLDERS.has(entry.name)) visit(file);
      } else if (entry.isFile() && entry.name.endsWith(".ts")) {
        sources.set(file, readFileSync(path.join(root, file), "utf8"));
      }
    }
  };
  visit("");
  return sources;
}

function main(args) {
  const json = args.includes("--json");
  const root = path.resolve(args.find((a) => !a.startsWith("--")) ?? fileURLToPath(new URL("..", import.meta.url)));
  const sources = readSources(root);
  const problems = checkSources(sources);
  const errors = problems.filter((p) => p.severity === "error").length;
  if (json) console.log(JSON.stringify({ ok: errors === 0, files: sources.size, problems }, undefined, 2));
  else {
    for (const p of problems) {
      console.log(`${p.file}:${p.line}: ${p.severity} [${p.rule}]: ${p.message}\n  fix: ${p.fix}`);
    }
    console.log(`layers: ${sources.size} files, ${errors} errors, ${problems.length - errors} warnings`);
  }
  process.exitCode = errors === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2));
}
