/**
 * @file Finds the native LLVM: PERSIMMONS_CLANG alone where it is set, else the first of clang-22 … clang-16 on the PATH,
 * /usr/lib/llvm-*, a plain clang of version 16 or later, and the compiler in PyPI's ziglang. LLVM 16 is the first that
 * reads the text of the modules. What was tried is kept, for the error and for `doctor`.
 */

import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { faultDiagnostic, RuntimeFault } from "../diagnostic.js";

const oldest = 16;
const newest = 22;

export interface NativeToolchain {
  /** zig's clang wants some options spelled differently. */
  readonly kind: "clang" | "zig";
  /** The program and its first arguments. */
  readonly command: readonly string[];
  /** First line of its --version. */
  readonly version: string;
  readonly major: number;
}

/** A compiler that was looked at and why it did not do. */
export interface ToolchainAttempt {
  readonly command: string;
  readonly outcome: string;
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; 127 when it cannot be started. */
export function runProgram(command: readonly string[], cwd?: string): Promise<ProgramResult> {
  const [program = "", ...rest] = command;
  return new Promise((resolve) => {
    execFile(program, rest, { cwd, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, stdout, stderr: stderr === "" && error !== null ? error.message : stderr });
    });
  });
}

const found = new Map<string, NativeToolchain>();

/** The toolchain for this environment. Rejects with PS5220 (exit 4) listing what was tried. */
export async function findNativeToolchain(env: NodeJS.ProcessEnv = process.env): Promise<NativeToolchain> {
  const key = JSON.stringify([env["PERSIMMONS_CLANG"], env["PATH"]]);
  const known = found.get(key);
  if (known !== undefined) return known;
  const attempts: ToolchainAttempt[] = [];
  for (const command of candidates(env)) {
    const outcome = await probe(command);
    if (typeof outcome === "string") attempts.push({ command: command.join(" "), outcome });
    else {
      found.set(key, outcome);
      return outcome;
    }
  }
  throw noToolchain(env, attempts);
}

function noToolchain(env: NodeJS.ProcessEnv, attempts: readonly ToolchainAttempt[]): RuntimeFault {
  const own = env["PERSIMMONS_CLANG"];
  const message = own ? `PERSIMMONS_CLANG='${own}' is no usable LLVM` : "no native LLVM was found";
  const notes = attempts.map((a) => ({ message: `${a.command}: ${a.outcome}`, at: { kind: "unknown" } as const }));
  const fix = own
    ? `name a clang of version ${oldest} to ${newest}, or unset it`
    : `install clang ${oldest} to ${newest} or 'pip install ziglang', set PERSIMMONS_CLANG, or use --engine wasm`;
  return new RuntimeFault([faultDiagnostic("PS5220", message, { notes, fix })], 4);
}

/** Compilers to try, in order. Those on the PATH are listed only if they are there. */
function* candidates(env: NodeJS.ProcessEnv): Generator<readonly string[]> {
  const own = env["PERSIMMONS_CLANG"];
  if (own !== undefined && own !== "") {
    yield existsSync(own) ? [own] : own.split(/\s+/);
    return;
  }
  const folders = (env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (let version = newest; version >= oldest; version--) yield* inFolders(folders, `clang-${version}`);
  yield* inFolders(llvmFolders(), "clang");
  yield* inFolders(folders, "clang");
  for (const python of ["python3", "python"]) {
    for (const [program = ""] of inFolders(folders, python)) yield [program, "-m", "ziglang", "cc"];
  }
}

function* inFolders(folders: readonly string[], name: string): Generator<readonly string[]> {
  for (const folder of folders) {
    const file = path.join(folder, name);
    if (isExecutable(file)) yield [file];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** /usr/lib/llvm-N/bin of the versions that may do, newest first; Homebrew's place on macOS. */
function llvmFolders(): readonly string[] {
  const parent = "/usr/lib";
  const names = existsSync(parent) ? readdirSync(parent) : [];
  const versions = names.map((name) => Number(/^llvm-(\d+)$/.exec(name)?.[1] ?? 0)).filter((v) => v >= oldest);
  versions.sort((a, b) => b - a);
  return [...versions.map((v) => `${parent}/llvm-${v}/bin`), "/opt/homebrew/opt/llvm/bin", "/usr/local/opt/llvm/bin"];
}

/** The toolchain behind a command, or why there is none. */
async function probe(command: readonly string[]): Promise<NativeToolchain | string> {
  const result = await runProgram([...command, "--version"]);
  if (result.code !== 0) return lastLine(result.stderr) || `ended with ${result.code}`;
  const version = result.stdout.split("\n")[0] ?? "";
  const major = Number(/clang version (\d+)/.exec(version)?.[1] ?? 0);
  if (major === 0) return "not a clang";
  if (major < oldest) return `version ${major}; ${oldest} or later is needed`;
  const kind = /(^|[ /\\])zig(lang)?(\.exe)?( |$)/.test(command.join(" ")) ? "zig" : "clang";
  return { kind, command, version, major };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
