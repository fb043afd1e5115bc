/**
 * @file Python source to its syntax tree. The grammar is WebAssembly of the installed packages, loaded once and never from
 * anywhere else. Everything wrong with the text is told, each fault with its place.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Language, Parser } from "web-tree-sitter";
import { CompileError, DiagnosticSink } from "../../ir/diagnostic.js";
import type { Module } from "./ast.js";
import { convertStatements } from "./convert-statement.js";
import { checkIndentation } from "./indentation.js";
import { type Node, partsOf, Reading } from "./syntax.js";

let loading: Promise<Language> | undefined;

function loadLanguage(): Promise<Language> {
  loading ??= (async () => {
    const { resolve } = createRequire(import.meta.url);
    await Parser.init({ locateFile: () => resolve("web-tree-sitter/web-tree-sitter.wasm") });
    return Language.load(readFileSync(resolve("tree-sitter-python/tree-sitter-python.wasm")));
  })();
  return loading;
}

/** Larger sources are no kernels. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
/** Faults that are told of one file; behind a first one the parser often stumbles again. */
const MAX_FAULTS = 50;

export interface PythonSource {
  readonly module: Module;
  readonly text: string;
}

/** @throws CompileError PS2801 with every fault of the syntax. */
export async function parsePython(text: string, file: string): Promise<Module> {
  const sink = new DiagnosticSink();
  const module = await readPython(text, new Reading(file, sink));
  if (sink.hasErrors) throw new CompileError(sink.all.slice(0, MAX_FAULTS));
  return module;
}

async function readPython(text: string, reading: Reading): Promise<Module> {
  const start = { line: 1, column: 1, endLine: 1, endColumn: 1 };
  const empty: Module = { kind: "Module", body: [] };
  if (text.length > MAX_CHARACTERS) {
    reading.fault(start, `the source has more than ${MAX_CHARACTERS} characters`);
    return empty;
  }
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const before = text.slice(0, nul).split("\n");
    const at = { line: before.length, column: before.at(-1)!.length + 1 };
    reading.fault({ ...at, endLine: at.line, endColumn: at.column + 1 }, "the source contains a null character");
    return empty;
  }
  const language = await loadLanguage();
  const parser = new Parser();
  try {
    parser.setLanguage(language);
    const source = text.replace(/^\ufeff/, "");
    const tree = parser.parse(source);
    if (!tree) throw new Error("the parser gave no tree");
    try {
      return readTree(tree.rootNode, source, reading);
    } finally {
      tree.delete();
    }
  } finally {
    parser.delete();
  }
}

function readTree(root: Node, source: string, reading: Reading): Module {
  if (root.hasError) noteFaults(root, reading);
  checkIndentation(root, source.split(/\r\n|\r|\n/), reading);
  // The rest of a broken tree would only repeat what has been told.
  if (reading.sink.hasErrors) return { kind: "Module", body: [] };
  return { kind: "Module", body: convertStatements(root, reading) };
}

function noteFaults(root: Node, reading: Reading): void {
  const work: Node[] = [root];
  for (let node = work.pop(); node; node = work.pop()) {
    if (node.isMissing) reading.fault(node, `'${node.type}' is expected here`);
    else if (node.isError || node.type === "ERROR") reading.fault(unexpected(node), messageFor(node));
    else for (const child of [...node.children].reverse()) if (child?.hasError || child?.isMissing) work.push(child);
  }
}

/** The first thing in the error that is no whole piece of code. */
function unexpected(node: Node): Node {
  return partsOf(node).length === node.childCount && node.childCount > 0 ? node : (node.firstChild ?? node);
}

function messageFor(node: Node): string {
  const text = node.text.trim().split("\n")[0] ?? "";
  return text === "" ? "the syntax is wrong here" : `the syntax is wrong at '${text.slice(0, 40)}'`;
}
